"""Measures of a city's schools from its own file: held against what they are said to be before a value is kept."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import polars as pl
from django.db import transaction

from fairlead import clock
from fairlead.apps.access.scope import Scope
from fairlead.apps.attendance.aggregate_models import CityMeasure, CityMeasureValue
from fairlead.apps.attendance.school_days import WrongFile, open_table, plain_json
from fairlead.science.sanity import Checked, check_measure, known, named


@dataclass(frozen=True, slots=True)
class Read:
    """A file's field and its witnesses: one row a school."""

    codes: tuple[str, ...]
    values: tuple[float, ...]
    beside: dict[str, tuple[float, ...]]
    column: str
    measure: str
    without_code: int
    repeated: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check came to, and whether anything was written."""

    record: CityMeasure
    checked: Checked
    kept: int
    changed: bool
    without_code: int
    repeated: int


def read(path: Path, said: str, column: str, key: str) -> Read:
    """Read the field that is said to be a measure, and every other field of the file that is a known one."""
    frame = open_table(path)
    measure = named(said)
    if not measure:
        raise WrongFile(
            f"There is no measure {said!r} to hold a field against.",
            allowed="; ".join(f"{m.key} ({', '.join(m.names)})" for m in known().values()),
            got=said,
            where="--measure",
            then="choose one of these",
        )
    column = column or next((c for c in frame.columns if c.strip().lower() == said.lower()), "")
    column = column or next((c for c in frame.columns if named(c) == measure), "")
    for wanted, option in ((column, "--column"), (key, "--key")):
        if wanted not in frame.columns:
            raise WrongFile(
                f"This file has no column {wanted or said}.",
                allowed="one of its columns",
                got=", ".join(frame.columns)[:300],
                where=str(path),
                then=f"name the column with {option}",
            )
    witnesses = {named(c): c for c in frame.columns if c != column and named(c) not in ("", measure)}
    coded = frame.with_columns(pl.col(key).cast(pl.String).str.strip_chars()).filter(
        pl.col(key).is_not_null() & (pl.col(key) != "")
    )
    once = coded.unique(key, keep="first", maintain_order=True)
    return Read(
        codes=tuple(once[key]),
        values=_numbers(once, column, path),
        beside={name: _numbers(once, c, path) for name, c in witnesses.items()},
        column=column,
        measure=measure,
        without_code=frame.height - coded.height,
        repeated=coded.height - once.height,
    )


def _numbers(frame: pl.DataFrame, column: str, path: Path) -> tuple[float, ...]:
    written = frame[column]
    read_as = written.cast(pl.Float64, strict=False)
    lost = written.is_not_null() & read_as.is_null()
    if lost.any():
        first = int(lost.arg_true()[0])
        raise WrongFile(
            f"The column {column} holds something that is no number.",
            allowed="numbers, or nothing where a value is missing",
            got=f"{str(written[first])[:40]!r}, and {int(lost.sum())} such in all",
            where=f"{path}, row {first + 1} of the schools with a code",
            then="mend the column, or name another with --column",
        )
    return tuple(read_as.fill_null(float("nan")))


@transaction.atomic
def load(path: Path, said: str, organization_id: int, source: str, *, column: str = "", key: str = "dbn") -> Outcome:
    """Check a field and keep its values unless it is broken. The same file twice changes nothing."""
    found = read(path, said, column, key)
    checked = check_measure(found.measure, found.values, found.beside)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    place: dict[str, Any] = {
        "organization_id": organization_id,
        "measure": found.measure,
        "column": found.column,
        "file": path.name,
    }
    kept = [
        (code, value / checked.scale)
        for code, value in zip(found.codes, found.values, strict=True)
        if isfinite(value) and checked.verdict != CityMeasure.Verdict.BROKEN
    ]
    before = CityMeasure.objects.filter(**place).first()
    evidence = _evidence(checked)
    if before is not None and before.sha256 == digest and before.evidence == evidence:
        return Outcome(before, checked, len(kept), False, found.without_code, found.repeated)
    record, _ = CityMeasure.objects.update_or_create(
        **place,
        defaults={
            "sha256": digest, "source": source, "checked_at": clock.now(), "n": checked.n, "missing": checked.missing,
            "verdict": checked.verdict, "evidence": evidence,
        },
    )  # fmt: skip
    record.values.all().delete()
    CityMeasureValue.objects.bulk_create(
        (CityMeasureValue(measure=record, code=code, value=value) for code, value in kept), batch_size=2000
    )
    return Outcome(record, checked, len(kept), True, found.without_code, found.repeated)


def _evidence(checked: Checked) -> dict[str, Any]:
    """The checks as JSON: a number that is not there is null."""
    plain = {
        "scale": checked.scale,
        "behaves_like": list(checked.behaves_like),
        "fifths": [list(fifth) for fifth in checked.fifths],
        "findings": [asdict(finding) for finding in checked.findings],
    }
    return plain_json(plain)


def measures(scope: Scope) -> list[CityMeasure]:
    """Every field that was checked, the latest first. They hold no person: whoever is signed in may read them."""
    return list(CityMeasure.objects.select_related("organization").order_by("-checked_at", "measure", "column"))
