"""A visit by every road: each page and file, each table with its history, each view of facts, as each person of the cast.

The purpose × use table says who may read the words and the levels of a visit. Here nobody looks at the code that shows
them: marked words are planted in one visit for each purpose, then every GET route of the access table is opened, every
table and view read whole under the app's login, and the marks are looked for. A new page, export, search or view is tried
as soon as it stands in the access table or in the database.
"""

from __future__ import annotations

import io
import json
import zipfile
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.db import connection
from django.urls import NoReverseMatch, get_resolver, reverse

from fairlead.apps.access import erasure
from fairlead.apps.access.purposes import allowed, purposes
from fairlead.apps.instruments import files
from fairlead.apps.instruments.models import Answer, Attachment, Note, Response, Version, Visit
from fairlead.apps.roster.models import Person
from fairlead.apps.support.models import Contact, Promise, PromiseWords
from fairlead.demo.cast import BY_KEY
from tests.access.objects import OBJECTS
from tests.access.picture_objects import PNG
from tests.access.test_table import LIBRARIES, TABLE, routes
from tests.apps.support.test_purpose_table import PERSON, record
from tests.conftest import as_owner

AUDIENCE = {key: audience for audience, key in PERSON.items()}
APPRAISER = "grace"  # the principal of the teacher's school: she appraises her, and is nobody to her coaching
SWITCHES = ("demo_",)  # they would make her somebody else, or move the clock
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


def any_address(visit: int, token: str, others: list[int], picture: str) -> Iterator[str]:
    """Every address there is, with a number of the planted visit in each place for a number, its token for any other."""
    for name in routes(get_resolver()):
        if name.startswith((*LIBRARIES, *SWITCHES)):
            continue
        for number in (visit, *others):
            for word in (token, picture, "promise", "coaching"):
                # A route takes each of its parts once as a number, once as a word.
                for args in (
                    [],
                    [number],
                    [word],
                    [word, number],
                    [number, word],
                    [number, number],
                    [number, word, number],
                ):
                    with suppress(NoReverseMatch):
                        yield reverse(name, args=args)


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


@pytest.mark.prove
def test_the_appraiser_tries_every_address_with_the_visits_numbers(seeded: Any, as_person: Any) -> None:
    """Whatever is asked, and whatever is sent there, tells her nothing and changes nothing."""
    with as_owner():
        visit, token = plant(seeded)["coaching"]
        numbers = list(Promise.objects.filter(contact__visit_id=visit).values_list("pk", flat=True))
        picture = str(Attachment.objects.get(response_id=token).pk)
        before = everything_of(visit, token)
        addresses = list(dict.fromkeys(any_address(visit, token, numbers, picture)))
    assert len(addresses) > 300
    grace = as_person(APPRAISER)
    body = {"words": mark("own"), "answer": "x", "share-words": "x", "close-words": "x", "text": "x", "kept": "1"}
    for address in addresses:
        for answer in (grace.get(address), grace.post(address, body)):
            assert mark("coaching") not in text_of(answer), address
    with as_owner():
        assert everything_of(visit, token) == before


def everything_of(visit: int, token: str) -> list[Any]:
    """Every row of the visit, as it stands."""
    rows: list[Any] = list(Visit.objects.filter(pk=visit).values())
    for model in (Response, Answer, Note, Attachment):
        name = "pk" if model is Response else "response_id"
        rows += [{**row, "content": b""} for row in model.objects.filter(**{name: token}).order_by("pk").values()]
    rows += list(Promise.objects.filter(contact__visit_id=visit).values())
    rows += list(PromiseWords.objects.filter(promise__contact__visit_id=visit).values())
    rows += list(Contact.objects.filter(visit_id=visit).values())
    return rows


def test_the_outbox_takes_in_nothing_under_anothers_number(seeded: Any, as_person: Any) -> None:
    """A device of the appraiser sends a visit, and a picture, under the token of the coach's visit."""
    with as_owner():
        visit, token = plant(seeded)["coaching"]
        before = everything_of(visit, token)
    fields = {"token": token, "teacher": str(seeded.person["amara"]), "purpose": "coaching", "version": "", "day": "2026-11-19",
              "at": "09:12", "minutes": "12", "section": "", "note": "x", "feedback": "x", "promise": "", "due": "",
              "script-TOTAL_FORMS": "0", "script-INITIAL_FORMS": "0", "done": "share"}  # fmt: skip
    told = {"id": token, "person": seeded.person[APPRAISER], "device": token, "taken_at": "2026-11-19T09:25:00-05:00"}
    grace = as_person(APPRAISER)
    for name, more in (
        ("coach:arrive", {"fields": [list(pair) for pair in fields.items()]}),
        ("coach:arrive_picture", {"visit": token, "text": "x", "content": b64encode(PNG).decode()}),
    ):
        answer = grace.post(reverse(name), json.dumps(told | more), content_type="application/json")
        assert answer.status_code in (409, 422), name
        assert mark("coaching") not in answer.content.decode()
        with as_owner():
            assert everything_of(visit, token) == before, name


def test_an_erased_coach_leaves_no_words_to_the_appraiser(seeded: Any, as_person: Any) -> None:
    """Whose words they were is gone; whose they may be read by is not widened."""
    with as_owner():
        visit, token = plant(seeded)["coaching"]
        erasure.erase(Person.objects.get(pk=seeded.person["dana"]))
    grace = as_person(APPRAISER)
    for address in of_visits({"coaching": (visit, token)}):
        assert mark("coaching") not in text_of(grace.get(address)), address
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM instruments_note WHERE text LIKE %s", [f"%{mark('coaching')}%"])
        assert cursor.fetchone() == (0,)


def test_an_instruments_file_holds_nothing_of_what_was_answered(seeded: Any) -> None:
    plant(seeded)
    version = Version.objects.get(instrument__key="twelve-minutes", number=1)
    for kind in files.KINDS:
        content = files.export(version, kind)
        if content[:2] == b"PK":
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                content = b"".join(archive.read(name) for name in archive.namelist())
        assert b"planted-" not in content


def test_what_the_log_of_reads_says_of_a_visit_is_that_it_was_read(seeded: Any, as_person: Any) -> None:
    with as_owner():
        visit, _token = plant(seeded)["coaching"]
    as_person("dana").get(reverse("coach:visit", args=[visit]))
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(*) FILTER (WHERE l::text LIKE '%planted-%') FROM access_accesslog l")
        logged, with_words = cursor.fetchone()
    assert logged > 0
    assert with_words == 0
