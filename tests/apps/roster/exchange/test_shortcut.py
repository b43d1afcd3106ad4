"""Rows that pass by the staging tables are decided as if they had not: same counts, same examples, same roster."""

from __future__ import annotations

import random
from contextlib import nullcontext
from typing import Any

import pytest
from django.db import connection, transaction

from fairlead.apps.roster.exchange import ahead, diff, shortcut
from tests.apps.roster.exchange.files import Rows, plain

ALL = ["people", "enrollments", "teaching", "roles", "guardianships"]
ROSTER = {  # each table as text without the numbers that a sequence gives
    "person": "SELECT sourced_id, kind, given_name, sort_name, email, grade, born, organization_id FROM roster_person",
    "enrollment": "SELECT c.sourced_id, p.sourced_id, e.begins, e.ends, e.organization_id FROM roster_enrollment e "
    "JOIN roster_section c ON c.id = e.section_id JOIN roster_person p ON p.id = e.student_id",
    "demographics": "SELECT p.sourced_id, d.gender, d.race_ethnicity FROM roster_demographics d "
    "JOIN roster_person p ON p.id = d.person_id",
    "identifier": "SELECT p.sourced_id, i.source, i.value, i.shared, i.ends FROM roster_personidentifier i "
    "JOIN roster_person p ON p.id = i.person_id",
    "history": "SELECT pgh_label, begins, ends FROM roster_enrollmentevent",
}


def roster() -> dict[str, list[str]]:
    found = {}
    with connection.cursor() as cursor:
        for name, question in ROSTER.items():
            cursor.execute(f"SELECT t::text FROM ({question}) t ORDER BY 1")
            found[name] = [row for (row,) in cursor.fetchall()]
    return found


def told(found: Any) -> tuple[Any, ...]:
    d = found.diff
    shown = sorted((e.table, e.outcome, e.key, e.label, str(e.fields)) for e in d.examples)
    return d.counts, d.files, d.over, sorted(d.refused), shown, d.vacancies


def large() -> dict[str, Rows]:
    """The plain roster with thirty students more, so that a few changes stay below what stops an import."""
    files = plain()
    for n in range(11, 41):
        files["users"].append(
            {"sourcedId": f"s{n}", "orgSourcedIds": "a", "role": "student", "givenName": "Zoë", "familyName": f"F\u00e9{n}",
             "grades": "04", "userIds": f"{{State:{900 + n}}}", "agentSourcedIds": "", "email": f"s{n}@schools.example"}
        )  # fmt: skip
        files["enrollments"].append(
            {"sourcedId": f"e{n}", "classSourcedId": f"c{1 + n % 2}", "userSourcedId": f"s{n}", "role": "student",
             "primary": "", "beginDate": "2026-08-24", "endDate": ""}
        )  # fmt: skip
        files["demographics"].append(
            {"sourcedId": f"s{n}", "birthDate": "2017-05-06", "sex": "male", "asian": "true"}
        )
    return files


def changed(files: dict[str, Rows], dice: random.Random) -> dict[str, Rows]:
    """A few things of every kind that may happen to a roster from one night to the next."""
    people, enrolled, about = files["users"], files["enrollments"], files["demographics"]
    for _ in range(dice.randint(1, 8)):
        match dice.randrange(16):
            case 0:
                dice.choice(people)["familyName"] = "Newname"
            case 1:
                dice.choice(people)["orgSourcedIds"] = dice.choice(["b", "a", "nowhere"])
            case 2:
                people.remove(dice.choice(people))
            case 3:
                new = dice.choice(people) | {"sourcedId": f"p{dice.randrange(5)}"}
                people.append(new if dice.random() < 0.5 else new | {"userIds": ""})
            case 4:
                dice.choice(people)["email"] = dice.choice(["", "new@schools.example"])
            case 5:
                dice.choice(people)["role"] = "teacher"
            case 6:
                dice.choice(people)["userIds"] = dice.choice(["", "{State:901}", "{State:77}"])
            case 7:
                enrolled.remove(dice.choice(enrolled))
            case 8:
                dice.choice(enrolled)["beginDate"] = dice.choice(["2026-09-01", "", "2026-08-24"])
            case 9:
                dice.choice(enrolled)["endDate"] = dice.choice(["2026-10-01", "2026-12-01", "2026-01-01"])
            case 10:
                dice.choice(enrolled)["classSourcedId"] = dice.choice(["c1", "c2", "c9"])
            case 11:
                dice.choice(enrolled)["userSourcedId"] = dice.choice(["s1", "s40", "t1", "s99"])
            case 12:
                again = dice.choice(enrolled) | {"sourcedId": "again", "beginDate": "2026-10-10"}
                enrolled.append(again)
            case 13:
                dice.choice(about)["sex"] = dice.choice(["female", "", "other"])
            case 14:
                files["academicSessions"][0]["startDate"] = "2026-08-17"
            case 15:
                dice.choice(people + enrolled)["status"] = "tobedeleted"
    return files


