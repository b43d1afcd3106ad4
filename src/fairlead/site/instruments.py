"""`fairlead instrument list|import|export|technical`: rubrics, surveys, assessments; how well they measure."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from fairlead.site.importing import organization_for
from fairlead.site.owner import start_django
from fairlead.site.refusal import Refusal

if TYPE_CHECKING:
    from fairlead.apps.instruments.models import Version


def add_to(parser: argparse.ArgumentParser) -> None:
    """The options of `fairlead instrument`."""
    kinds = parser.add_subparsers(title="what", required=True, metavar="WHAT")
    text = "every instrument with its kind, its versions and whether its wording may leave"
    kinds.add_parser("list", help=text, description=text).set_defaults(work=show)
    text = "a file (JSON or XLSForm) as the draft of a version; it is published on its page"
    bring = kinds.add_parser("import", help=text, description=text)
    bring.set_defaults(work=bring_in)
    bring.add_argument("file", type=Path)
    bring.add_argument("--for", dest="organization", default="", help="sourced id of the network that it is for")
    bring.add_argument("--key", default="", help="its key, where an XLSForm from elsewhere does not say it")
    bring.add_argument("--kind", default="", help="its kind, where the file does not say it")
    bring.add_argument("--licence", default="", help="its licence, where the file does not say it")
    text = "a version as a file; refused where the licence keeps the wording here"
    take = kinds.add_parser("export", help=text, description=text)
    take.set_defaults(work=take_out)
    take.add_argument("key")
    take.add_argument("--version", type=int, help="its number (default: the latest published one)")
    take.add_argument("--out", type=Path, required=True, help="a .json or .xlsx file")
    take.add_argument("--force", action="store_true", help="write over a file that is there")
    text = "compute how well a version measures in a network, and store it for its technical page"
    good = kinds.add_parser("technical", help=text, description=text)
    good.set_defaults(work=compute)
    good.add_argument("key")
    good.add_argument("--version", type=int, help="its number (default: the latest published one)")
    good.add_argument("--for", dest="organization", default="", help="sourced id of the network")


def show(_: argparse.Namespace) -> int:
    """List the instruments."""
    start_django()
    from fairlead.apps.instruments import policy
    from fairlead.apps.instruments.models import Instrument

    for instrument in Instrument.objects.prefetch_related("versions").order_by("key"):
        numbers = [
            f"{v.number}{f' ({v.form})' if v.form else ''}{'' if v.published_at else ' draft'}"
            for v in instrument.versions.order_by("number")
        ]
        kept = "  [wording stays here]" if policy.why_not_exported(instrument) else ""
        print(f"{instrument.key:28} {instrument.kind:18} {instrument.name}: {', '.join(numbers)}{kept}")
    return 0


def bring_in(chosen: argparse.Namespace) -> int:
    """Bring a file in as a draft."""
    start_django()
    from django.core.exceptions import ValidationError

    from fairlead.apps.instruments import drafts, files

    if not chosen.file.is_file():
        raise Refusal(
            "There is no such file.", allowed="a JSON or XLSForm file", got=str(chosen.file), where="the command line",
            then="check the path",
        )  # fmt: skip
    unsaid = {name: getattr(chosen, name) for name in ("key", "kind", "licence")}
    try:
        form = files.load(chosen.file.name, chosen.file.read_bytes(), unsaid)
        version = drafts.bring_for(organization_for(chosen.organization), form)
    except files.NotRead as error:
        raise Refusal(
            "\n".join([error.what, *(f"  - {line}" for line in error.lines)]),
            allowed=error.allowed, got=error.got, where=error.where, then=error.then,
        ) from None  # fmt: skip
    except ValidationError as error:
        raise _refusal(error, str(chosen.file)) from None
    print(f"{version.instrument.key}: version {version.number} is a draft. See it and publish it at "
          f"/instruments/{version.instrument.key}/{version.number}/")  # fmt: skip
    return 0


def take_out(chosen: argparse.Namespace) -> int:
    """Write a version to a file."""
    kind = chosen.out.suffix.lower().lstrip(".")
    if kind not in ("json", "xlsx"):
        raise Refusal(
            "The file's name says which format.", allowed=".json or .xlsx", got=chosen.out.suffix or "no ending",
            where="--out", then="give it one of these endings",
        )  # fmt: skip
    if chosen.out.exists() and not chosen.force:
        raise Refusal(
            "There is a file of this name.", allowed="a new file", got=str(chosen.out), where="--out",
            then="choose another name, or add --force",
        )  # fmt: skip
    start_django()
    from django.core.exceptions import ValidationError

    from fairlead.apps.instruments import files

    try:
        content = files.export(_version(chosen.key, chosen.version), kind)
    except ValidationError as error:
        raise _refusal(error, chosen.key) from None
    chosen.out.write_bytes(content)
    print(f"{chosen.out}: {len(content):,} bytes")
    return 0


def compute(chosen: argparse.Namespace) -> int:
    """Compute and store what is known of a version."""
    start_django()
    from fairlead.apps.instruments import computing
    from fairlead.apps.roster.selectors import network_of

    version = _version(chosen.key, chosen.version)
    network = network_of(organization_for(chosen.organization))
    if not computing.refresh(network.pk, [version.pk]):
        raise Refusal(
            "Nobody has answered this version in that network.", allowed="a published version with answers",
            got=f"{chosen.key} {version.number}", where=network.name, then="see `fairlead instrument list`",
        )  # fmt: skip
    print(f"{version}: computed for {network.name}. Read it at "
          f"/instruments/{version.instrument.key}/{version.number}/technical/")  # fmt: skip
    return 0


def _version(key: str, number: int | None) -> Version:
    from fairlead.apps.instruments.models import Version

    found = Version.objects.filter(instrument__key=key).select_related("instrument").order_by("-number")
    chosen = found.filter(number=number) if number else found.filter(published_at__isnull=False)
    version = chosen.first()
    if version is None:
        raise Refusal(
            "There is no such version.", allowed="see `fairlead instrument list`",
            got=f"{key}{f' {number}' if number else ''}", where="the command line", then="check key and number",
        )  # fmt: skip
    return version


def _refusal(error: Exception, where: str) -> Refusal:
    from django.core.exceptions import ValidationError

    said = error.messages if isinstance(error, ValidationError) else [str(error)]
    return Refusal("\n".join(said), allowed="what the page on file formats says", got="see above", where=where,
                   then="mend it and run this again")  # fmt: skip
