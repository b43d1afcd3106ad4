"""What the app's login may write of a visit in plain SQL: what a service writes, and nothing else.

A wall lets whoever may read a row write it too. Behind it stand triggers: here each person of a visit tries, with
statements of their own, what no page offers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from fairlead.apps.instruments.models import Answer, Attachment, Note, Response, Visit
from fairlead.apps.instruments.services import answer_feedback, close_feedback, share_feedback
from tests.apps.support.test_purpose_table import record
from tests.conftest import as_owner

ScopeOf = Callable[[str], Any]


@pytest.fixture
def visit(seeded: Any) -> int:
    """Dana's coaching visit to Amara, shared and not yet answered."""
    return record(seeded, "coaching")[0]


def run(sql: str, **values: Any) -> int:
    """How many rows a statement wrote; the statement alone is undone when it is refused."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)


VISITOR_TRIES = {
    "answers for the teacher": "answer = 'Agreed', answered_at = now()",
    "writes shared feedback anew": "feedback = 'Something else'",
    "takes the sharing back": "shared_at = NULL",
    "dates the sharing earlier": "shared_at = shared_at - interval '9 days'",
    "writes the note anew": "note = 'Something else'",
    "makes it longer": "minutes = 40",
    "moves it": "began_at = began_at - interval '1 day'",
    "gives it to somebody else": "visitor_id = subject_id, subject_id = visitor_id",
    "makes it an appraisal": "purpose = 'appraisal'",
    "moves it to another version": "version_id = NULL",
}
SUBJECT_TRIES = {
    "writes the feedback": "feedback = 'She is excellent'",
    "writes the note": "note = ''",
    "closes it as given another way": "closed_at = now(), closed_because = 'no need'",
    "makes it another's": "visitor_id = 1",
    "unshares it": "shared_at = NULL",
    "makes it an appraisal": "purpose = 'appraisal'",
}


@pytest.mark.parametrize("change", VISITOR_TRIES.values(), ids=VISITOR_TRIES)
def test_a_visitor_changes_nothing_that_stands(visit: int, scope_of: ScopeOf, change: str) -> None:
    scope_of("dana")
    with pytest.raises(Exception, match=r"changes|purpose|Cannot update"):
        run(f"UPDATE instruments_visit SET {change} WHERE id = %(visit)s", visit=visit)


@pytest.mark.parametrize("change", SUBJECT_TRIES.values(), ids=SUBJECT_TRIES)
def test_a_teacher_only_answers(visit: int, scope_of: ScopeOf, change: str) -> None:
    scope_of("amara")
    with pytest.raises(Exception, match=r"changes|purpose|Cannot update"):
        run(f"UPDATE instruments_visit SET {change} WHERE id = %(visit)s", visit=visit)


def test_a_teacher_answers_what_is_shared_and_once(visit: int, scope_of: ScopeOf) -> None:
    answer = "UPDATE instruments_visit SET answer = %(said)s, answered_at = now() WHERE id = %(visit)s"
    Visit.objects.filter(pk=visit).update(shared_at=None)
    scope_of("amara")
    with pytest.raises(IntegrityError, match="changes"):
        run(answer, visit=visit, said="Before it was shared")
    with as_owner():
        run("UPDATE instruments_visit SET shared_at = now() WHERE id = %(visit)s", visit=visit)
    assert run(answer, visit=visit, said="Once") == 1
    with pytest.raises(IntegrityError, match="changes"):
        run(answer, visit=visit, said="Twice")


def test_nobody_deletes_a_visit_or_what_belongs_to_it(visit: int, scope_of: ScopeOf) -> None:
    with as_owner():
        token = str(Visit.objects.get(pk=visit).token)
    for key in ("dana", "amara"):
        scope_of(key)
        for table, column in (("answer", "response_id"), ("note", "response_id"), ("response", "id")):
            with pytest.raises(IntegrityError, match=r"stays as it is|by its author"):
                run(f"DELETE FROM instruments_{table} WHERE {column} = %(token)s", token=token)
        with pytest.raises(IntegrityError, match="not deleted"):
            run("DELETE FROM instruments_visit WHERE id = %(visit)s", visit=visit)


def test_levels_and_words_of_a_visit_stand(visit: int, scope_of: ScopeOf, seeded: Any) -> None:
    token = str(Visit.objects.get(pk=visit).token)
    tries = (
        "UPDATE instruments_answer SET level = 4 WHERE response_id = %(token)s",
        "UPDATE instruments_note SET text = 'Something else' WHERE response_id = %(token)s",
        "UPDATE instruments_response SET subject_id = NULL WHERE id = %(token)s",
        "UPDATE instruments_response SET day = day - 1 WHERE id = %(token)s",
    )
    for key in ("dana", "amara"):
        scope_of(key)
        for sql in tries:
            with pytest.raises(IntegrityError, match=r"stays as it is|by its author"):
                run(sql, token=token)


_FORGED_VISIT = """
INSERT INTO instruments_visit (token, organization_id, purpose, visitor_id, subject_id, began_at, minutes, note, feedback,
                               recorded_at, answer, closed_because, shared_at, closed_at)
