"""The readers of sources, by key. A reader is a module with three names:

`SOURCE` (what it declares), `recognises(parcel) -> bool` (looks at file names and headers only) and
`read(parcel) -> Reading`. To add one: write the module, name it in `READERS`, in the order in which they are asked.
"""

from __future__ import annotations

from typing import Protocol

from fairlead.apps.roster.exchange.canonical import Reading, Source
from fairlead.apps.roster.exchange.parcel import Parcel
from fairlead.apps.roster.exchange.problems import ExchangeError
from fairlead.apps.roster.exchange.problems import gettext_noop as _
from fairlead.apps.roster.exchange.readers import edfi, oneroster, sds, spreadsheet


class Reader(Protocol):
    """What a reader's module offers."""

    SOURCE: Source

    def recognises(self, parcel: Parcel, /) -> bool: ...

    def read(self, parcel: Parcel, /) -> Reading: ...


READERS: dict[str, Reader] = {module.SOURCE.key: module for module in (oneroster, sds, edfi, spreadsheet)}


def detect(parcel: Parcel) -> Reader:
    """The reader that recognises the parcel."""
    for reader in READERS.values():
        if reader.recognises(parcel):
            return reader
    raise ExchangeError(
        _("No reader knows this kind of file."),
        allowed=", ".join(f"{r.SOURCE.name} ({r.SOURCE.key})" for r in READERS.values()),
        got=", ".join(sorted(parcel.files)[:10]) or _("no files"),
        where=parcel.path.name,
        then=_("check that this is the roster export; at the command line --format KEY chooses a reader by hand"),
    )
