"""The invented year of visits and contacts: the same seed gives the same rows, and the lottery decides who is coached."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from fairlead.apps.instruments import policy
from fairlead.apps.instruments.models import Certificate, Item, Note
from fairlead.demo import support
from fairlead.demo.world import World


def built(world: World, monkeypatch: pytest.MonkeyPatch, seed: int = 5) -> dict[str, list[Any]]:
    """What the part would copy into the tables."""
    written: dict[str, list[Any]] = {}
    monkeypatch.setattr(support, "copy_rows", lambda table, columns, rows: written.setdefault(table, list(rows)))
    monkeypatch.setattr(support, "advance_ids", lambda table: None)
    monkeypatch.setattr(support, "research_visitors", lambda world, names: [1, 2])
    support.build(deepcopy(world), np.random.default_rng(seed))
    return written


def test_the_same_seed_gives_the_same_rows(seeded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first, again, other = (built(seeded, monkeypatch, seed) for seed in (5, 5, 6))
    assert len(first["instruments_visit"]) > 50
    assert first == again
    assert first != other


def test_the_lottery_decides_who_is_coached_nearly(seeded: Any) -> None:
    lottery = seeded.extra["lottery"]
    coached = np.isin(lottery["teacher_ids"], seeded.extra["coached_teacher_ids"])
    assert (coached == lottery["assigned"]).mean() >= 0.85


def test_nobody_leads_a_contact_with_oneself_and_all_stay_within_their_school(
    seeded: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    school_of = dict(
        zip(seeded.section_teacher.tolist(), seeded.school_ids[seeded.section_school].tolist(), strict=True)
    )
    for _, org, _, _, lead, person, *_ in built(seeded, monkeypatch)["support_contact"]:
        assert lead != person
        assert school_of.get(person, org) == org


def test_a_contact_repeats_its_visits_facts(seeded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    written = built(seeded, monkeypatch)
    visits = {v[0]: v for v in written["instruments_visit"]}
    with_visit = [c for c in written["support_contact"] if c[3] is not None]
    assert len(with_visit) == len(visits)
    for _, org, _, visit, lead, person, at, minutes, kind, purpose, shared, closed in with_visit:
        v = visits[visit]
        assert (v[2], v[3], v[4], v[5], v[7], v[8]) == (org, purpose, lead, person, at, minutes)
        assert (v[13], v[16]) == (shared, closed)
        assert kind == "visit"


def test_the_coach_of_the_cast_keeps_scripts_and_raters_hold_certificates(seeded: Any) -> None:
    notes = list(
        Note.objects.filter(author_id=seeded.person["dana"], at__isnull=False).select_related("response__visit")
    )
    keys = set(Item.objects.filter(version__instrument__key="twelve-minutes").values_list("key", flat=True))
    assert len(notes) > 20
    for note in notes:
        visit = note.response.visit
        assert visit is not None
        assert note.at is not None
        assert set(note.tags) <= keys
        assert note.tags
        assert visit.began_at < note.at
    certificates = {c.person_id: c for c in Certificate.objects.all()}
    until = {
        key: policy.certificate_ends(
            certificates[seeded.person[key]].instrument, certificates[seeded.person[key]].earned_on
        )
        for key in ("grace", "owen")
    }
    assert until["grace"] is not None
    assert until["owen"] is not None
    assert seeded.today < until["owen"] <= seeded.today + timedelta(days=60) < until["grace"]
