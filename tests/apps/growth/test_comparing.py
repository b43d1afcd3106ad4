"""Two confidential surveys compared: by the worker alone, told over the minimum, one's own to oneself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from fairlead.apps.growth import counting, selectors, services
from fairlead.apps.growth.models import Comparison, OwnGrowth, Told
from fairlead.apps.instruments.models import Item
from fairlead.apps.instruments.responding import Given
from fairlead.apps.surveys import links
from fairlead.apps.surveys import services as surveys
from fairlead.apps.surveys.models import Administration, Invitation
from tests.apps.surveys import making
from tests.apps.surveys.test_running import as_worker, counted
from tests.conftest import as_owner


def beliefs(ines: Any, world: Any, day: int, *, role: str = "") -> Administration:
    """All staff are asked what they hold true; those asked later agree more where their number is even."""
    what = making.draft(world, name=f"Round {day}", role=role, opens_on=world.today + timedelta(days=day))
    known = surveys.create(ines, world.network_id, what)
    surveys.open_it(ines, known.pk)
    people = dict(Invitation.objects.filter(administration=known).values_list("pk", "person_id"))
    for nth, (pk, _person) in enumerate(sorted(people.items(), key=lambda pair: pair[1])):
        secret = surveys.renew(pk)
        opened = links.look(secret)
        assert opened is not None
        said = {
            item.pk: Given(level=_level(item, nth, place, later=day > -10))
            for place, item in enumerate(links.questions(known.version_id))
            if item.kind == "likert"
        }
        assert links.answer(secret, opened, said)
    known.refresh_from_db()
    return known


def _level(item: Item, nth: int, place: int, *, later: bool) -> int:
    level = 2 + nth % 3 + (place * 7 + nth * 3) % 2 + (2 if later and nth % 2 else 0)
    return len(item.options) + 1 - min(level, 6) if item.reverse else min(level, 6)


def _pair(ines: Any, world: Any) -> tuple[Administration, Administration]:
    made = []
    for day in (-14, -7):
        known = beliefs(ines, world, day)
        counted(ines, known, world.moment)
        made.append(known)
    return made[0], made[1]


def _work_out(known: Comparison, world: Any) -> None:
    with as_worker():
        assert counting.count(known.pk, world.moment)
        assert not counting.count(known.pk, world.moment), "once"
    known.refresh_from_db()


@pytest.mark.prove
def test_beliefs_by_domain_with_their_reliability(seeded: Any, scope_of: Any) -> None:
    ines = scope_of("ines")
    one, two = _pair(ines, seeded)
    assert (one.pk, two.pk) in {(pair.before_id, pair.after_id) for pair in selectors.possible(ines)}
    known = services.compare(ines, one.pk, two.pk)
    assert services.compare(ines, one.pk, two.pk).pk == known.pk, "asked twice it is the same"
    assert (one.pk, two.pk) not in {(pair.before_id, pair.after_id) for pair in selectors.possible(ines)}
    _work_out(known, seeded)
    assert known.state == "done", known.found
    domains = set(Item.objects.filter(version=one.version).values_list("domain__key", flat=True))
    assert set(known.found["measures"]) | set(known.found["refused"]) == {
        d for d in domains if Item.objects.filter(version=one.version, domain__key=d, kind="likert").exists()
    }
    facts = next(iter(known.found["measures"].values()))
    assert (facts["method"], facts["unit"]) == ("points", "points")
    assert facts["n"] == facts["seated_before"] == facts["seated_after"] >= 20
    assert facts["reliability_before"] > 0.3
    assert not any("before" in shared for shared in facts["shared"]), (
        "of few people the share of an item tells answers"
    )
    lines = selectors.told(ines, known)
    open_lines = [line for line in lines if line.state in ("shown", "bottom", "top")]
    assert open_lines, {line.state for line in lines}
    for line in open_lines:
        assert line.n is not None
        assert line.n >= 5
        assert line.mean is not None
        assert line.mean_low is not None
        assert line.mean_high is not None
        assert line.by_chance == pytest.approx(0.025, abs=0.006)
        assert line.mean_low < line.mean < line.mean_high
    for line in lines:
        if line.state in ("few", "value"):
            assert (line.share, line.mean, line.low) == (None, None, None)


@pytest.mark.prove
def test_ones_own_is_nobody_elses(seeded: Any, scope_of: Any) -> None:
    ines = scope_of("ines")
    one, two = _pair(ines, seeded)
    known = services.compare(ines, one.pk, two.pk)
    _work_out(known, seeded)
    with as_owner():
        assert OwnGrowth.objects.filter(comparison=known).count() >= 20
    for key in ("ines", "tomas", "grace", "marcus"):
        scope = scope_of(key)
        assert OwnGrowth.objects.filter(comparison=known).exclude(person_id=scope.person_id).count() == 0
    assert selectors.own(scope_of("ines")) == []
    amara = scope_of("amara")
    mine = [row for row in selectors.own(amara) if row.comparison_id == known.pk]
    assert mine
    with as_owner():
        for row in mine:
            kept = OwnGrowth.objects.get(comparison=known, person_id=amara.person_id, measure=row.measure)
            assert (row.before, row.after, row.verdict) == (kept.before, kept.after, kept.verdict)


def test_the_apps_login_cannot_pair_answers(seeded: Any, scope_of: Any) -> None:
    ines = scope_of("ines")
    one, two = _pair(ines, seeded)
    known = services.compare(ines, one.pk, two.pk)
    with pytest.raises(Exception, match="permission denied"):
        counting.count(known.pk, seeded.moment)


def test_what_cannot_be_compared_is_refused(seeded: Any, scope_of: Any) -> None:
    ines = scope_of("ines")
    one, two = _pair(ines, seeded)
    with pytest.raises(ValidationError):
        services.compare(ines, two.pk, one.pk)  # the later one first
    with pytest.raises(services.NotThere):
        services.compare(scope_of("amara"), one.pk, two.pk)
    with pytest.raises(services.NotThere):
        services.compare(scope_of("grace"), one.pk, two.pk)  # the network's, and she leads a school


@pytest.mark.prove
def test_a_tie_that_was_cut_is_counted_no_more(seeded: Any, scope_of: Any) -> None:
    ines = scope_of("ines")
    one, two = _pair(ines, seeded)
    with as_owner(), connection.cursor() as cursor:
        which = "SELECT id FROM surveys_invitation WHERE administration_id = %s AND person_id = %s"
        cursor.execute(f"DELETE FROM surveys_tie WHERE invitation_id IN ({which})", [two.pk, seeded.person["amara"]])
    known = services.compare(ines, one.pk, two.pk)
    _work_out(known, seeded)
    facts = next(iter(known.found["measures"].values()))
    assert (facts["only_before"], facts["only_after"]) == (1, 0)
    assert facts["n"] == facts["seated_before"] - 1 == facts["seated_after"]


def test_the_demos_teachers_learned_and_not_all_of_them(seeded: Any, scope_of: Any) -> None:
    tomas = scope_of("tomas")
    known = selectors.comparisons(tomas).filter(before__version__instrument__key="teaching-number").get()
    assert known.state == "done"
    facts = known.found["measures"][""]
    assert facts["method"] == "points"
    assert facts["why_points"] == "few persons"
    assert len(facts["shared"]) + len(facts["left_out"]) == 6
    with as_owner():
        verdicts = set(OwnGrowth.objects.filter(comparison=known).values_list("verdict", flat=True))
        assert OwnGrowth.objects.get(comparison=known, person_id=seeded.person["amara"]).after > 0
    assert "same" in verdicts
    assert Told.objects.filter(comparison=known).count() == 6
