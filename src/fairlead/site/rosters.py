"""`fairlead import roster` and `fairlead export roster`: the owner's way in and out, with the comparison in between."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from fairlead.site.owner import start_django
from fairlead.site.progress import say, step
from fairlead.site.refusal import Refusal

if TYPE_CHECKING:
    from fairlead.apps.roster.exchange.running import Import
    from fairlead.apps.roster.models import ImportRun

SHOWN = 5  # examples of each kind at the terminal; the page shows more


def add_import(parser: argparse.ArgumentParser) -> None:
    """The options of `fairlead import roster`."""
    parser.add_argument("path", type=Path, help="a zip, a folder or a file")
    parser.add_argument("--organization", default="", help="into which one (identifier or name); the only network")
    parser.add_argument("--source", default="", help="the system that the identifiers come from, e.g. powerschool")
    parser.add_argument("--format", default="", help="the reader, when the file does not say what it is")
    parser.add_argument(
        "--dates", default="", choices=["day-first", "month-first"], help="what 3/4/2026 means, where no cell tells"
    )
    parser.add_argument("--mapping", type=Path, help="TOML or JSON: which column of a list is which")
    parser.add_argument("--yes", action="store_true", help="merge without asking")
    parser.add_argument(
        "--allow-closing", default="", metavar="TABLES", help="of these, more than 10 %% may close (commas between)"
    )
    parser.add_argument(
        "--same", action="append", default=[], metavar="FILE_ID=ID", help="this new person is that known one"
    )


def add_export(parser: argparse.ArgumentParser) -> None:
    """The options of `fairlead export roster`."""
    parser.add_argument("path", type=Path, help="the zip to write")
    parser.add_argument("--organization", default="", help="of which one (identifier or name); the only network")


def import_roster(chosen: argparse.Namespace) -> int:
    """Read, show what would change, ask, merge."""
    start_django()
    from django.conf import settings

    from fairlead.apps.roster.exchange import running
    from fairlead.apps.roster.exchange.problems import ExchangeError
    from fairlead.site.clock import demo_moment, held

    settings.DEBUG = False  # a debugging Django keeps every statement in memory
    known = running.organizations()
    root = None
    try:
        with held(demo_moment()):
            allowed = [t for t in chosen.allow_closing.split(",") if t]
            say(f"Reading {chosen.path.name} …")
            root = running.root_of(chosen.organization)
            with running.looking(
                chosen.path,
                root,
                as_owner=True,
                reader=chosen.format,
                source=chosen.source,
                dates=chosen.dates,
                mapping=chosen.mapping,
                allowed=allowed,
                answers=running.same_persons(chosen.same),
            ) as found:
                show(found)
                merged = _decide(found, chosen.yes)
    except ExchangeError as error:
        if root is not None and root.pk not in known:
            running.forget_root(root)
        raise Refusal.of(error) from None
    if not merged and root.pk not in known:
        running.forget_root(root)
    return 0


def export_roster(chosen: argparse.Namespace) -> int:
    """Write OneRoster 1.2."""
    start_django()
    from fairlead.apps.roster.exchange import running, writer
    from fairlead.apps.roster.exchange.problems import ExchangeError

    try:
        root = running.root_of(chosen.organization)
    except ExchangeError as error:
        raise Refusal.of(error) from None
    with step(f"Writing {chosen.path}"):
        rows = writer.export_all(root.pk, chosen.path)
    for file, count in rows.items():
        print(f"{file:<24} {count:>10,}")
    return 0


def _decide(found: Import, sure: bool) -> bool:
    """Whether it was merged; a file that changes nothing is."""
    from fairlead.apps.roster.exchange import running

    if not found.diff.changes:
        print("Nothing would change.")
        found.confirm()
        return True
    if over := found.over():
        print(f"Stopped: this would close more than 10 % of {', '.join(over)}.")
    elif not sure and not _yes():
        print("Nothing was changed." if sys.stdin.isatty() else "Nothing was changed. To merge: --yes")
        found.run.status = "discarded"
        found.run.save()
        running.forget_examples(found.run)
        return False
    with step("Merging"):
        found.confirm()
    print(f"Merged: {found.diff.changes:,} changes (import {found.run.pk}).")
    return True


def _yes() -> bool:
    return sys.stdin.isatty() and input("Merge? [y/N] ").lower() in {"y", "yes"}


def show(found: Import) -> None:
    """The comparison on paper: tables, files, notes, examples, quarantine."""
    run: ImportRun = found.run
    print(f"{run.reader_name} → {run.organization.name}; identifiers of {run.source}")
    words = ("new", "changed", "same", "closed", "quarantined")
    print(f"\n{'table':<16}" + "".join(f"{w:>13}" for w in words))
    for table, counts in run.counts.items():
        print(
            f"{table:<16}"
            + "".join(f"{counts[w]:>13,}" for w in words)
            + ("  delta" if run.modes[table] == "delta" else "")
        )
    print(f"\n{'rows of file':<28}{'rows':>10}" + "".join(f"{w:>13}" for w in (*words, "unused")))
    for file, counts in run.files.items():
        print(f"{file:<28}{counts['rows']:>10,}" + "".join(f"{counts[w]:>13,}" for w in (*words, "unused")))
    for note in run.notes:
        text = note["text"] % {"names": ", ".join(note.get("names", [])), "n": note.get("n", 0)}
        print(f"\nNote. {note['file'] + ': ' if note['file'] else ''}{text}")
    for outcome in ("new", "changed", "closed", "question"):
        rows = [e for e in found.diff.examples if e.outcome == outcome]
        for table in dict.fromkeys(e.table for e in rows):
            few = [e for e in rows if e.table == table][: 200 if outcome == "question" else SHOWN]
            print(f"\n{outcome}: {table}")
            for e in few:
                told = (
                    "; ".join(f"{c}: {b or '–'} → {a or '–'}" for c, (b, a) in e.fields.items())
                    if outcome == "changed"
                    else ""
                )
                if outcome == "question":
                    told = f"probably {' · '.join(e.fields['known'])}; if so: --same {e.key}={e.fields['known'][2]}"
                print(f"  {e.key + ' ' if e.key else ''}{e.label}{': ' + told if told else ''}")
    if found.diff.refused:
        print(f"\nquarantined ({len(found.diff.refused):,})")
        for file, line, column, table, problem, remedy in found.diff.refused[:20]:
            place = f"{file}, line {line}" + (f", column {column}" if column else "")
            print(f"  {place} ({table}): {problem} {remedy}")
        if len(found.diff.refused) > 20:
            print("  … all of them are on the data manager's page")
    print()