SELECT gen_random_uuid(), organization_id, purpose, {visitor}, {subject}, began_at, 9, 'Forged', 'Excellent', now(), '', '',
       {shared}, {closed} FROM instruments_visit WHERE id = %(visit)s
"""
_FORGED_NOTE = """
INSERT INTO instruments_note (id, organization_id, purpose, author_id, subject_id, response_id, tags, text)
SELECT gen_random_uuid(), organization_id, purpose, {author}, subject_id, id, '{{}}', 'Forged' FROM instruments_response
WHERE id = %(token)s
"""


def test_nobody_writes_in_anothers_name(visit: int, scope_of: ScopeOf) -> None:
    with as_owner():
        token = str(Visit.objects.get(pk=visit).token)
    scope_of("amara")
    forged = {"visitor": "visitor_id", "subject": "subject_id", "shared": "now()", "closed": "NULL"}
    with pytest.raises(IntegrityError, match="by its visitor"):
        run(_FORGED_VISIT.format(**forged), visit=visit)
    for author in ("author_id", "subject_id", "NULL"):
        with pytest.raises(IntegrityError, match="by its author"):
            run(_FORGED_NOTE.format(author=author), token=token)
    scope_of("dana")
    for late in ({"shared": "now()"}, {"shared": "NULL", "closed": "now()"}):
        with pytest.raises(IntegrityError, match="begins neither"):
            run(_FORGED_VISIT.format(**forged | late), visit=visit)
    assert run(_FORGED_VISIT.format(**forged | {"shared": "NULL"}), visit=visit) == 1, "as the service writes it"
    assert run(_FORGED_NOTE.format(author="author_id"), token=token) == 1


def test_whoever_only_reads_a_visit_writes_nothing_of_it(seeded: Any, scope_of: ScopeOf) -> None:
    """The principal reads appraisals: the wall alone would let her write them."""
    visit = record(seeded, "appraisal")[0]
    with as_owner():
        token = str(Visit.objects.get(pk=visit).token)
    scope_of("grace")
    assert Visit.objects.filter(pk=visit).exists()
    for sql in (
        "UPDATE instruments_visit SET feedback = 'Changed' WHERE id = %(visit)s",
        "UPDATE instruments_visit SET closed_at = now(), closed_because = 'because' WHERE id = %(visit)s",
        "DELETE FROM instruments_visit WHERE id = %(visit)s",
        "UPDATE instruments_answer SET level = 1 WHERE response_id = %(token)s",
        "UPDATE instruments_note SET text = 'Changed' WHERE response_id = %(token)s",
        "DELETE FROM instruments_note WHERE response_id = %(token)s",
        "DELETE FROM instruments_response WHERE id = %(token)s",
    ):
        with pytest.raises(IntegrityError, match=r"visit|author"):
            run(sql, visit=visit, token=token)


def test_history_is_neither_changed_nor_made_up(visit: int, scope_of: ScopeOf) -> None:
    with as_owner():
        for text in ("Earlier", "Now"):
            Visit.objects.filter(pk=visit).update(note=text)
            Note.objects.filter(response__visit_id=visit).update(text=text)
            Answer.objects.filter(response__visit_id=visit).update(level=1 if text == "Now" else 3)
    scope_of("dana")
    for name, condition in (
        ("visit", "id = %(visit)s"),
        ("note", "author_id IS NOT NULL"),
        ("answer", "author_id IS NOT NULL"),
    ):
        for verb in ("DELETE FROM instruments_{}event", "UPDATE instruments_{}event SET pgh_label = 'x'"):
            with pytest.raises(IntegrityError, match="history"):
                run(f"{verb.format(name)} WHERE {condition}", visit=visit)
    columns = "pgh_created_at, pgh_label, pgh_obj_id, id, organization_id, purpose, author_id, subject_id, response_id, tags, text"
    made_up = (
        f"INSERT INTO instruments_noteevent ({columns}) SELECT now(), 'update', id, id, organization_id, purpose, "
        "author_id, subject_id, response_id, tags, 'Forged' FROM instruments_note WHERE author_id IS NOT NULL LIMIT 1"
    )
    with pytest.raises(IntegrityError, match="history"):
        run(made_up)


def test_the_services_still_do_what_they_do(seeded: Any, scope_of: ScopeOf) -> None:
    with as_owner():
        first, second = (record(seeded, "coaching")[0] for _ in range(2))
        Visit.objects.filter(pk__in=(first, second)).update(shared_at=None)
    dana = scope_of("dana")
    assert share_feedback(dana, first, "New words")
    assert close_feedback(dana, second, "We talked")
    amara = scope_of("amara")
    assert answer_feedback(amara, first, "Thank you")
    with as_owner():
        read = Visit.objects.get(pk=first)
        assert (read.feedback, read.answer) == ("New words", "Thank you")
        assert read.closed_at == read.answered_at
        Attachment.objects.filter(response__visit_id=first).delete()
        Response.objects.filter(visit_id=first).delete()
        Visit.objects.filter(pk=first).delete()  # the owner, who erases, may
