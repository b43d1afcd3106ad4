"""`fairlead import template` and `fairlead import mapping`: for schools that send lists. Neither needs a database."""

from __future__ import annotations

import argparse
from pathlib import Path

from fairlead.site.refusal import Refusal


def add_template(parser: argparse.ArgumentParser) -> None:
    """The options of `fairlead import template`."""
    parser.set_defaults(work=template)
    parser.add_argument("--out", type=Path, default=Path("roster.xlsx"), help="the workbook (default: %(default)s)")
    parser.add_argument(
        "--language", default="en", choices=["en", "es"], help="of its headers (default: %(default)s)"
    )
    parser.add_argument("--force", action="store_true", help="write over a file that is there")


def add_mapping(parser: argparse.ArgumentParser) -> None:
    """The options of `fairlead import mapping`."""
    parser.set_defaults(work=mapping)
    parser.add_argument("path", type=Path, help="a list (CSV, XLSX), or a zip or folder of lists")
    parser.add_argument("--out", type=Path, help="write it there instead of showing it")
    parser.add_argument("--force", action="store_true", help="write over a file that is there")


def template(chosen: argparse.Namespace) -> int:
    """Write the empty workbook."""
    from fairlead.apps.roster.exchange.readers import workbook

    _refuse_overwriting(chosen)
    workbook.write_template(chosen.out, chosen.language)
    print(f"{chosen.out}: fill it, then `fairlead import roster {chosen.out}`")
    return 0


def mapping(chosen: argparse.Namespace) -> int:
    """Show or write what the headers tell."""
    from fairlead.apps.roster.exchange.parcel import Parcel
    from fairlead.apps.roster.exchange.problems import ExchangeError
    from fairlead.apps.roster.exchange.readers import headers, spreadsheet

    _refuse_overwriting(chosen)
    try:
        with Parcel(chosen.path) as parcel:
            text = headers.write_mapping(*spreadsheet.layouts(parcel))
    except ExchangeError as error:
        parts = {"allowed": error.allowed, "got": error.got, "where": error.where, "then": error.then}
        raise Refusal(str(error.what), **{part: str(said) for part, said in parts.items()}) from None
    if chosen.out is None:
        print(text, end="")
        return 0
    chosen.out.write_text(text, encoding="utf-8")
    print(f"{chosen.out}: look through it, then `fairlead import roster {chosen.path} --mapping {chosen.out}`")
    return 0


def _refuse_overwriting(chosen: argparse.Namespace) -> None:
    if chosen.out is not None and chosen.out.exists() and not chosen.force:
        raise Refusal(
            "This file is there already.",
            allowed="a new file; or --force to write over it",
            got=str(chosen.out),
            where="--out",
            then="choose another name, or add --force",
        )
