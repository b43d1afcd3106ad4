"""Do teachers submit on time: their own page, the office's with names, the principal's and the network's without."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from django.urls import reverse

from fairlead.apps.attendance import timeliness
from fairlead.apps.attendance.models import Roll, SectionTaken
from fairlead.apps.roster.models import Person, Section
from tests.conftest import as_owner, max_queries

OWN, OFFICE, NETWORK = "/teacher/submissions", "/office/submissions", "/network/submissions/"


@pytest.fixture
def late_teacher(seeded: Any) -> int:
    """A colleague of Amara's whose rolls all came after their deadline; another's do so lately only."""
    sections = [int(s) for s in seeded.section_ids[seeded.section_school == 0]]
    late = Roll.objects.filter(section_id=sections[1], date__lt=seeded.today)
    late.update(submitted_at=None, submitted_by=None)
    lately = Roll.objects.filter(section_id=sections[2], date__lt=seeded.today)
    for roll in lately:
        roll.submitted_at = roll.due_at + timedelta(minutes=20 if roll.date >= seeded.dates[-11] else -5)
    Roll.objects.bulk_update(lately, ["submitted_at"])
    return int(Section.objects.get(pk=sections[1]).teacher_id)


def test_addresses() -> None:
    assert [reverse(f"{desk}:submissions") for desk in ("teacher", "office", "network")] == [OWN, OFFICE, NETWORK]


def test_a_teacher_sees_her_own_and_nobody_elses(as_person: Any, seeded: Any) -> None:
    client = as_person("amara")
    with max_queries(15):
        response = client.get(OWN)
    found = response.context["found"]
    assert {roll.teacher_id for roll in found.rolls} == {seeded.person["amara"]}
    assert response.context["own"].expected == len(seeded.dates) - 1, "today is not over"
    assert response.context["own"].late == sum(roll.late for roll in found.rolls)


def test_the_office_sees_names_where_it_is_structural_or_new(late_teacher: int, as_person: Any, seeded: Any) -> None:
    client = as_person("luis")
    with max_queries(15):
        response = client.get(OFFICE)
    named = dict(response.context["named"])
    with as_owner():
        name = Person.objects.get(pk=late_teacher).name
    assert named[name].kind == "structural"
    assert sorted(habit.kind for habit in named.values())[:2] == ["new", "structural"]
    assert name in response.content.decode()
    assert sum(n for _, n in response.context["kinds"]) == response.context["teachers"]


def test_the_principal_sees_counts_and_no_name(late_teacher: int, as_person: Any, seeded: Any) -> None:
    response = as_person("grace").get(OFFICE)
    with as_owner():
        name = Person.objects.get(pk=late_teacher).name
    assert response.context["named"] == []
    assert name not in response.content.decode()
    assert dict(response.context["kinds"])["structural"] >= 1


def test_the_network_sees_no_name_and_no_small_group(late_teacher: int, as_person: Any, seeded: Any) -> None:
    client = as_person("ines")
    with max_queries(15):
        response = client.get(NETWORK)
    with as_owner():
        names = [p.name for p in Person.objects.filter(pk__in=[int(t) for t in seeded.section_teacher])]
    page = response.content.decode()
    assert [name for name in names if name in page] == []
    found = response.context["found"]
    for _, school in response.context["schools"]:
        assert school.habit is None or school.teachers >= timeliness.FEWEST
    assert all(n is None or n == 0 or n >= timeliness.FEWEST for n in found.kinds.values())


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [
        ({"a": 100, "b": 50, "c": 0}, set()),
        ({"a": 100, "b": 50, "c": 3}, {"b", "c"}),
        ({"a": 100, "b": 4, "c": 3}, {"a", "b", "c"}),  # seven in all would still be told by the total
        ({"a": 100, "b": 8, "c": 3}, {"b", "c"}),
        ({"a": 5}, {"a"}),
        ({"a": 30, "b": 2, "c": 0}, {"a", "b"}),
    ],
)
def test_small_groups_cannot_be_found_from_the_total(counts: dict[str, int], hidden: set[str]) -> None:
    shown = timeliness.told(counts)
    assert {key for key, n in shown.items() if n is None} == hidden
    assert {key: n for key, n in shown.items() if n is not None} == {
        k: v for k, v in counts.items() if k not in hidden
    }


def test_a_roll_that_never_came_is_late_and_missing(late_teacher: int, scope_of: Any, seeded: Any) -> None:
    scope = scope_of("luis")
    found = timeliness.school_submissions(scope, int(seeded.school_ids[0]), seeded.dates[0], seeded.dates[-2])
    own = found.by(roll.teacher_id for roll in found.rolls)[late_teacher]
    assert own.missing == own.late == own.expected
    assert own.on_time == own.came_late == 0
    assert found.late == sum(habit.late for habit in found.by(r.teacher_id for r in found.rolls).values())


def test_a_school_sees_its_own_rolls_only(scope_of: Any, seeded: Any) -> None:
    scope = scope_of("luis")
    other = timeliness.school_submissions(scope, int(seeded.school_ids[1]), seeded.dates[0], seeded.dates[-2])
    assert other.rolls == ()


def test_events_of_another_system_are_kept_once_and_counted(scope_of: Any, seeded: Any) -> None:
    school = int(seeded.school_ids[0])
    sections = list(Section.objects.filter(organization_id=school).order_by("pk")[:3])
    teacher = sections[0].teacher.sourced_id
    days = seeded.dates[:30]
    rows = [(sections[0].sourced_id, d, teacher) for d in days]
    rows += [(sections[1].sourced_id, d, None) for i, d in enumerate(days) if i == 0]
    rows += [
        (sections[1].sourced_id, days[0], None),
        ("nobody-knows", days[0], None),
        (sections[2].sourced_id, None, None),
    ]
    frame = pl.DataFrame(rows, schema={"section": pl.String, "date": pl.Date, "staff": pl.String}, orient="row")
    loaded = timeliness.load_taken_events(frame, "Ed-Fi")
    assert (loaded.rows, loaded.new, loaded.same, loaded.unknown, loaded.repeated) == (34, 31, 0, 2, 1)
    again = timeliness.load_taken_events(frame, "Ed-Fi")
    assert (again.new, again.same) == (0, 31)
    assert SectionTaken.objects.filter(taken_by_id=sections[0].teacher_id).count() == 30
    habits = timeliness.taken_habits(scope_of("luis"), school, days[0], days[-1])
    assert {pk: habit.kind for pk, habit in habits.items()} == {sections[0].pk: "never", sections[1].pk: "structural"}
    assert timeliness.taken_habits(scope_of("owen"), school, days[0], days[-1]) == {}


@pytest.mark.parametrize("person", ["luis", "grace"])
def test_the_office_page_says_what_another_system_reports(person: str, as_person: Any, seeded: Any) -> None:
    with as_owner():
        section = Section.objects.filter(organization_id=int(seeded.school_ids[0])).first()
        SectionTaken.objects.create(
            organization_id=section.organization_id, section=section, date=seeded.dates[0], source="Ed-Fi"
        )
    assert "Another system reports" in as_person(person).get(OFFICE).content.decode()


@pytest.mark.parametrize("url", [OWN, OFFICE, NETWORK])
def test_they_are_only_read(url: str, as_person: Any) -> None:
    person = {OWN: "amara", OFFICE: "luis", NETWORK: "ines"}[url]
    assert as_person(person).post(url).status_code == 405


@pytest.mark.parametrize(("person", "url"), [("amara", OWN), ("luis", OFFICE), ("ines", NETWORK)])
def test_in_spanish(person: str, url: str, as_person: Any) -> None:
    page = as_person(person).get(url, headers={"accept-language": "es"}).content.decode()
    assert "late or missing" not in page.lower()
    assert np.any([word in page for word in ("envíos", "a tiempo", "tarde")])
