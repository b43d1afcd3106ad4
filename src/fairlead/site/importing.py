"""What `fairlead import school-days` does: Django as the owner of the schema in this process, so that errors are words."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairlead.site.owner import start_django
from fairlead.site.progress import say
from fairlead.site.refusal import Refusal

if TYPE_CHECKING:
    from fairlead.apps.attendance.measures import Outcome
    from fairlead.apps.attendance.school_days import Loaded

NEW_YORK = "New York City"
SOURCE = "New York City Department of Education, daily attendance as of 4 pm, as collected from its daily XML file"
SHOWN = 10  # quarantined rows named at the terminal


def school_days(
    path: Path, *, name: str, source: str, organization: str, schools: Path | None, totals: Path | None
) -> int:
    """Load a city's school-days and say what became of every row."""
    start_django()
    from django.utils.text import slugify

    from fairlead.apps.attendance import school_days as room

    began = time.monotonic()
    schools = schools or _beside(path, "schools")
    totals = totals or _beside(path, "citywide")
    try:
        about = room.About(slugify(name), name, source, organization_for(organization))
        loaded = room.load(
            path,
            about,
            names=room.read_names(schools) if schools else None,
            totals=room.read_totals(totals) if totals else None,
            progress=say,
        )
    except room.WrongFile as wrong:
        raise Refusal.of(wrong) from None
    say(f"done in {time.monotonic() - began:.1f} s")
    print("\n".join(told(name, loaded)))
    return 0


def told(name: str, loaded: Loaded) -> list[str]:
    """The account of an import, for the terminal."""
    lines = [
        f"{name}: {loaded.rows:,} rows",
        f"  new          {loaded.new:>10,}",
        f"  changed      {loaded.changed:>10,}",
        f"  same         {loaded.same:>10,}",
        f"  repeated     {loaded.repeats:>10,}",
        f"  quarantined  {len(loaded.quarantined):>10,}",
    ]
    reasons = Counter(bad.problem for bad in loaded.quarantined)
    lines += [f"    {n:,} × {problem}" for problem, n in reasons.most_common()]
    lines += [f"    row {bad.row:,}: {bad.problem}" for bad in loaded.quarantined[:SHOWN]]
    if loaded.elsewhere:
        lines.append(f"  {loaded.elsewhere:,} school-days loaded earlier are not in this file and stay as they were")
    if not (loaded.new or loaded.changed):
        lines.append("Nothing changed.")
    lines.append("See it at /city/submission/")
    return lines


def taken_events(path: Path) -> int:
    """Load which sections an Ed-Fi source says were taken on which day, and say what became of every event."""
    start_django()
    from fairlead.apps.attendance.timeliness import load_taken_events
    from fairlead.apps.roster.exchange.parcel import Parcel
    from fairlead.apps.roster.exchange.problems import ExchangeError
    from fairlead.apps.roster.exchange.readers import edfi_taken

    try:
        with Parcel(path) as parcel:
            events = edfi_taken.read(parcel)
    except ExchangeError as error:
        raise Refusal.of(error) from None
    if not events.height:
        raise Refusal(
            "These files hold no event of attendance being taken.",
            allowed="Ed-Fi interchange XML with SectionAttendanceTakenEvent, or CSV in its shape",
            got="none of them",
            where=str(path),
            then="ask the source to export these events; a roster is loaded with `fairlead import roster`",
        )
    done = load_taken_events(events, "Ed-Fi")
    print(
        f"{done.rows:,} events: {done.new:,} new, {done.same:,} the same, {done.repeated:,} repeated, "
        f"{done.unknown:,} left out (no such section in the roster, or no day)"
    )
    return 0


def measures(path: Path, *, said: str, column: str, key: str, source: str, organization: str) -> int:
    """Check a field of a city's file, keep its values unless it is broken, and show the evidence."""
    start_django()
    from fairlead.apps.attendance import measures as room
    from fairlead.apps.attendance.school_days import WrongFile

    try:
        outcome = room.load(path, said, organization_for(organization), source, column=column, key=key)
    except WrongFile as wrong:
        raise Refusal.of(wrong) from None
    print("\n".join(evidence(outcome)))
    if outcome.checked.verdict == "broken":
        like = ", ".join(outcome.checked.behaves_like)
        raise Refusal(
            f"The field {outcome.record.column} is not {outcome.checked.measure}: no value was loaded.",
            allowed="a field whose signs, range and inequalities are those of the measure",
            got="the evidence above" + (f"; it behaves like {like}" if like else ""),
            where=f"{path}, column {outcome.record.column}",
            then=(f"load it as what it is (--measure {like}), or " if like else "") + "ask who published it",
        )
    return 0


def evidence(outcome: Outcome) -> list[str]:
    """Every check of a field with its numbers, for the terminal."""
    checked = outcome.checked
    lines = [
        f"{outcome.record.column} as {checked.measure}: {checked.verdict}"
        f" ({checked.n:,} schools with a value, {checked.missing:,} without"
        f"{', written in percent' if checked.scale == 100 else ''})",
        *(f"  {finding.verdict:<7} {_said(finding)}" for finding in checked.findings),
    ]
    if outcome.without_code or outcome.repeated:
        lines.append(
            f"  {outcome.without_code:,} rows without a code and {outcome.repeated:,} repeated were left out"
        )
    lines.append(f"  {outcome.kept:,} values kept" + ("" if outcome.changed else "; nothing changed"))
    return lines


def _said(finding: Any) -> str:
    if finding.kind == "range":
        return f"range: {finding.n:,} of {finding.of:,} values outside {finding.low:g} to {finding.high:g}"
    if finding.kind == "usual":
        return (
            f"usual: the median is {finding.value:.3f}; it usually lies between {finding.low:g} and {finding.high:g}"
        )
    if finding.kind == "bound":
        return (
            f"bound: {finding.n:,} of {finding.of:,} schools have a pair with {finding.other} that no school can have"
        )
    if finding.kind == "few":
        return f"sign: only {finding.n:,} schools have {finding.other} as well; that says nothing"
    found = finding.evidence
    expected = "above" if finding.sign > 0 else "below"
    return (
        f"sign: correlation with {finding.other} {found.r:+.3f} ({100 * found.level:g} % interval {found.low:+.3f} to "
        f"{found.high:+.3f}, {found.n:,} schools); expected {expected} zero"
    )


def _beside(path: Path, what: str) -> Path | None:
    """The companion of the file that this city publishes: `…_schools.csv`, `…_citywide.csv` in the same folder."""
    found = sorted(path.parent.glob(f"*daily_attendance*_{what}.csv")) if path.is_file() else []
    if len(found) != 1:
        return None
    say(f"Using {found[0].name} beside it")
    return found[0]


def organization_for(sourced_id: str) -> int:
    """The network or city for which the data is loaded."""
    from fairlead.apps.roster import selectors as roster

    networks = list(roster.networks())
    chosen = [n for n in networks if n.sourced_id == sourced_id] if sourced_id else networks
    if len(chosen) != 1:
        there = ", ".join(n.sourced_id for n in networks)
        raise Refusal(
            "It is not clear for whom this is loaded."
            if networks
            else "There is no network yet for whom to load this.",
            allowed=there or "a network; the first roster that is imported makes it",
            got=sourced_id or (f"{len(networks)} networks and no choice" if networks else "an empty database"),
            where="--for",
            then="name one network with --for"
            if networks
            else "import a roster first: fairlead import roster FILE --organization NAME",
        )
    return int(chosen[0].pk)
