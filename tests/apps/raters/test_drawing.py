"""Who is seen by two: drawn by a committed seed, each rater's teachers apart; the second rater never one of the two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from fairlead.apps.raters import drawing
from fairlead.apps.raters.drawing import Pair, assign
from fairlead.apps.raters.models import SecondDraw, SecondLook


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 9), st.integers(1, 2)), unique_by=lambda t: t[:2]))
def test_seconds_are_asked_equally_often_and_never_themselves(rows: list[tuple[int, int, int]]) -> None:
    pairs = [Pair(*row) for row in rows if row[0] != row[1]]
    everywhere = dict.fromkeys(range(1, 6), frozenset({1, 2}))
    found = assign(pairs, everywhere, "seed")
    assert found == assign(list(reversed(pairs)), everywhere, "seed")
    assert set(found) == {p.name for p in pairs}
    for pair in pairs:
        assert found[pair.name] not in (pair.rater_id, pair.subject_id)
    raters = {p.rater_id for p in pairs} | {p.subject_id for p in pairs}
    if not raters & set(range(1, 6)):
        asked = Counter(found.values())
        assert max(asked.values(), default=0) - min((asked[n] for n in everywhere), default=0) <= 1


def test_who_may_not_visit_the_school_is_not_asked() -> None:
    pairs = [Pair(1, 11, 7), Pair(1, 12, 8)]
    assert assign(pairs, {1: frozenset({7, 8}), 2: frozenset({7})}, "seed") == {"1:11": 2}


def test_a_draw_is_committed_to_drawn_once_and_can_be_repeated(seeded: Any, scope_of: Callable[[str], Any]) -> None:
    ines = scope_of("ines")
    version = drawing.versions(ines)[0][0]
    held = drawing.commit(ines, version, "coaching", date(2026, 11, 19), date(2026, 12, 18), 0.5)
    assert held.drawn_at is None
    assert len(held.commitment) == 64
    for key in ("dana", "grace"):
        scope_of(key)
        assert not SecondDraw.objects.exists(), "nobody who rates reads the seed before the draw, also not in SQL"
    ines = scope_of("ines")
    many = drawing.draw(ines, held.pk)
    looks = list(SecondLook.objects.filter(draw=held))
    assert many == sum(look.drawn for look in looks) > 0
    by_rater: dict[int, list[bool]] = {}
    for look in looks:
        by_rater.setdefault(look.rater_id, []).append(look.drawn)
        assert look.drawn or look.second_id is None
        assert look.second_id not in (look.rater_id, look.subject_id)
    for drawn in by_rater.values():
        assert abs(sum(drawn) - len(drawn) / 2) < 1, "half of each rater's teachers"
    assert drawing.problems(ines, held.pk) == []
    with pytest.raises(ValidationError, match="not drawn again"):
        drawing.draw(ines, held.pk)
    SecondLook.objects.filter(pk=looks[0].pk).update(drawn=not looks[0].drawn)
    assert drawing.problems(ines, held.pk), "a ticket that was changed is found"


def test_who_trains_no_raters_draws_nothing(seeded: Any, scope_of: Callable[[str], Any]) -> None:
    grace = scope_of("grace")
    with pytest.raises(ValidationError):
        drawing.commit(grace, 1, "coaching", date(2026, 11, 19), date(2026, 12, 18), 0.5)
    assert not SecondDraw.objects.filter(committed_at__date=date(2026, 11, 19)).exists()
