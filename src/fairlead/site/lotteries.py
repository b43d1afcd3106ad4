"""`fairlead lottery verify FILE`: draws a lottery again from its record alone; needs no database and no network."""

from __future__ import annotations

import argparse
from pathlib import Path

from fairlead.site.refusal import Refusal

ASKED = {
    "list": "the list and its rules are those whose hash was published",
    "commitment": "seed and salt give the commitment that was published",
    "times": "the list was closed first, then the seed committed to, then drawn",
    "draw": "list and seed draw this result",
    "waiting": "and these waiting lists",
    "chances": "each entry had the chance that is written beside it",
}
NEXT = "download the record again from the lottery's page"


def add_to(parser: argparse.ArgumentParser) -> None:
    """The options of `fairlead lottery`."""
    kinds = parser.add_subparsers(title="what", required=True, metavar="WHAT")
    text = "draw a lottery again from its record (JSON): yes or no, and why"
    command = kinds.add_parser("verify", help=text, description=text)
    command.set_defaults(work=verify)
    command.add_argument("file", type=Path)


def verify(chosen: argparse.Namespace) -> int:
    """Print one line a check. 0: everything holds; 1: something does not; what is no record is refused."""
    from fairlead.science.impact import DataError
    from fairlead.science.impact.lottery import check_record, read_record
    from fairlead.science.problems import listed

    try:
        text = chosen.file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal(
            "This record cannot be read.", allowed="a lottery's record, JSON in UTF-8",
            got=getattr(error, "strerror", None) or type(error).__name__, where=str(chosen.file), then=NEXT,
        ) from None  # fmt: skip
    try:
        record = read_record(text)
        checks = check_record(record)
    except DataError as error:
        first = error.problems[0]
        raise Refusal(
            f"This record cannot be drawn: {first.what}.", allowed=first.allowed or "fairlead-lottery-2", got=first.got,
            where=f"{chosen.file}: {first.where}", then=first.next or NEXT,
        ) from None  # fmt: skip
    print(f"{record.get('title', '')}: {len(record['design']['entries']):,} entries")
    for check in checks:
        mark = {True: "yes", False: "NO", None: "not drawn yet"}[check.holds]
        print(f"  {mark:<14}{ASKED[check.name]}")
        if check.problem is not None:
            print("\n".join(f"    {line}" for line in listed([check.problem]).splitlines()))
    wrong = [check for check in checks if check.holds is False]
    drawn = all(check.holds is not None for check in checks)
    print("No: this is not what was promised." if wrong else "Yes, it holds." if drawn else "So far it holds.")
    return 1 if wrong else 0
