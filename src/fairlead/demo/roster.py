"""Organizations, staff, students, families and homerooms of the invented network."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from fairlead.apps.access.models import Account, Agreement
from fairlead.apps.roster.models import AcademicSession, Course, Organization, Role, SchoolDay
from fairlead.apps.roster.names import sort_key
from fairlead.demo import periods, staffing
from fairlead.demo.cast import (
    BY_KEY,
    CAST,
    CITY_SOURCED_ID,
    COACHES,
    DIRECTORS,
    NETWORK_SOURCED_ID,
    Member,
)
from fairlead.demo.copying import advance_ids, copy_rows
from fairlead.demo.names import FAMILY, GIVEN, LANGUAGES, RELATIONS, SCHOOLS
from fairlead.demo.world import TODAY, YEAR_BEGINS, World, school_days

PERSON = ("id", "organization_id", "kind", "given_name", "family_name", "sort_name", "born", "grade", "language",
          "email", "phone", "sourced_id")  # fmt: skip
RACES = ("asian", "black", "hispanic", "white", "two_or_more", "other")
ROLE_BEGINS = date(2024, 7, 1)


def build(world: World, rng: np.random.Generator) -> None:
    """Make the roster: organizations, calendar, staff with roles and accounts, students, guardians, sections."""
    _organizations(world)
    _staff(world, rng)
    _students(world, rng)
    _auditor(world)
    staffing.left(world)
    for table in ("roster_person", "roster_section"):
        advance_ids(table)


def _organizations(world: World) -> None:
    city = Organization.objects.create(
        name="City of Harborview", kind="city", sourced_id=CITY_SOURCED_ID, invented=True
    )
    network = Organization.objects.create(
        name="Tidewater Schools", kind="network", sourced_id=NETWORK_SOURCED_ID, invented=True
    )
    schools = Organization.objects.bulk_create(
        Organization(
            name=name, kind="school", parent=network, sourced_id=f"tidewater-{i + 1:02d}", zip=zip_code,
            grade_low=low, grade_high=high, invented=True,
        )
        for i, (name, low, high, zip_code, _) in enumerate(SCHOOLS[: world.schools])
    )  # fmt: skip
    world.city_id, world.network_id = city.pk, network.pk
    world.school_ids = np.array([s.pk for s in schools], np.int64)
    world.school_need = np.array([s[4] for s in SCHOOLS[: world.schools]])
    Agreement.objects.create(
        grantor=network, grantee=city, purpose="Plan quality seats by ZIP for the city", data_classes=["aggregates"],
        begins=date(2025, 7, 1), ends=date(2028, 6, 30),
    )  # fmt: skip
    last = AcademicSession.objects.create(
        organization=network, name="2025-26", begins=date(2025, 8, 26), ends=date(2026, 6, 12)
    )
    this = AcademicSession.objects.create(
        organization=network, name="2026-27", begins=YEAR_BEGINS, ends=date(2027, 6, 11)
    )
    world.last_session_id, world.session_id = last.pk, this.pk
    past = school_days(YEAR_BEGINS, TODAY)
    world.dates = past[-world.days :]
    SchoolDay.objects.bulk_create(
        SchoolDay(organization=network, session=this, date=d)
        for d in past + school_days(TODAY + timedelta(days=1), TODAY + timedelta(days=30))
    )


def _sizes(total: int, weights: np.ndarray, least: int) -> np.ndarray:
    """Split `total` into whole parts near `weights`, each at least `least`."""
    parts = np.maximum(least, np.floor(total * weights / weights.sum()).astype(int))
    while parts.sum() > total:
        parts[parts.argmax()] -= 1
    while parts.sum() < total:
        parts[(weights / parts).argmax()] += 1
    return parts


def _staff(world: World, rng: np.random.Generator) -> None:
    """Cast, directors, coaches, principals, office staff and teachers; a homeroom for each teacher."""
    people: list[tuple[object, ...]] = []
    roles: list[Role] = []
    accounts: list[Account] = []
    place = {NETWORK_SOURCED_ID: world.network_id, CITY_SOURCED_ID: world.city_id}
    place |= {f"tidewater-{i + 1:02d}": int(pk) for i, pk in enumerate(world.school_ids)}

    def add(key: str, given: str, family: str, role: str, organization_id: int, fte: float, email: str = "") -> int:
        pk = int(world.take_ids("roster_person", 1)[0])
        people.append(
            (pk, organization_id, "staff", given, family, sort_key(family, given), None, None, "en", email,
             f"(555) 010-{pk % 10000:04d}", f"staff-{pk}")
        )  # fmt: skip
        roles.append(Role(person_id=pk, organization_id=organization_id, role=role, fte=fte, begins=ROLE_BEGINS))
        if email:
            account = Account(email=email, person_id=pk)
            account.set_unusable_password()
            accounts.append(account)
        world.person[key] = pk
        return pk

    def add_member(m: Member) -> int:
        return world.person.get(m.key) or add(
            m.key, m.given_name, m.family_name, m.role, place[m.organization], m.fte, m.email
        )

    for member in (*CAST, *DIRECTORS, *COACHES):
        if member not in (BY_KEY["yusuf"], BY_KEY["helen"]):  # he has a homeroom below, she comes last
            add_member(member)
    for i, school in enumerate(world.school_ids):
        for role in ("principal", "office"):
            known = next((m for m in CAST if m.role == role and place[m.organization] == school), None)
            pk = world.person[known.key] if known else add(
                f"{role}:{i}", str(rng.choice(GIVEN)), str(rng.choice(FAMILY)), role, int(school), 1.0, ""
            )  # fmt: skip
            world.person[f"{role}:{i}"] = pk

    big = np.array([1.35 if SCHOOLS[i][2] >= 8 else 0.85 for i in range(world.schools)])
    per_school = _sizes(world.teachers, big, least=2)
    ids, school_of, teacher_of, grade_of, rows = [], [], [], [], []
    sections = world.take_ids("roster_section", world.teachers)
    courses = {
        g: Course.objects.create(
            organization_id=world.network_id,
            name="Kindergarten" if g == 0 else f"Grade {g}",
            subject="homeroom",
        ).pk
        for g in range(13)
    }
    at = 0
    for i, school in enumerate(world.school_ids):
        low, high = SCHOOLS[i][1], SCHOOLS[i][2]
        for j in range(per_school[i]):
            grade = 3 if (i, j) == (0, 0) else low + j % (high - low + 1)
            teacher = world.person["amara"]
            if (i, j) != (0, 0):
                # Drawn for him too: who is in the cast changes nobody else of the network.
                given, family = str(rng.choice(GIVEN)), str(rng.choice(FAMILY))
                known = BY_KEY["yusuf"] if (i, j) == (periods.SCHOOL, 0) else None
                teacher = add_member(known) if known else add(
                    f"teacher:{at}", given, family, "teacher", int(school), 1.0
                )  # fmt: skip
                world.person[f"teacher:{at}"] = teacher
            label = "K" if grade == 0 else str(grade)
            letter = chr(65 + j // (high - low + 1)) if (i, j) != (0, 0) else "Okafor"
            pk = int(sections[at])
            rows.append(
                (
                    pk,
                    int(school),
                    world.session_id,
                    courses[grade],
                    teacher,
                    f"{label}-{letter}",
                    grade,
                    f"section-{pk}",
                )
            )
            ids.append(pk)
            school_of.append(i)
            teacher_of.append(teacher)
            grade_of.append(grade)
            at += 1
    world.section_ids = np.array(ids, np.int64)
    world.section_school = np.array(school_of, np.int64)
    world.section_teacher = np.array(teacher_of, np.int64)
    world.section_grade = np.array(grade_of, np.int64)

    copy_rows("roster_person", PERSON, people)
    Role.objects.bulk_create([*roles, *staffing.came_and_moved(world, roles)], batch_size=1000)
    Account.objects.bulk_create(accounts)
    copy_rows(
        "roster_section",
        ("id", "organization_id", "session_id", "course_id", "teacher_id", "name", "grade", "sourced_id"),
        rows,
    )


def _auditor(world: World) -> None:
    """The network's auditor, after everybody else: their numbers stay as they are."""
    helen = BY_KEY["helen"]
    pk = int(world.take_ids("roster_person", 1)[0])
    row = (pk, world.network_id, "staff", helen.given_name, helen.family_name, sort_key(helen.family_name, helen.given_name),
           None, None, "en", helen.email, f"(555) 010-{pk % 10000:04d}", f"staff-{pk}")  # fmt: skip
    copy_rows("roster_person", PERSON, [row])
    Role.objects.create(person_id=pk, organization_id=world.network_id, role=helen.role, begins=ROLE_BEGINS)
    account = Account(email=helen.email, person_id=pk)
    account.set_unusable_password()
    account.save()
    world.person[helen.key] = pk


