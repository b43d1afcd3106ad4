"""A review from the draw to its result: replacement, blindness in the database, the third, weights, groups, hours."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from fairlead import clock
from fairlead.apps.access import rls
from fairlead.apps.instruments.models import Answer, Response
from fairlead.apps.instruments.responding import Given
from fairlead.apps.instruments.selectors import current_version, items_of
from fairlead.apps.reviews import results, sampling, selectors, services
from fairlead.apps.reviews.models import Copy, Piece, Result, Review, Secret
from fairlead.apps.roster.selectors import scope_for
from fairlead.science.impact.lottery import commit
from fairlead.science.measurement import clustered_share, hours_below_grade, ratio_of_shares
from tests.conftest import as_owner, use_app_login

PNG_TEXT = b"tEXtAuthor\0somebody"


@pytest.fixture
def acting(seeded: Any) -> Callable[[str], Any]:
    """Somebody's scope, with PostgreSQL told so, under the app's login; the former asker is forgotten."""

    def find(key: str) -> Any:
        use_app_login()
        with as_owner():
            scope = scope_for(seeded.person[key], seeded.today)
        rls.apply(scope)
        return scope

    return find


def open_review() -> Review:
    return Review.objects.get(closed_at=None)


def plan(world: Any, **changes: Any) -> services.Plan:
    version = current_version("work-worth-doing")
    assert version is not None
    values = {
        "organization_id": world.network_id, "name": "Test", "subject": "Mathematics", "purpose": "research", "grade_low": 0,
        "grade_high": 12, "begins": world.dates[5], "ends": world.dates[30], "version_id": version.pk, "classrooms": 1, "assignments": 2,
    }  # fmt: skip
    return services.Plan(**values | changes)


def levels(review: Review, of_the_grade: int, others: int = 2) -> dict[int, Given]:
    given = {"of-the-grade": of_the_grade, "engagement": others, "wholeness": others}
    return {item.pk: Given(level=given[item.key]) for item in items_of(review.version_id) if item.key in given}


def test_a_draw_keeps_what_was_committed_to_and_can_be_repeated(seeded: Any, acting: Any) -> None:
    tomas = acting("tomas")
    review = services.make(tomas, plan(seeded))
    assert (review.seed, review.salt) == ("", "")
    secret = Secret.objects.get(review=review)
    assert review.commitment == commit(secret.seed, secret.salt)
    acting("amara")
    assert not Secret.objects.filter(review=review).exists(), "the seed is not for a school"
    acting("tomas")
    n = services.draw_sample(tomas, review.pk)
    review.refresh_from_db()
    assert commit(review.seed, review.salt) == review.commitment
    assert not Secret.objects.filter(review=review).exists()
    pieces = list(Piece.objects.filter(review=review))
    assert len(pieces) == n
    with as_owner():
        days = services._days(review)
    for piece in pieces:
        assert sampling.day_order(piece.section_id, days, review.seed)[piece.place] == piece.day
        assert piece.chance == pytest.approx(piece.chance_of_classroom * 2 / len(days))
    with pytest.raises(ValidationError, match="drawn already"):
        services.draw_sample(tomas, review.pk)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"begins": None}, "ends"),
        ({"grade_low": 5, "grade_high": 4}, "grade_high"),
        ({"least_level": 1}, "least_level"),
        ({"hours": 0}, "hours"),
        ({"purpose": "appraisal"}, "version"),
        ({"version_id": 0}, "version_id"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(changes: dict[str, Any], field: str, seeded: Any, acting: Any) -> None:
    tomas = acting("tomas")
    if "begins" in changes:
        changes = {"begins": seeded.dates[30], "ends": seeded.dates[5]}
    if "version_id" in changes:
        rubric = current_version("twelve-minutes")
        assert rubric is not None
        changes = {"version_id": rubric.pk}
    with pytest.raises(ValidationError) as caught:
        services.make(tomas, plan(seeded, **changes))
    assert set(caught.value.message_dict) == {field}


def test_a_principal_plans_nothing(seeded: Any, acting: Any) -> None:
    with pytest.raises(ValidationError, match="your own organization"):
        services.make(acting("grace"), plan(seeded, organization_id=int(seeded.school_ids[0])))


def test_a_day_without_an_assignment_is_replaced_by_the_next_of_the_draw(seeded: Any, acting: Any) -> None:
    amara = acting("amara")
    piece = selectors.asked_of(amara).first()
    assert piece is not None
    with pytest.raises(ValidationError, match="Say why"):
        services.no_assignment(amara, piece.pk, " ")
    order = sampling.day_order(piece.section_id, services._days(piece.review), piece.review.seed)
    held = Piece.objects.filter(review=piece.review, classroom=piece.classroom).count()
    following = services.no_assignment(amara, piece.pk, "A trip.")
    assert following is not None
    assert following.day == order[held]
    assert following.teacher_id == amara.person_id
    for _ in range(10):
        last = selectors.asked_of(amara).first()
        if last is None:
            break
        services.no_assignment(amara, last.pk, "A test.")
    every = Piece.objects.filter(review=piece.review, classroom=piece.classroom)
    assert every.count() == 2 * piece.review.assignments, "not for ever"
    assert {p.state for p in every} == {"none"}


def test_handing_in_asks_that_no_student_is_named_and_strips_a_picture(seeded: Any, acting: Any) -> None:
    from fairlead.demo.reviews import _page

    amara = acting("amara")
    piece = selectors.asked_of(amara).first()
    assert piece is not None
    page = _page(np.random.default_rng(1))
    noted = page[:33] + len(PNG_TEXT[4:]).to_bytes(4) + PNG_TEXT + b"\0\0\0\0" + page[33:]
    for given, field in (
        ({"text": "Add.", "no_names": False}, "no_names"),
        ({"no_names": True}, "file"),
        ({"content": b"MZ\x90", "no_names": True}, "file"),
        ({"text": "x" * 4001, "no_names": True}, "text"),
    ):
        with pytest.raises(ValidationError) as caught, transaction.atomic():
            services.hand_in(amara, piece.pk, **given)
        assert set(caught.value.message_dict) == {field}
    services.hand_in(amara, piece.pk, content=noted, name="IMG_1.png", no_names=True)
    kept = Copy.objects.get(piece=piece)
    assert bytes(kept.content) == page
    with pytest.raises(ValidationError, match="settled already"):
        services.hand_in(amara, piece.pk, text="Again", no_names=True)
    grace = acting("grace")
    with pytest.raises(ValidationError, match="no such assignment"):
        services.hand_in(grace, piece.pk, text="Again", no_names=True)


def through(review: Review, keys: dict[int, str], acting: Any, piece: Piece, who: str, **given: Any) -> Piece:
    person = getattr(piece, f"{who}_id")
    return services.judge(
        acting(keys[person]), piece.pk, levels(review, **given), reason="Read twice." if who == "third" else ""
    )


def test_neither_sees_the_others_levels_and_a_third_decides(seeded: Any, acting: Any) -> None:
    keys = {seeded.person[key]: key for key in ("dana", "nadia", "hector")}
    with as_owner():
        review = open_review()
        piece = Piece.objects.filter(review=review, first__isnull=False, first_response=None)[0]
    first, second, third = (acting(keys[getattr(piece, f"{who}_id")]) for who in ("first", "second", "third"))
    assert selectors.to_judge(acting(keys[piece.third_id]), piece.pk) is None, "not the third's yet"
    through(review, keys, acting, piece, "first", of_the_grade=2)
    with pytest.raises(ValidationError, match="does not wait"):
        services.judge(first, piece.pk, levels(review, 4))
    rls.apply(second)
    assert selectors.levels(second, piece.pk) == ({}, {})
    assert not Answer.objects.filter(response__author_id=first.person_id).exists()
    rls.apply(first)
    assert selectors.levels(first, piece.pk) == ({}, {}), "nor to who was first"
    done = through(review, keys, acting, piece, "second", of_the_grade=3)
    assert done.differs is True
    assert selectors.levels(second, piece.pk)[0]["of-the-grade"] == 2
    amara = acting("amara")
    assert selectors.levels(amara, piece.pk) == ({}, {}), "a teacher has no levels of it"
    assert selectors.copy_of(amara, piece.pk) is None
    thirds = acting(keys[piece.third_id])
    assert selectors.to_judge(thirds, piece.pk) is not None
    with pytest.raises(ValidationError, match="Say why"):
        services.judge(thirds, piece.pk, levels(review, 3))
    assert third.person_id == thirds.person_id
    ended = through(review, keys, acting, piece, "third", of_the_grade=3)
    assert ended.reason == "Read twice."
    with as_owner():
        parts = Response.objects.filter(pk__in=[ended.first_response, ended.second_response, ended.third_response])
        assert sorted(parts.values_list("part", flat=True)) == ["consensus", "second", "single"]
        assert set(parts.values_list("subject_id", flat=True)) == {None}, "it is about a page, not about a teacher"
        found = results.decided(ended, {ended.third_response: {"of-the-grade": 3}}, "of-the-grade", 3)
    assert found is True


def test_agreeing_needs_no_third(seeded: Any, acting: Any) -> None:
    keys = {seeded.person[key]: key for key in ("dana", "nadia", "hector")}
    with as_owner():
        review = open_review()
        piece = Piece.objects.filter(review=review, first__isnull=False, first_response=None)[0]
    through(review, keys, acting, piece, "first", of_the_grade=3)
    assert through(review, keys, acting, piece, "second", of_the_grade=4).differs is False


def test_a_form_with_a_judgement_missing_is_not_kept(seeded: Any, acting: Any) -> None:
    with as_owner():
        review = open_review()
        piece = Piece.objects.filter(first_id=seeded.person["dana"], first_response=None, review=review)[0]
    dana = acting("dana")
    answers = levels(review, 3)
    answers.pop(next(iter(answers)))
    with pytest.raises(ValidationError), transaction.atomic():
        services.judge(dana, piece.pk, answers)
    piece.refresh_from_db()
    assert piece.first_response is None


def test_the_result_is_the_sciences_own(seeded: Any) -> None:
    """The stored numbers again, from the rows, by the functions that are validated elsewhere."""
    result = Result.objects.select_related("review").get()
    review, found = result.review, result.found
    pieces = Piece.objects.filter(review=review, state="collected").order_by("classroom", "place")
    assert found["counts"]["collected"] == pieces.count() >= 40
    assert found["counts"]["double"] == pieces.count()
    assert found["counts"]["differing"] == found["counts"]["decided"] > 0
    said = {}
    for answer in Answer.objects.filter(item__key="of-the-grade").values("response_id", "level"):
        said[answer["response_id"]] = answer["level"]
    y = [float(said[p.third_response if p.differs else p.first_response] >= 3) for p in pieces]
    rooms = [p.classroom for p in pieces]
    asked = {room: Piece.objects.filter(review=review, classroom=room).count() for room in set(rooms)}
    weights = [p.days / p.chance_of_classroom / asked[p.classroom] for p in pieces]
    share = clustered_share(y, rooms, weights=weights)
    assert len({round(w, 6) for w in weights}) > 1, "weights that differ"
    assert found["share"]["value"] == pytest.approx(share.value, rel=1e-12)
    assert (found["share"]["low"], found["share"]["high"]) == (pytest.approx(share.low), pytest.approx(share.high))
    hours = hours_below_grade(y, rooms, weights=weights, hours=180)
    assert found["hours"]["value"] == pytest.approx(hours.value)
    assert found["hours"]["low"] == pytest.approx(180 * (1 - share.high))
    assert found["hours"]["low"] < found["hours"]["value"] < found["hours"]["high"] < 180
    compared = found["compared"]
    if "ratio" in compared:
        groups = results._groups(review, list(pieces))
        ratio = ratio_of_shares(
            y, [groups.get(r) for r in rooms], rooms, first="others", second="most", weights=weights
        )
        assert compared["ratio"]["value"] == pytest.approx(ratio.value)
        assert compared["ratio"]["low"] == pytest.approx(ratio.low)
    assert {row["key"] for row in found["agreement"]} == {"of-the-grade", "engagement", "wholeness"}
    assert all(0 < row["kappa"]["value"] <= 1 for row in found["agreement"])


def test_published_hours() -> None:
    """TNTP (2018), The Opportunity Myth: 26.1 % of assignments, 180 hours a year in a subject, 133 hours below grade."""
    found = hours_below_grade([1.0] * 261 + [0.0] * 739, [i % 40 for i in range(1000)], hours=180)
    assert round(found.value) == 133


def judged(most: int, others: int, each: int = 3) -> list[results.Judged]:
    rows = []
    for room in range(most + others):
        group = "most" if room < most else "others"
        rows += [results.Judged(room, 1.0, (room + k) % 2 == 0, group) for k in range(each)]
    return rows


@pytest.mark.parametrize(
    ("most", "others", "said"), [(1, 9, "few"), (0, 9, "few"), (2, 9, "withheld"), (9, 2, "withheld")]
)
def test_small_groups_are_not_told(most: int, others: int, said: str, seeded: Any) -> None:
    found = results._compared(Review.objects.filter(closed_at__isnull=False)[0], judged(most, others))
    assert found["because"] == said
    assert "most" not in found
    assert "others" not in found, "nor the rest, from which the small one could be read"


def test_groups_that_are_large_enough_have_a_ratio_with_its_interval(seeded: Any) -> None:
    found = results._compared(Review.objects.filter(closed_at__isnull=False)[0], judged(5, 6))
    assert found["ratio"]["low"] < found["ratio"]["value"] < found["ratio"]["high"]
    assert found["most"]["classrooms"] == 5


def test_closing_defers_the_count_and_the_worker_may_do_it(seeded: Any, acting: Any) -> None:
    tomas = acting("tomas")
    review = open_review()
    services.close(tomas, review.pk)
    with connection.cursor() as cursor:
        cursor.execute("SELECT args FROM procrastinate_jobs WHERE task_name = %s", [services.ESTIMATE])
        assert json.loads(cursor.fetchone()[0]) == {"review_id": review.pk}
        cursor.execute("RESET ROLE")
        cursor.execute("SET LOCAL ROLE fairlead_worker")
    result = results.estimate(review.pk)
    assert result.found["unjudged"] > 0
    assert results.estimate(review.pk).pk == result.pk, "counted once"
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
    acting("tomas")
    with pytest.raises(ValidationError, match="closed"):
        services.deal(tomas, review.pk)
    assert clock.today() == seeded.today


def test_a_result_names_nobody(seeded: Any) -> None:
    text = str(Result.objects.get().found)
    assert not any(name in text for name in ("Okafor", "Harbor", "teacher", "section"))
