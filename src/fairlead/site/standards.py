"""`fairlead standards list|import`: frameworks of standards as CASE JSON."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from fairlead.site.owner import start_django
from fairlead.site.refusal import Refusal

NEXT = "ask its publisher for a CASE v1p0 CFPackage as JSON"
LARGEST = 200 * 1024**2


def add_to(parser: argparse.ArgumentParser) -> None:
    """The options of `fairlead standards`."""
    kinds = parser.add_subparsers(title="what", required=True, metavar="WHAT")
    text = "the frameworks that are loaded"
    kinds.add_parser("list", help=text, description=text).set_defaults(work=show)
    text = "a framework (1EdTech CASE v1p0, JSON); the same file again changes nothing"
    bring = kinds.add_parser("import", help=text, description=text)
    bring.set_defaults(work=bring_in)
    bring.add_argument("file", type=Path)


def show(_: argparse.Namespace) -> int:
    """List the frameworks."""
    start_django()
    from fairlead.apps.reviews import standards

    for framework in standards.frameworks():
        print(f"{framework.identifier}  {framework.title}: {framework.standards.count():,} standards")
    return 0


def bring_in(chosen: argparse.Namespace) -> int:
    """Load a framework, or say everything that keeps it out."""
    if not chosen.file.is_file():
        raise Refusal(
            "There is no such file.", allowed="a CASE package as JSON", got=str(chosen.file), where="the command line",
            then="check the path",
        )  # fmt: skip
    if (size := chosen.file.stat().st_size) > LARGEST:
        raise Refusal(
            "This file is too large.", allowed=f"at most {LARGEST // 1024**2} MB", got=f"{size:,} bytes",
            where=str(chosen.file), then="load one framework at a time",
        )  # fmt: skip
    try:
        raw = json.loads(chosen.file.read_bytes())
    except UnicodeDecodeError as error:
        raise Refusal(
            "This file is not JSON.", allowed="JSON in UTF-8", got=f"byte {error.object[error.start]:#04x} at {error.start}",
            where=str(chosen.file), then=NEXT,
        ) from None  # fmt: skip
    except (ValueError, RecursionError) as error:
        raise Refusal("This file is not JSON.", allowed="JSON in UTF-8", got=str(error), where=str(chosen.file), then=NEXT) from None  # fmt: skip
    start_django()
    from fairlead.apps.reviews import standards

    try:
        found = standards.load(standards.read(raw))
    except standards.NotCase as error:
        more = len(error.faults) - standards.MOST_FAULTS
        lines = [f"  - {f.where}: {f.allowed}; got {f.got}" for f in error.faults[: standards.MOST_FAULTS]]
        raise Refusal(
            "\n".join(["This is no CASE package.", *lines, *([f"  - and {more} more"] if more > 0 else [])]),
            allowed="1EdTech CASE v1p0 (CFDocument, CFItems, CFAssociations)", got=f"{len(error.faults)} faults",
            where=str(chosen.file), then="mend these places, or " + NEXT,
        ) from None  # fmt: skip
    print(f"{found.framework}: {found.new:,} new, {found.changed:,} changed, {found.same:,} as they were, "
          f"{found.removed:,} taken out; {found.associations:,} associations, {found.outside:,} lead elsewhere")  # fmt: skip
    return 0
