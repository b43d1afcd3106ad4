"""What `fairlead import school-days` does: Django as the owner of the schema in this process, so that errors are words."""

from __future__ import annotations

import os
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from fairlead.site import postgres
from fairlead.site.prepare import AS_OWNER, prepare
from fairlead.site.progress import say
from fairlead.site.refusal import Refusal

if TYPE_CHECKING:
    from fairlead.apps.attendance.school_days import Loaded

NEW_YORK = "New York City"
SOURCE = "New York City Department of Education, daily attendance as of 4 pm, as collected from its daily XML file"
SHOWN = 10  # quarantined rows named at the terminal


def as_owner() -> None:
    """Django in this process, under the login that may COPY; the schema is brought up to date first."""
    postgres.ensure_running()
    demo = prepare()
    os.environ.setdefault("FAIRLEAD_DEMO", "1" if demo else "0")
    os.environ.update(AS_OWNER)
    import django

    django.setup()


def school_days(
    path: Path, *, name: str, source: str, organization: str, schools: Path | None, totals: Path | None
) -> int:
    """Load a city's school-days and say what became of every row."""
    as_owner()
    from django.utils.text import slugify

    from fairlead.apps.attendance import school_days as room

    began = time.monotonic()
    schools = schools or _beside(path, "schools")
    totals = totals or _beside(path, "citywide")
    try:
        about = room.About(slugify(name), name, source, _organization(organization))
        loaded = room.load(
            path,
            about,
            names=room.read_names(schools) if schools else None,
            totals=room.read_totals(totals) if totals else None,
            progress=say,
        )
    except room.WrongFile as wrong:
        raise Refusal(wrong.what, allowed=wrong.allowed, got=wrong.got, where=wrong.where, then=wrong.then) from None
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


def _beside(path: Path, what: str) -> Path | None:
    """The companion of the file that this city publishes: `…_schools.csv`, `…_citywide.csv` in the same folder."""
    found = sorted(path.parent.glob(f"*daily_attendance*_{what}.csv")) if path.is_file() else []
    if len(found) != 1:
        return None
    say(f"Using {found[0].name} beside it")
    return found[0]


def _organization(sourced_id: str) -> int:
    """The network or city for which the data is loaded."""
    from fairlead.apps.roster import selectors as roster

    networks = list(roster.networks())
    chosen = [n for n in networks if n.sourced_id == sourced_id] if sourced_id else networks
    if len(chosen) != 1:
        raise Refusal(
            "It is not clear for whom this is loaded.",
            allowed=", ".join(n.sourced_id for n in networks) or "a network, and there is none yet",
            got=sourced_id or f"{len(networks)} networks and no choice",
            where="--for",
            then="name one network with --for",
        )
    return int(chosen[0].pk)
