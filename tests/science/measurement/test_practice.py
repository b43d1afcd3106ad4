"""Whose practice changed: the error of a change by brute force, nobody's change made no more often than by chance."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from fairlead.science.measurement import MeasurementError, practice_change

TRUE = {"teacher": 0.14, "rater": 0.02, "item": 0.02, "teacher:rater": 0.02, "teacher:item": 0.03, "rater:item": 0.01,
        "teacher:rater:visit": 0.10, "residual": 0.28}  # fmt: skip


def _columns(rows: list[tuple[Any, ...]]) -> dict[str, Any]:
    names = ("person", "later", "rater", "visit", "item", "score")
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


def _found(rows: list[tuple[Any, ...]], **options: Any) -> Any:
    columns = _columns(rows)
    person, later = columns.pop("person"), columns.pop("later")
    return practice_change(person, later, **columns, **{"components": TRUE, **options})


def test_the_error_of_a_change_is_that_of_all_pairs_of_ratings() -> None:
    """w′Σw with the covariance of every two ratings written out: visits of different number, one visitor at both times."""
    seen = [(0, "x", 1, "abc"), (0, "y", 2, "ab"), (1, "x", 3, "abc"), (1, "z", 4, "ac"), (1, "z", 5, "b")]
    rows = [("Ada", time, rater, visit, item, 2.0) for time, rater, visit, items in seen for item in items]
    parts = {name: set(name.split(":")) - {"teacher"} for name in TRUE if name not in ("residual", "teacher")}
    facets = [{"rater": r[2], "visit": r[3], "item": r[4]} for r in rows]
    room = {visit: len(items) for _time, _rater, visit, items in seen}
    visits = {0: 2, 1: 3}
    weight = [(1 if r[1] else -1) / visits[r[1]] / room[r[3]] for r in rows]
    wanted = 0.0
    for i, j in product(range(len(rows)), repeat=2):
        cov = TRUE["teacher"] + TRUE["residual"] * (i == j)
        cov += sum(TRUE[n] for n, own in parts.items() if all(facets[i][f] == facets[j][f] for f in own))
        wanted += weight[i] * weight[j] * cov
    found = _found(rows)
    assert found.threshold[0] == pytest.approx(1.959964 * wanted**0.5, rel=1e-6)
    assert (found.visits_before[0], found.visits_after[0], found.raters) == (2, 3, 3)


def test_the_same_visitor_and_the_same_items_cancel_out() -> None:
    rows = [("Ada", time, "x", time, item, 2.0) for time in (0, 1) for item in "ab"]
    other = [(who, time, "y" if time else "x", *rest) for who, time, _x, *rest in rows]
    same, changed = (_found(r).threshold[0] ** 2 / 1.959964**2 for r in (rows, other))
    # Two visits, each with its own error and half of the residual; a change of visitor brings severity twice, with its
    # mean over two items of what is particular to a visitor in one item.
    assert same == pytest.approx(2 * (0.10 + 0.28 / 2), rel=1e-6)
    assert changed - same == pytest.approx(2 * (0.02 + 0.02 + 0.01 / 2), rel=1e-6)


def test_where_nobody_changed_as_many_seem_to_improve_as_chance_brings() -> None:
    """4,000 persons without any change: 100 expected on each side, found within four standard errors (10)."""
    rng = np.random.default_rng(5)
    n, items, raters = 4000, 5, 40
    rows, effect = [], {name: variance**0.5 for name, variance in TRUE.items()}
    severity, hard = rng.normal(0, effect["rater"], raters), rng.normal(0, effect["item"], items)
    ticks = rng.normal(0, effect["rater:item"], (raters, items))
    for person in range(n):
        good, own = rng.normal(0, effect["teacher"]), rng.normal(0, effect["teacher:item"], items)
        eye: dict[int, float] = {}
        for visit in range(3):
            rater = int(rng.integers(raters))
            eye.setdefault(rater, float(rng.normal(0, effect["teacher:rater"])))
            lesson = rng.normal(0, effect["teacher:rater:visit"])
            score = good + own + hard + severity[rater] + ticks[rater] + eye[rater] + lesson
            score = score + rng.normal(0, effect["residual"], items)
            rows += [(person, visit > 0, rater, (person, visit), item, score[item]) for item in range(items)]
    found = _found(rows, cluster={person: person % 50 for person in range(n)})
    assert found.growth.expected == pytest.approx(100)
    assert abs(found.growth.improved - 100) < 40
    assert abs(found.growth.declined - 100) < 40
    assert found.growth.mean_low < 0 < found.growth.mean_high


def test_who_was_seen_once_is_named_and_enters_nothing() -> None:
    both = [("Ada", t, "x", t, "a", 1.0 + 3 * t) for t in (0, 1)]
    more = [("Bea", 0, "x", 7, "a", 4.0), ("Cyn", 1, "x", 8, "a", 4.0), ("Ada", 1, "x", 9, "a", float("nan"))]
    found = _found(both + more)
    assert (found.persons, found.only_before, found.only_after) == (("Ada",), ("Bea",), ("Cyn",))
    assert (found.before.tolist(), found.after.tolist(), found.growth.n) == ([1.0], [4.0], 1)
    assert found.visits_after.tolist() == [1], "a visit without an observed level is none"


@pytest.mark.parametrize(
    ("rows", "components", "said"),
    [
        ([("Ada", 0, "x", 1, "a", 1.0)], TRUE, "nobody was seen at both times"),
        ([("Ada", t, "x", t, "a", 1.0) for t in (0, 1)], {"rater": 0.1}, "residual"),
        ([("Ada", t, "x", t, "a", 1.0) for t in (0, 1)], TRUE | {"school": 0.1}, "school"),
    ],
)
def test_what_cannot_be_known_is_refused(rows: Any, components: Any, said: str) -> None:
    with pytest.raises(MeasurementError, match=said):
        _found(rows, components=components)
