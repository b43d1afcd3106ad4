"""A visit by every road: each page and file, each table with its history, each view of facts, as each person of the cast.

The purpose × use table says who may read the words and the levels of a visit. Here nobody looks at the code that shows
them: marked words are planted in one visit for each purpose, then every GET route of the access table is opened, every
table and view read whole under the app's login, and the marks are looked for. A new page, export, search or view is tried
as soon as it stands in the access table or in the database.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from fairlead.apps.access.purposes import allowed, purposes
from fairlead.apps.instruments.models import Answer, Attachment, Note, Response, Visit
from fairlead.apps.support.models import Contact, Promise, PromiseWords
from fairlead.demo.cast import BY_KEY
from tests.access.objects import OBJECTS
from tests.access.test_table import TABLE
from tests.apps.support.test_purpose_table import PERSON, record
from tests.conftest import as_owner

AUDIENCE = {key: audience for audience, key in PERSON.items()}
APPRAISER = "grace"  # the principal of the teacher's school: she appraises her, and is nobody to her coaching
READERS = [pytest.param(key, marks=() if key == APPRAISER else pytest.mark.prove) for key in BY_KEY]


def mark(purpose: str) -> str:
    """Words that stand in the visit of this purpose and nowhere else."""
    return f"planted-{purpose}-words"


def plant(seeded: Any) -> dict[str, tuple[int, str]]:
    """One shared visit for each purpose, marked in every word of it and in its history: its id and its token."""
    found = {}
    with as_owner():
        for purpose in purposes():
            visit, contact, promise = record(seeded, purpose)
            for words in ("earlier ", ""):  # the second change leaves the first one in the history
                text = words + mark(purpose)
                Visit.objects.filter(pk=visit).update(note=text, feedback=text, answer=text, closed_because=text)
                PromiseWords.objects.filter(promise_id=promise).update(text=text, because=text)
                token = str(Visit.objects.get(pk=visit).token)
                Note.objects.filter(response_id=token).update(text=text)
                Answer.objects.filter(response_id=token).update(level=2 if words else 3)
                Response.objects.filter(pk=token).update(language="es" if words else "en")
            response = Response.objects.get(pk=token)
            walled = {n: getattr(response, n) for n in ("organization_id", "purpose", "author_id", "subject_id")}
            Attachment.objects.create(
                **walled,
                response=response,
                name=mark(purpose),
                content=mark(purpose).encode(),
                media_type="image/png",
            )
            assert Contact.objects.filter(pk=contact).exists()
            assert Promise.objects.filter(pk=promise).exists()
            found[purpose] = (visit, token)
    return found


def roads(person: str, world: Any) -> Iterator[str]:
    """Every address that this person may GET, without those of one visit."""
    for key, row in TABLE.items():
        if row.get("method", "GET") != "GET" or row.get(person, row.get("others")) != 200:
            continue
        args = row.get("args", [])
        if "@visit_to_amara" in args:
            continue  # `of_visits`, whoever asks
        given = [OBJECTS[a[1:]](world) if isinstance(a, str) and a.startswith("@") else a for a in args]
        yield reverse(row.get("url", key), args=given)


def of_visits(planted: dict[str, tuple[int, str]]) -> Iterator[str]:
    """The addresses of each planted visit."""
    for visit, _token in planted.values():
        yield reverse("coach:visit", args=[visit])
        yield reverse("teacher:feedback_visit", args=[visit])
        for picture in Attachment.objects.filter(response__visit_id=visit).values_list("pk", flat=True):
            yield reverse("coach:picture", args=[picture])
            yield reverse("teacher:feedback_picture", args=[picture])
        for promise in Promise.objects.filter(contact__visit_id=visit).values_list("pk", flat=True):
            yield reverse("records:history", args=["promise", promise])
            yield reverse("records:history", args=["contact", promise])


def text_of(response: Any) -> str:
    """What a page or file says; of an archive, what its files say."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            body = b"\n".join(archive.read(name) for name in archive.namelist())
    return bytes(body).decode("utf-8", "replace")


def may(key: str, purpose: str, use: str) -> bool:
    return key in AUDIENCE and allowed(purpose, use, AUDIENCE[key])


@pytest.mark.parametrize("key", READERS)
def test_no_page_and_no_file_shows_words_to_whom_the_table_does_not_open_them(
    key: str, seeded: Any, as_person: Any
) -> None:
    with as_owner():
        addresses = list(dict.fromkeys(roads(key, seeded)))
        addresses += of_visits(plant(seeded))
    client = as_person(key)
    shown: dict[str, list[str]] = {purpose: [] for purpose in purposes()}
    for address in addresses:
        said = text_of(client.get(address))
        for purpose, where in shown.items():
            if mark(purpose) in said:
                where.append(address)
    for purpose, where in shown.items():
        if not may(key, purpose, "notes"):
            assert where == [], f"{key} reads words of a visit for {purpose}"
    if key in ("dana", "amara"):
        assert all(shown.values()), "the two whom it concerns do read it: the marks are where they should be"


_TABLES = """
SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'v') AND has_table_privilege(c.oid, 'SELECT')
ORDER BY 1
"""
# Where a visit's token stands because of its words, and because of its levels.
BY_NOTES = {
    "instruments_visit",
    "instruments_visitevent",
    "instruments_note",
    "instruments_noteevent",
    "instruments_attachment",
}
BY_SCORES = {
    "instruments_response",
    "instruments_responseevent",
    "instruments_answer",
    "instruments_answerevent",
}


@pytest.mark.parametrize("key", READERS)
def test_no_table_view_or_history_gives_more_than_the_table_of_purposes(
    key: str, seeded: Any, scope_of: Callable[[str], Any]
) -> None:
    planted = plant(seeded)
    scope_of(key)
    found: dict[tuple[str, str], set[str]] = {(p, what): set() for p in planted for what in ("words", "token")}
    marks = {(p, "words"): mark(p) for p in planted} | {(p, "token"): token for p, (_pk, token) in planted.items()}
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        tables = [name for (name,) in cursor.fetchall()]
        assert {"facts_visit", "facts_research_score", *BY_NOTES, *BY_SCORES} <= set(tables)
        for table in tables:
            seeks = ", ".join("count(*) FILTER (WHERE t::text LIKE %s)" for _ in marks)
            cursor.execute(f"SELECT {seeks} FROM {table} t", [f"%{text}%" for text in marks.values()])
            for which, n in zip(marks, cursor.fetchone(), strict=True):
                if n:
                    found[which].add(table)
        for purpose, (visit, _token) in planted.items():
            cursor.execute("SELECT count(*) FROM facts_research_score WHERE visit_id = %s", [visit])
            enters = purpose == "research" and may(key, purpose, "scores")
            assert cursor.fetchone() == (1 if enters else 0,), f"{key}: {purpose} among the facts"
    for purpose in planted:
        words = may(key, purpose, "notes")
        assert bool(found[purpose, "words"]) == words, f"{key}, {purpose}: {found[purpose, 'words']}"
        expected = (BY_NOTES if words else set()) | (BY_SCORES if may(key, purpose, "scores") else set())
        assert found[purpose, "token"] <= expected, f"{key}, {purpose}"
        assert ("instruments_attachment" in found[purpose, "token"]) == words, f"{key}, {purpose}: pictures"
        assert (found[purpose, "token"] & BY_SCORES != set()) == may(key, purpose, "scores")
