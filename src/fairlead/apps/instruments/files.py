"""An instrument in a file: JSON that holds everything, and XLSForm. Out only where the licence lets the wording leave."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from fairlead.apps.instruments import policy, xlsform
from fairlead.apps.instruments.catalogue import form_of
from fairlead.apps.instruments.definition import Form, Misdefined, as_data, problems, read
from fairlead.apps.instruments.models import Version

FORMAT = "fairlead-instrument/1"
LARGEST = 2 * 1024 * 1024
KINDS = {
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass
class NotRead(Exception):
    """A file that is refused: what, allowed, got, where, next; `lines` are all the places in it."""

    what: str
    allowed: str
    got: str
    where: str
    then: str
    lines: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return self.what


def export(version: Version, kind: str) -> bytes:
    """A version as a file; refuses what its licence keeps here."""
    if refusal := policy.why_not_exported(version.instrument):
        raise ValidationError(refusal)
    form = form_of(version)
    return xlsform.write(form) if kind == "xlsx" else to_json(form)


def file_name(version: Version, kind: str) -> str:
    """What the file is called."""
    return f"{version.instrument.key}-{version.number}.{kind}"


def to_json(form: Form) -> bytes:
    """A form as JSON."""
    return json.dumps({"format": FORMAT, **as_data(form)}, ensure_ascii=False, indent=1).encode()


def load(name: str, content: bytes, unsaid: dict[str, str] | None = None) -> Form:
    """A form from a file of either kind. `unsaid`: what an XLSForm from elsewhere does not say (key, kind, licence)."""
    if len(content) > LARGEST:
        raise NotRead(
            _("This file is larger than any instrument."), _("at most %(n)s MB") % {"n": LARGEST // 1024**2},
            f"{len(content) / 1024**2:.1f} MB", name, _("check that it is the form itself, without pictures"),
        )  # fmt: skip
    if content[:2] == b"PK" or name.lower().endswith((".xlsx", ".xlsm")):
        try:
            return xlsform.read(content, unsaid or {})
        except xlsform.NotCarried as error:
            raise NotRead(
                _("This XLSForm holds what cannot be carried; nothing was taken from it."),
                _("what the page on file formats lists"), _("%(n)s places") % {"n": len(error.places)}, name,
                _("change or remove these places and load it again"), [str(place) for place in error.places],
            ) from None  # fmt: skip
    form = from_json(name, content)
    if wrong := problems(form):
        raise _misdefined(name, Misdefined(wrong))
    return form


def from_json(name: str, content: bytes) -> Form:
    """A form from JSON."""
    then = _("export an instrument to see how such a file looks")
    try:
        raw: Any = json.loads(content)
    except (ValueError, RecursionError) as error:
        got = str(error)[:200]
        raise NotRead(_("This file is not JSON."), _("JSON or XLSForm (.xlsx)"), got, name, then) from None
    if not isinstance(raw, dict) or raw.pop("format", None) != FORMAT:
        raise NotRead(
            _("This is not an instrument's file."), f'"format": "{FORMAT}"', _("another format, or none"), name, then
        )
    try:
        return read(raw)
    except Misdefined as error:
        raise _misdefined(name, error) from None


def _misdefined(name: str, error: Misdefined) -> NotRead:
    return NotRead(
        _("This file cannot be taken as it is; nothing was taken from it."), _("what the page on file formats lists"),
        _("%(n)s places") % {"n": len(error.problems)}, name, _("change these places and load it again"),
        [str(problem) for problem in error.problems],
    )  # fmt: skip