def _students(world: World, rng: np.random.Generator) -> None:
    """Students in homerooms, their demographics (harder-pressed schools have more need), one or two guardians each."""
    n = world.students
    sizes = _sizes(n, rng.normal(1.0, 0.10, world.teachers).clip(0.75, 1.3), least=8)
    section = np.repeat(np.arange(world.teachers), sizes)
    school = world.section_school[section]
    need = world.school_need[school]
    grade = world.section_grade[section]
    ids = world.take_ids("roster_person", n)
    given, family = rng.choice(GIVEN, n), rng.choice(FAMILY, n)
    poor = rng.random(n) < 0.22 + 0.62 * need
    languages = np.array([code for code, _ in LANGUAGES])
    shares = np.array([s for _, s in LANGUAGES])
    language = rng.choice(languages, n, p=shares / shares.sum())
    learner = (language != "en") & (rng.random(n) < 0.55)
    disability = rng.random(n) < 0.11 + 0.05 * need
    risk = rng.beta(1.1, 16.0, n) * (0.65 + 0.75 * need) + 0.012 + 0.022 * poor
    risk = (0.78 * np.where(rng.random(n) < 0.02, risk + 0.18, risk)).clip(0.004, 0.6)
    white = (0.55 - 0.42 * need)[:, None]
    rest = np.array([0.09, 0.34, 0.42, 0.0, 0.10, 0.05])
    p = rest[None, :] * (1 - white)
    p[:, 3] = white[:, 0]
    race = np.array(RACES)[(rng.random(n)[:, None] > p.cumsum(1) / p.sum(1, keepdims=True)).sum(1).clip(0, 5)]
    gender = rng.choice(["female", "male", "nonbinary"], n, p=[0.488, 0.507, 0.005])
    birthday = rng.integers(0, 365, n)

    world.student_ids, world.student_section, world.student_risk = ids, section, risk
    world.student_grade, world.student_disadvantaged = grade, poor
    organization = world.school_ids[school]
    copy_rows(
        "roster_person",
        PERSON,
        (
            (int(ids[i]), int(organization[i]), "student", given[i], family[i], sort_key(family[i], given[i]),
             date(2026 - 6 - int(grade[i]), 9, 1) + timedelta(days=int(birthday[i])), int(grade[i]), language[i],
             "", "", f"student-{ids[i]}")
            for i in range(n)
        ),
    )  # fmt: skip
    copy_rows(
        "roster_demographics",
        ("person_id", "organization_id", "gender", "race_ethnicity", "economically_disadvantaged", "english_learner",
         "disability"),
        (
            (int(ids[i]), int(organization[i]), gender[i], race[i], bool(poor[i]), bool(learner[i]), bool(disability[i]))
            for i in range(n)
        ),
    )  # fmt: skip
    copy_rows(
        "roster_enrollment",
        ("section_id", "student_id", "organization_id", "begins", "ends"),
        (
            (int(world.section_ids[section[i]]), int(ids[i]), int(organization[i]), YEAR_BEGINS, None)
            for i in range(n)
        ),
    )
    _guardians(world, rng, family, language, organization)


