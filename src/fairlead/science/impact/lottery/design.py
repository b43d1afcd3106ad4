"""What a lottery draws: entries in strata, places or steps, and the limits of balance that a draw must keep."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fairlead.science.impact.problems import DataError, Problem
from fairlead.science.impact.wording import counted

FORMAT = "fairlead-lottery-2"
KINDS = ("places", "steps")
DECIMALS = 6
LARGEST = 10**8  # of a value: with six decimals, ten thousand of them add up to less than 2⁶³

Codes = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Entry:
    """What is drawn as one: a teacher, a school, a team, siblings.

    key : its pseudonym. stratum : within which it is drawn. size : places it takes, or people in it, kept together.
    values : one decimal number a limit, as text, so that every program reads the same number.
    """

    key: str
    stratum: str = ""
    size: int = 1
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limit:
    """Entries' means of a covariate may differ between any two groups by at most `most`, in the covariate's own unit."""

    covariate: str
    most: str


@dataclass(frozen=True)
class Design:
    """What a lottery draws. Everything in it is published before the draw, as one hash.

    Parameters
    ----------
    kind : "places" (some entries win a place, the others wait in order) or "steps" (all begin, by turns).
    entries : what is drawn, in any order.
    share : of the places, as text ("1/2", "0.25"): each stratum gets that share of its size.
    places : or how many there are in all, given to strata in proportion to their size.
    steps : when each step of a roll-out begins, in order (ISO dates or other names).
    limits : of balance. Few, of what predicts the outcome; a draw that breaks one is drawn again.
    public : a source of chance that nobody here controls and that becomes known after the commitment; "" for none.

    Raises
    ------
    DataError
        Everything that is wrong with it at once, by `checked`.

    Examples
    --------
    >>> design = Design("places", tuple(Entry(k, "north") for k in "abcd"), share="1/2").checked()
    >>> design.total, len(design.hash)
    (Fraction(2, 1), 64)
    """

    kind: str
    entries: tuple[Entry, ...]
    share: str | None = None
    places: int | None = None
    steps: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()
    public: str = ""

    @cached_property
    def ordered(self) -> tuple[Entry, ...]:
        """The entries by key (code points), which is how they are numbered in the draw."""
        return tuple(sorted(self.entries, key=lambda entry: entry.key))

    @cached_property
    def strata(self) -> tuple[str, ...]:
        """The strata by name (code points)."""
        return tuple(sorted({entry.stratum for entry in self.entries}))

    @cached_property
    def stratum(self) -> Codes:
        """(entries,) each entry's stratum, in the order of `ordered`."""
        place = {name: i for i, name in enumerate(self.strata)}
        return np.array([place[entry.stratum] for entry in self.ordered], dtype=np.intp)

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """(entries,) each entry's size."""
        return np.array([entry.size for entry in self.ordered], dtype=np.int64)

    @cached_property
    def stratum_sizes(self) -> tuple[int, ...]:
        """Each stratum's size."""
        return tuple(int(self.sizes[self.stratum == i].sum()) for i in range(len(self.strata)))

    @cached_property
    def total(self) -> Fraction:
        """How many places there are in all; a fraction where the share does not come out whole."""
        whole = sum(self.stratum_sizes)
        return Fraction(self.places) if self.places is not None else Fraction(self.share or "0") * whole

    @cached_property
    def scaled(self) -> tuple[NDArray[np.int64], tuple[int, ...], tuple[int, ...]]:
        """(entries, limits) values as whole numbers, the limits in the same units, and the power of ten of each."""
        columns, most, powers = [], [], []
        for i, limit in enumerate(self.limits):
            raw = [Decimal(entry.values[i]) for entry in self.ordered]
            exponents = [value.normalize().as_tuple().exponent for value in (*raw, Decimal(limit.most))]
            power = max(0, -min(int(e) for e in exponents))
            columns.append([int(value.scaleb(power)) for value in raw])
            most.append(int(Decimal(limit.most).scaleb(power)))
            powers.append(power)
        values = np.array(columns, dtype=np.int64).reshape(len(columns), len(self.entries)).T
        return values, tuple(most), tuple(powers)

    @property
    def groups(self) -> int:
        """2 where places are drawn (waiting, won), else the number of steps."""
        return len(self.steps) if self.kind == "steps" else 2

    @property
    def even(self) -> bool:
        """Whether every entry's chance is known without drawing: no limits, and entries of one size."""
        return not self.limits and len({entry.size for entry in self.entries}) <= 1

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the list with its rules: what is published when the list is closed."""
        return hashlib.sha256(self.canonical).hexdigest()

    @cached_property
    def canonical(self) -> bytes:
        """The design as one byte string: the format's name, a line feed, JSON with sorted keys and without spaces."""
        text = json.dumps(self.plain(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return f"{FORMAT}\n{text}".encode()

    def plain(self) -> dict[str, object]:
        """The design as plain data, entries by key."""
        return {
            "kind": self.kind,
            "entries": [
                {"key": e.key, "stratum": e.stratum, "size": e.size, "values": list(e.values)} for e in self.ordered
            ],
            "share": self.share,
            "places": self.places,
            "steps": list(self.steps),
            "limits": [{"covariate": limit.covariate, "most": limit.most} for limit in self.limits],
            "public": self.public,
        }

    def checked(self) -> Design:
        """Itself, when it can be drawn; else `DataError` with everything that is wrong."""
        problems = [*self._entries(), *self._rule()]
        if not problems:
            problems = list(self._values())
        if problems:
            raise DataError(problems)
        return self

    def _entries(self) -> list[Problem]:
        problems = []
        keys = [entry.key for entry in self.entries]
        if len(keys) < 2:
            problems.append(Problem("entries", "a lottery needs at least two entries", str(len(keys)), "2 or more"))
        doubled = sorted({key for key in keys if keys.count(key) > 1}) if len(set(keys)) != len(keys) else []
        if doubled:
            what = "each entry may be in the lottery once"
            problems.append(Problem("entries", what, ", ".join(doubled[:5]), next="remove the repeated keys"))
        small = sum(entry.size < 1 for entry in self.entries)
        if small:
            what = "an entry takes at least one place"
            problems.append(Problem("entries.size", what, counted(small, "entry"), "1 or more"))
        return problems

    def _rule(self) -> list[Problem]:
        problems = []
        if self.kind not in KINDS:
            return [Problem("kind", "no such kind of lottery", repr(self.kind), ", ".join(KINDS))]
        whole = sum(entry.size for entry in self.entries)
        if self.kind == "steps":
            if self.share is not None or self.places is not None:
                problems.append(Problem("share", "a roll-out has steps and no places", next="leave them out"))
            if not 2 <= len(self.steps) <= len(self.entries):
                allowed = f"2 to {len(self.entries)}"
                problems.append(Problem("steps", "each step needs an entry", str(len(self.steps)), allowed))
            if len(set(self.steps)) != len(self.steps):
                problems.append(Problem("steps", "two steps begin alike", ", ".join(self.steps)))
        elif self.steps:
            problems.append(Problem("steps", "steps belong to a roll-out", next='write kind = "steps"'))
        elif (self.share is None) == (self.places is None):
            problems.append(Problem("share", "give a share or a number of places, one of them"))
        elif self.share is not None and not 0 < _fraction(self.share) < 1:
            problems.append(
                Problem("share", "must lie strictly between 0 and 1", repr(self.share), "e.g. 1/2 or 0.25")
            )
        elif self.places is not None and not 0 < self.places < whole:
            what = "with a place for all, or for none, there is nothing to draw"
            problems.append(Problem("places", what, str(self.places), f"1 to {whole - 1}"))
        return problems

    def _values(self) -> list[Problem]:
        problems = []
        for i, limit in enumerate(self.limits):
            where = f"limits[{i}]"
            most = _decimal(limit.most)
            if most is None or most < 0:
                problems.append(Problem(where, "a limit is a number, 0 or above", limit.most, "e.g. 2.5"))
            lacking = sum(len(entry.values) != len(self.limits) for entry in self.entries)
            wrong = 0 if lacking else sum(_decimal(entry.values[i]) is None for entry in self.entries)
            if lacking or wrong:
                what = f"every entry needs a plain decimal number of {limit.covariate} below a hundred million"
                got = counted(lacking or wrong, "entry") + " without"
                problems.append(Problem(where, what, got, f"{DECIMALS} decimals at most", "leave the limit out"))
        return problems


def entries_of(
    keys: Sequence[str],
    strata: Sequence[str],
    values: Sequence[Sequence[str]] = (),
    together: Sequence[str] | None = None,
) -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    """Members joined into entries by `together` (siblings, a team), and the entry's key of each member.

    An entry's key is the least key of its members, its size how many they are, its values their means (six decimals). Its
    stratum is that of the member with the least key: siblings of two grades are drawn in one of them.
    """
    homes = list(together) if together is not None else list(keys)
    members: dict[str, list[int]] = {}
    for i in sorted(range(len(keys)), key=lambda i: keys[i]):
        members.setdefault(homes[i], []).append(i)
    entries, entry_of = [], {}
    for inside in members.values():
        first = inside[0]
        means = tuple(
            values[first][c] if len(inside) == 1 else _mean([values[i][c] for i in inside])
            for c in range(len(values[first]) if values else 0)
        )
        entries.append(Entry(keys[first], strata[first], len(inside), means))
        entry_of.update(dict.fromkeys(inside, keys[first]))
    return tuple(entries), tuple(entry_of[i] for i in range(len(keys)))


def _mean(texts: Sequence[str]) -> str:
    mean = sum((Decimal(text) for text in texts), Decimal(0)) / len(texts)
    return f"{mean.quantize(Decimal(1).scaleb(-DECIMALS)).normalize():f}"


def _fraction(text: str) -> Fraction:
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        return Fraction(0)


def _decimal(text: str) -> Decimal | None:
    """A number as it may stand in a record; None for any other text."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    if not value.is_finite() or "e" in text.lower():
        return None
    exponent = value.normalize().as_tuple().exponent
    fits = isinstance(exponent, int) and exponent >= -DECIMALS and abs(value) < LARGEST
    return value if fits else None
