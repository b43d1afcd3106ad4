"""The table of promises: sentence → page → test, or "not yet". Kept as data in seeds.toml."""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language, pgettext_lazy

_FILE = Path(__file__).with_name("seeds.toml")

STATES = {
    "kept": ("ok", pgettext_lazy("sentence", "Kept")),
    "partly": ("warn", pgettext_lazy("sentence", "Partly")),
    "not yet": ("none", pgettext_lazy("sentence", "Not yet")),
}
SOURCES = {
    "LE": "Leading Educators",
    "PL": "Partnership for Los Angeles Schools",
    "EC": "Education Cities",
}


@dataclass(frozen=True, slots=True)
class Seed:
    """One sentence that promises something."""

    id: str
    says: str
    kept_by: str
    kept_by_es: str
    page: str
    test: str
    state: str

    @property
    def by(self) -> str:
        """What keeps it, in the reader's language. The quotation stays as written."""
        return self.kept_by_es if (get_language() or "en").startswith("es") else self.kept_by

    @property
    def kind(self) -> str:
        return STATES[self.state][0]

    @property
    def word(self) -> str:
        return str(STATES[self.state][1])

    @property
    def url(self) -> str:
        """The page's address, or "" when it has none or needs an argument."""
        try:
            return reverse(self.page) if self.page else ""
        except NoReverseMatch:
            return ""


@dataclass(frozen=True, slots=True)
class Source:
    """One of the three founding documents with its sentences."""

    code: str
    name: str
    seeds: tuple[Seed, ...]


@cache
def read_seeds() -> tuple[Source, ...]:
    """The table as written in seeds.toml, grouped by founding document."""
    rows = [
        Seed(
            id=row["id"],
            says=row["says"],
            kept_by=row["kept_by"],
            kept_by_es=row["kept_by_es"],
            page=row.get("page", ""),
            test=row.get("test", ""),
            state=row["state"],
        )
        for row in tomllib.loads(_FILE.read_text("utf-8"))["seed"]
    ]
    return tuple(Source(code, name, tuple(r for r in rows if r.id[:2] == code)) for code, name in SOURCES.items())


def summary(sources: tuple[Source, ...]) -> list[tuple[str, str, int]]:
    """How many sentences are kept, partly kept, not yet: (kind, word, count)."""
    counts = Counter(seed.state for source in sources for seed in source.seeds)
    return [(kind, str(word), counts[state]) for state, (kind, word) in STATES.items()]
