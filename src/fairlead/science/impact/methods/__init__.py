"""What each method is worth: what it was validated against, what it assumes, when it warns, what it refuses.

One TOML file a room; each table is a method. Reports refuse an `experimental` method unless it is asked for.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

STATUSES = ("validated", "experimental")


@dataclass(frozen=True, slots=True)
class Method:
    """One method as a reader of a report should know it.

    Attributes
    ----------
    status : "validated" or "experimental".
    against : with what its numbers were compared, and how closely they agree.
    source : the publication, with its DOI.
    name_es, against_es, assumptions_es, warns_es : the same in Spanish, item by item.
    """

    key: str
    name: str
    status: str
    against: str
    source: str
    assumptions: tuple[str, ...]
    warns: tuple[str, ...]
    name_es: str
    against_es: str
    assumptions_es: tuple[str, ...]
    warns_es: tuple[str, ...]
    refuses: tuple[str, ...]


@cache
def methods() -> dict[str, Method]:
    """Every method by its key.

    Examples
    --------
    >>> methods()["panel.group_time"].status
    'validated'
    """
    found: dict[str, Method] = {}
    for path in sorted(resources.files(__name__).iterdir(), key=lambda path: path.name):
        if not path.name.endswith(".toml"):
            continue
        room = path.name.removesuffix(".toml")
        for name, body in tomllib.loads(path.read_text(encoding="utf-8")).items():
            key = f"{room}.{name}"
            found[key] = Method(
                key=key,
                name=body["name"],
                status=body["status"],
                against=body["against"],
                source=body["source"],
                assumptions=tuple(body["assumptions"]),
                warns=tuple(body.get("warns", ())),
                name_es=body["name_es"],
                against_es=body["against_es"],
                assumptions_es=tuple(body["assumptions_es"]),
                warns_es=tuple(body.get("warns_es", ())),
                refuses=tuple(body.get("refuses", ())),
            )
    return found