def _take_no_shortcut(patch: pytest.MonkeyPatch) -> None:
    for name in ("people", "demographics"):
        patch.setattr(shortcut, name, lambda frame, *_rest: frame)
    patch.setattr(shortcut, "holding", lambda frame, *_rest: nullcontext(lambda: frame))


@pytest.mark.parametrize("seed", [20, *(pytest.param(s, marks=pytest.mark.prove) for s in range(21, 30))])
def test_the_same_is_decided_with_the_shortcut_and_without(bring: Any, seed: int) -> None:
    bring(large())
    bring(changed(large(), random.Random(seed * 1000)), allowed=ALL)
    files = changed(large(), random.Random(seed))
    results = []
    for short in (True, False):
        with pytest.MonkeyPatch.context() as patch, transaction.atomic():
            if not short:
                _take_no_shortcut(patch)
            found = bring(files, allowed=ALL)
            results.append((told(found), roster()))
            transaction.set_rollback(True)
    for with_it, without_it in zip(results[0][0], results[1][0], strict=True):
        assert with_it == without_it
    assert results[0][1] == results[1][1]


def test_most_rows_of_a_file_sent_again_are_not_staged(bring: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    staged: dict[str, int] = {}
    put = diff.staging.put
    monkeypatch.setattr(
        diff.staging,
        "put",
        lambda name, frame, files: (staged.update({name: frame.height}), put(name, frame, files)),
    )
    bring(large())
    assert (staged["people"], staged["enrollments"]) == (43, shortcut.EXAMPLES)
    files = large()
    files["users"][0]["familyName"] = "Newname"
    assert bring(files).diff.changes == 1
    assert (staged["people"], staged["enrollments"], staged["demographics"]) == (1, 0, 1)


@pytest.mark.prove
@pytest.mark.parametrize("source", ["", "elsewhere"])
def test_what_was_fetched_while_reading_is_what_would_be_fetched_then(
    bring: Any, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    bring(large(), source="elsewhere")
    bring(large(), source="")  # the last one: whose columns are fetched
    files = changed(large(), random.Random(4))
    asked: list[ahead.Columns] = []
    fetch = ahead.fetch

    def asking(columns: ahead.Columns, given: dict[str, Any]) -> Any:
        asked.append(columns)
        return fetch(columns, given)

    monkeypatch.setattr(ahead, "fetch", asking)
    early = told(bring(files, source=source, merge=False))
    assert (len(asked) == 0) == (source == ""), "a right guess spares all three questions, a wrong one none"
    monkeypatch.setattr(ahead, "fetching", lambda _root: nullcontext(ahead.Ahead()))
    assert told(bring(files, source=source, merge=False)) == early
    assert asked[-3:] == [ahead.PEOPLE, ahead.ENROLLMENTS, ahead.DEMOGRAPHICS]


@pytest.mark.prove
def test_a_separator_in_a_name_does_not_shift_the_columns(bring: Any) -> None:
    files = large()
    files["users"][5]["familyName"] = f"Two{ahead.ROW}rows{ahead.FIELD}or fields"
    bring(files)
    assert bring(files).diff.changes == 0
    files["users"][6]["familyName"] = "Newname"
    assert bring(files).diff.counts["people"]["changed"] == 1
