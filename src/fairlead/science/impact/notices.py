"""What a reader of a result must know beside its numbers, by code, in both languages."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a reader must know. The text is a sentence without its full stop."""

    code: str
    text: str
    text_es: str

    def __str__(self) -> str:
        return self.text


@cache
def words() -> dict[str, list[str]]:
    """The sentences: code, English, Spanish."""
    text = (resources.files("fairlead.science.impact") / "notices.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def notice(code: str, *, sentence: str | None = None, **fields: object) -> Notice:
    """Put names and numbers into a notice. A field that differs by language is a pair (English, Spanish). `sentence`: its key,
    where one code has several.

    Examples
    --------
    >>> str(notice("nothing_before", cohort=2004))
    'cohort 2004 has no period before treatment (and anticipation)'
    """
    en, es = (
        text.format(**{key: value[place] if isinstance(value, tuple) else value for key, value in fields.items()})
        for place, text in enumerate(words()[sentence or code])
    )
    return Notice(code, en, es)