def _guardians(
    world: World, rng: np.random.Generator, family: np.ndarray, language: np.ndarray, organization: np.ndarray
) -> None:
    """One or two guardians a student; most may be contacted."""
    n = world.students
    student = np.concatenate([np.arange(n), np.flatnonzero(rng.random(n) < 0.6)])
    rank = np.concatenate([np.ones(n, int), np.full(len(student) - n, 2)])
    ids = world.take_ids("roster_person", len(student))
    given = rng.choice(GIVEN, len(student))
    relation = rng.choice(RELATIONS, len(student), p=[0.46, 0.32, 0.1, 0.04, 0.08])
    may = rng.random(len(student)) < 0.97
    copy_rows(
        "roster_person",
        PERSON,
        (
            (int(ids[k]), int(organization[s]), "guardian", given[k], family[s], sort_key(family[s], given[k]), None,
             None, language[s], "", f"(555) 01{ids[k] // 10000 % 10}-{ids[k] % 10000:04d}", f"guardian-{ids[k]}")
            for k, s in enumerate(student)
        ),
    )  # fmt: skip
    copy_rows(
        "roster_guardianship",
        ("student_id", "guardian_id", "organization_id", "relation", "may_contact", "rank"),
        (
            (
                int(world.student_ids[s]),
                int(ids[k]),
                int(organization[s]),
                relation[k],
                bool(may[k]),
                int(rank[k]),
            )
            for k, s in enumerate(student)
        ),
    )
