"""`fairlead erase-person`: a rehearsal that tells what would go, then the erasing."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from fairlead.site.folder import data_folder
from fairlead.site.owner import start_django
from fairlead.site.progress import say
from fairlead.site.refusal import Refusal

ERASED = (
    "erased.txt"  # digests of the erased, beside the database: a backup that is older than an erasure still has them
)


def erase(name: str, *, sure: bool, with_guardians: bool, ask: Callable[[str], bool]) -> int:
    """Erase the person of this sourced id or number; 0 when it was done, 1 when it was only rehearsed."""
    start_django()
    from fairlead.apps.access import erasure

    person = erasure.find(name)
    if person is None:
        raise Refusal(
            "Nobody here has this sourced id or number.",
            allowed="the sourced id of one person, or their number",
            got=f"{len(name)} characters that name nobody",  # it may be a name: it is not repeated
            where="the table roster_person",
            then="look the person up in the roster; an erased person is found no more",
        )
    people = [person, *(guardians_of(person) if with_guardians else [])]
    _print(_together(_try(erasure.rehearse, one) for one in people), len(people))
    if not with_guardians and (more := len(guardians_of(person))):
        say(f"guardians of this student and of nobody else, who stay: {more}; --with-guardians erases them too")
    if not sure and not ask("Erase them for good?"):
        say("Nothing was changed.")
        return 1
    for one in people:
        digest = erasure.digest(one.sourced_id)
        _try(erasure.erase, one)
        _remember(digest)
    say(f"Erased. What a backup of before still has is erased again when it is restored here ({ERASED}).")
    return 0


def guardians_of(person: Any) -> list[Any]:
    """Guardians of this person and of nobody else."""
    from django.apps import apps

    guardianship = apps.get_model("roster", "Guardianship").objects
    ids = set(guardianship.filter(student_id=person.pk).values_list("guardian_id", flat=True))
    ids -= set(
        guardianship.filter(guardian_id__in=ids).exclude(student_id=person.pk).values_list("guardian_id", flat=True)
    )
    return list(type(person).objects.filter(pk__in=ids, kind="guardian").order_by("pk"))


def erased_since(digests: Iterable[str]) -> set[str]:
    """Digests of people erased from this data folder that are not among these."""
    path = data_folder() / ERASED
    return set(path.read_text().split()) - set(digests) if path.exists() else set()


def _remember(digest: str) -> None:
    with os.fdopen(os.open(data_folder() / ERASED, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as file:
        file.write(f"{digest}\n")


def _try(work: Callable[[Any], Any], person: Any) -> Any:
    from fairlead.apps.access.erasure import ErasureError

    try:
        return work(person)
    except ErasureError as error:
        raise Refusal(
            "This person cannot be erased yet.",
            allowed="rows that say what becomes of them",
            got=str(error),
            where="erasure.toml of the app",
            then="report this; nothing was changed",
        ) from None


def _together(told: Iterable[list[Any]]) -> Counter[tuple[str, str]]:
    counts: Counter[tuple[str, str]] = Counter()
    for lines in told:
        for line in lines:
            counts[line.done, line.table] += line.rows
    return counts


def _print(counts: Counter[tuple[str, str]], people: int) -> None:
    print("one person" if people == 1 else f"{people} people")
    for (done, table), rows in sorted(counts.items()):
        print(f"  {rows:>7}  {table:<36} {done}")
    print("Words that others wrote, in notes and feedback, are not searched for a name.")
