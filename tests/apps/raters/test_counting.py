"""Numbers about raters: only with enough behind them, the lenient one found, nobody else's purpose read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest

from fairlead.apps.raters import counting, selectors
from fairlead.apps.raters.counting import Both, numbers_of, period_of
from fairlead.apps.raters.models import AgreedWith, Basis, RatedTwice, SecondDraw, SecondLook, Together
from tests.conftest import as_owner


def visits(many: int, lenient: float = 0.0, seed: int = 3) -> list[Both]:
    """Visits by raters 1 to 4, each seen by two; rater 1 gives `lenient` more."""
    rng = np.random.default_rng(seed)
    rows = []
    for visit in range(many):
        first, second = rng.permutation(4)[:2] + 1
        for item in "abcde":
            true = rng.normal(2.5, 0.7)
            one, two = (
                int(np.clip(round(true + rng.normal(0, 0.35) + lenient * (r == 1)), 1, 4)) for r in (first, second)
            )
            for rater, level, other in ((first, one, two), (second, two, one)):
                rows.append(Both(int(rater), str(visit), str(visit), item, level, other, "2026-2"))
    return rows


def test_below_the_least_number_there_is_no_number() -> None:
    few = visits(20)
    found = numbers_of(few, Basis.VISITS)
    behind = {r: len({row.unit for row in few if row.rater == r}) for r in range(1, 5)}
    assert any(n < 15 for n in behind.values())
    assert set(found.of_raters) == {r for r, n in behind.items() if n >= 15}


def test_the_lenient_rater_is_found_and_the_others_are_not() -> None:
    rows = visits(120, lenient=0.6)
    found = numbers_of(rows, Basis.VISITS)
    assert set(found.of_raters) == {1, 2, 3, 4}
    lenient = found.of_raters[1]["severity"]
    assert lenient["low"] > 0, "lies above the others"
    assert lenient["value"] < 0.6, "drawn toward zero, and measured from a mean that it is part of"
    assert all(found.of_raters[r]["severity"]["value"] < lenient["low"] for r in (2, 3, 4))
    assert found.together["pairs"] == 120 * 5, "each pair once"
    assert found.together["exact"]["low"] < found.together["exact"]["value"] < found.together["exact"]["high"]
    assert found.of_raters[1]["exact"]["value"] < min(found.of_raters[r]["exact"]["value"] for r in (2, 3, 4))


def test_the_half_year_of_a_day() -> None:
    assert [period_of(date(2026, m, 30)) for m in (6, 7)] == ["2026-1", "2026-2"]


def test_the_demos_drift_is_found_in_one_coach(seeded: Any, scope_of: Callable[[str], Any]) -> None:
    ines = scope_of("ines")
    rows = {row.person_id: row for row in selectors.measured(ines) if row.basis == Basis.CASES}
    assert len(rows) == 6
    moved = {pk: [d for d in row.numbers["drift"] if d["beyond"]] for pk, row in rows.items()}
    hector = seeded.person["hector"]
    assert [d["period"] for d in moved[hector] if d["value"] > 0] == ["2026-2"]
    this_autumn = {pk for pk, found in moved.items() if any(d["period"] == "2026-2" for d in found)}
    assert this_autumn == {hector}, "nobody else"
    (row,) = (t for t in selectors.together(ines) if t.basis == Basis.CASES)
    assert row.numbers["drift_p"] < 0.05
    assert row.raters == 6


def plant(seeded: Any, purpose: str) -> None:
    """Sixteen visits of a purpose seen by Dana and Héctor, counted."""
    from fairlead.apps.instruments.models import Version

    version = Version.objects.get(instrument__key="twelve-minutes", number=1)
    dana, hector = seeded.person["dana"], seeded.person["hector"]
    draw = SecondDraw.objects.create(
        organization_id=seeded.network_id, version=version, purpose=purpose, begins="2026-09-01", ends="2026-12-01",
        share=0.5, commitment="c", committed_at="2026-09-01T12:00:00Z", seed="s", salt="s",
    )  # fmt: skip
    for n, teacher in enumerate(seeded.section_teacher[:16].tolist()):
        look = SecondLook.objects.create(
            organization_id=int(seeded.school_ids[0]), purpose=purpose, draw=draw, version=version,
            begins="2026-09-01", ends="2026-12-01", rater_id=dana, second_id=hector,
            subject_id=teacher, position=n, drawn=True,
        )  # fmt: skip
        RatedTwice.objects.create(
            organization_id=look.organization_id, purpose=purpose, look=look, version=version, rater_id=dana,
            second_id=hector, subject_id=teacher, day="2026-11-10",
            levels={"thinking": [1 + n % 3, 1 + n % 4], "work": [1 + n % 4, 1 + n % 4], "room": [2, None]},
        )  # fmt: skip
    counting.count(seeded.network_id, seeded.moment)


@pytest.mark.parametrize("purpose", ["coaching", "research", "appraisal"])
def test_who_reads_what_was_counted_of_visits(seeded: Any, scope_of: Callable[[str], Any], purpose: str) -> None:
    with as_owner():
        AgreedWith.objects.all().delete()
        RatedTwice.objects.all().delete()
        plant(seeded, purpose)
        assert AgreedWith.objects.filter(basis=Basis.VISITS, behind=16).count() == 2
    own = [row for row in selectors.own_counts(scope_of("dana")) if row.basis == Basis.VISITS]
    assert [(row.person_id, row.behind) for row in own] == [(seeded.person["dana"], 16)]
    assert set(AgreedWith.objects.values_list("person_id", flat=True)) == {seeded.person["dana"]}, "also in SQL"
    for key, by_name, all_together in (
        ("ines", False, purpose == "research"),
        ("tomas", purpose == "research", purpose == "research"),
    ):
        scope = scope_of(key)
        assert bool([r for r in selectors.measured(scope) if r.basis == Basis.VISITS]) == by_name, key
        assert AgreedWith.objects.filter(purpose=purpose).exists() == by_name, (key, "also in SQL")
        assert bool([t for t in selectors.together(scope) if t.basis == Basis.VISITS]) == all_together, key
    with as_owner():
        assert Together.objects.filter(purpose=purpose).exists() == (purpose == "research")
    scope_of("grace")
    assert not AgreedWith.objects.exclude(person_id=seeded.person["grace"]).exists()


def test_a_level_that_one_did_not_see_is_no_pair(seeded: Any) -> None:
    RatedTwice.objects.all().delete()
    plant(seeded, "research")
    row = Together.objects.get(basis=Basis.VISITS, purpose="research")
    assert (row.behind, row.numbers["pairs"]) == (16, 32), "two items of three"
