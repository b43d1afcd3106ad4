"""Ed-Fi's SectionAttendanceTakenEvent, from interchange XML or from CSV in Ed-Fi's shape (an extract of its API).

A CSV has the key of a section (sectionIdentifier, localCourseCode, schoolId, schoolYear, sessionName), a date (of the
calendar or the event) and, if it likes, staffUniqueId; a reference's name before the dot is read over, as is case.
"""

from __future__ import annotations

import polars as pl

from fairlead.apps.roster.exchange.parcel import Parcel
from fairlead.apps.roster.exchange.problems import ExchangeError, said
from fairlead.apps.roster.exchange.problems import gettext_noop as _
from fairlead.apps.roster.exchange.readers import edfi

KEY = ("sectionidentifier", "localcoursecode", "schoolid", "schoolyear", "sessionname")
WRITTEN = "sectionIdentifier, localCourseCode, schoolId, schoolYear, sessionName"
DATES = ("date", "eventdate")
STAFF = "staffuniqueid"


def read(parcel: Parcel) -> pl.DataFrame:
    """Every event of the parcel: section, org, date, staff, `_file`, `_line`."""
    events = [edfi.read(parcel).extras["taken_events"]]
    events += [_csv(parcel, name) for name in sorted(parcel.files) if name.lower().endswith((".csv", ".csv.gz"))]
    return pl.concat(events)


def _csv(parcel: Parcel, name: str) -> pl.DataFrame:
    frame = parcel.frame(name)
    found = _columns([column for column in frame.columns if not column.startswith("_")])
    missing = [word for word in KEY if word not in found] + ([] if any(d in found for d in DATES) else ["date"])
    if missing:
        raise ExchangeError(
            _("This file does not name the section and the day of each event."),
            allowed=said(_("the columns %(columns)s, and date or eventDate"), columns=WRITTEN),
            got=said(_("none for %(columns)s"), columns=", ".join(missing)),
            where=name,
            then=_("export the events with the whole key of their section"),
        )
    day = pl.coalesce(pl.col(found[d]) for d in DATES if d in found)
    rows = frame.select(
        *(pl.col(found[word]).alias(word) for word in KEY), _staff(found), day.alias("date"), "_file", "_line"
    )
    sections = [
        edfi.key(section, course, school, _year(year), session)
        for section, course, school, year, session in rows.select(KEY).iter_rows()
    ]
    return rows.select(
        pl.Series("section", sections, dtype=pl.String), pl.col("schoolid").alias("org"),
        pl.col("date").str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False), "staff", "_file", "_line",
    )  # fmt: skip


def _staff(found: dict[str, str]) -> pl.Expr:
    none = pl.lit(None, dtype=pl.String)
    return (pl.format("staff:{}", pl.col(found[STAFF])) if STAFF in found else none).alias("staff")


def _columns(header: list[str]) -> dict[str, str]:
    """Ed-Fi's word → the file's column; where two references have the word, the one of the section."""
    found: dict[str, str] = {}
    for column in sorted(header, key=lambda c: not c.lower().startswith("section")):
        word = "".join(letter for letter in column.rpartition(".")[2].lower() if letter.isalnum())
        found.setdefault(word, column)
    return found


def _year(year: str | None) -> str | None:
    """Ed-Fi's databases write the year in which a school year ends, its XML both."""
    return f"{int(year) - 1}-{year}" if year and year.isdigit() and len(year) == 4 else year
