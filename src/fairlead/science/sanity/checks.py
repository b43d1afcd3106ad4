"""Sanity checks with their evidence. What a measure must look like is data in `measures.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import atanh, sqrt, tanh
from statistics import NormalDist
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

LEVEL = 0.999  # a sign is called wrong when this interval of the correlation lies wholly on the other side
FEWEST = 10  # fewer pairs say nothing about a correlation
PERCENT = 1.5  # a share whose largest value is above this is written in percent
SPARE = 0.005  # pairs beyond an inequality that rounding may explain
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Expected:
    """The sign of a measure's correlation with another, across schools."""

    measure: str
    sign: int


@dataclass(frozen=True, slots=True)
class Bound:
    """An inequality: `value` or `one_minus` of a measure is at most `factor` times one minus the other."""

    of: str
    factor: float
    measure: str


@dataclass(frozen=True, slots=True)
class Measure:
    """What a measure of a school must look like."""

    key: str
    low: float
    high: float
    usual: tuple[float, float]
    names: tuple[str, ...]
    expected: tuple[Expected, ...]
    bounds: tuple[Bound, ...]
    texts: Mapping[str, str]

    def label(self, language: str = "en") -> str:
        """Its everyday name."""
        return self.texts["label_es" if language.startswith("es") else "label"]


@dataclass(frozen=True, slots=True)
class Correlation:
    """Pearson's correlation with Fisher's interval. `low` and `high` are -1 and 1 where nothing can be said."""

    r: float
    low: float
    high: float
    n: int
    level: float

    @property
    def known(self) -> bool:
        """Whether there are enough pairs, and both sides vary."""
        return self.n >= FEWEST and not (self.low == -1 and self.high == 1)

    def against(self, sign: int) -> bool:
        """Whether it is surely of the other sign."""
        return self.known and (self.high < 0 if sign > 0 else self.low > 0)

    def shows(self, sign: int) -> bool:
        """Whether it is surely of this sign."""
        return self.known and (self.low > 0 if sign > 0 else self.high < 0)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    Attributes
    ----------
    kind : str
        "range", "usual", "scale", "sign", "bound", "jump" or "few".
    verdict : str
        "ok", "doubt" (look before quoting) or "broken" (do not quote).
    n, of : int
        Values or pairs that the check is about: for "range" and "bound" those beyond it, of how many.
    other : str
        The other measure, where there is one.
    evidence : Correlation or None
        For "sign".
    low, high, value : float
        The line that was drawn, and what was found.
    """

    kind: str
    verdict: str
    n: int = 0
    of: int = 0
    other: str = ""
    evidence: Correlation | None = None
    low: float = float("nan")
    high: float = float("nan")
    value: float = float("nan")
    sign: int = 0


@dataclass(frozen=True, slots=True)
class Checked:
    """A measure with everything that was looked at.

    Attributes
    ----------
    measure : str
        What it was said to be.
    n, missing : int
        Values there are, and those that are not.
    scale : float
        100 where it was written in percent; it was divided by this.
    findings : tuple of Finding
        Every check with its evidence, also those that passed.
    behaves_like : tuple of str
        Known measures whose signs and inequalities all fit, where its own do not.
    fifths : tuple of (int, float, float)
        Schools in fifths of the measure: how many, mean of the measure, mean of the first other measure.
    """

    measure: str
    n: int
    missing: int
    scale: float
    findings: tuple[Finding, ...]
    behaves_like: tuple[str, ...]
    fifths: tuple[tuple[int, float, float], ...]

    @property
    def verdict(self) -> str:
        """The worst of the findings."""
        return max((f.verdict for f in self.findings), key=("ok", "doubt", "broken").index, default="ok")


@cache
def known() -> Mapping[str, Measure]:
    """Every measure that is described, by key."""
    raw = tomllib.loads(files("fairlead.science.sanity").joinpath("measures.toml").read_text(encoding="utf-8"))
    found = {
        key: Measure(
            key=key,
            low=row["low"],
            high=row["high"],
            usual=(row["usual"][0], row["usual"][1]),
            names=tuple(row["names"]),
            expected=tuple(Expected(**pair) for pair in row["with"]),
            bounds=tuple(Bound(**bound) for bound in row.get("at_most", ())),
            texts=MappingProxyType({name: row[name] for name in ("label", "label_es")}),
        )
        for key, row in raw.items()
    }
    for measure in found.values():
        unknown = {e.measure for e in measure.expected} | {b.measure for b in measure.bounds}
        if not unknown <= found.keys():
            raise ValueError(f"measures.toml, {measure.key}: no such measure {sorted(unknown - found.keys())}")
    return MappingProxyType(found)


def named(field: str) -> str:
    """The key of the measure that a field's name claims to be; empty when none is known by it."""
    plain = field.strip().lower()
    return next((m.key for m in known().values() if plain == m.key or plain in m.names), "")


def correlate(x: ArrayLike, y: ArrayLike, level: float = LEVEL) -> Correlation:
    """Pearson's correlation of the pairs that have both values, with Fisher's interval.

    Parameters
    ----------
    x, y : array_like of float, shape (units,)
        NaN where a value is missing.
    level : float
        Coverage of the interval.

    Returns
    -------
    Correlation

    Notes
    -----
    ``tanh(atanh(r) -+ z / sqrt(n - 3))`` [1]_. A side without any spread correlates with nothing: r is 0, the interval
    everything.

    References
    ----------
    .. [1] Fisher, R. A. (1921). On the "probable error" of a coefficient of correlation deduced from a small sample.
       Metron 1, 3-32.

    Examples
    --------
    >>> from fairlead.science.sanity import correlate
    >>> found = correlate([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [2, 1, 4, 3, 6, 5, 8, 7, 10, 9], level=0.95)
    >>> round(found.r, 4), round(found.low, 3), round(found.high, 3), found.n
    (0.9394, 0.758, 0.986, 10)
    """
    a, b = _floats(x), _floats(y)
    if a.shape != b.shape:
        raise ValueError(f"x and y must be equally long: {a.shape}, {b.shape}")
    both = np.isfinite(a) & np.isfinite(b)
    a, b = a[both] - a[both].mean() if both.any() else a[both], b[both] - b[both].mean() if both.any() else b[both]
    n = int(both.sum())
    spread = sqrt(float((a * a).sum()) * float((b * b).sum()))
    if n < 4 or spread <= 1e-12:
        return Correlation(0.0, -1.0, 1.0, n, level)
    r = max(-1.0, min(1.0, float((a * b).sum()) / spread))
    if abs(r) > 1 - 1e-12:
        return Correlation(r, r, r, n, level)
    half = NormalDist().inv_cdf(0.5 + level / 2) / sqrt(n - 3)
    return Correlation(r, tanh(atanh(r) - half), tanh(atanh(r) + half), n, level)


def check_range(values: ArrayLike, low: float, high: float) -> Finding:
    """How many values lie outside what is possible.

    Examples
    --------
    >>> from fairlead.science.sanity import check_range
    >>> found = check_range([0.2, 1.3, float("nan")], 0, 1)
    >>> found.verdict, found.n, found.of
    ('broken', 1, 2)
    """
    v = _floats(values)
    v = v[np.isfinite(v)]
    beyond = int(((v < low) | (v > high)).sum())
    return Finding("range", "broken" if beyond else "ok", beyond, v.size, low=low, high=high)


def check_jump(values: ArrayLike, most: float) -> Finding:
    """Whether the last known value of a series is further from the one before than is usual.

    Examples
    --------
    >>> from fairlead.science.sanity import check_jump
    >>> check_jump([0.9, 0.91, float("nan"), 0.5], 0.1).verdict
    'doubt'
    """
    v = _floats(values)
    v = v[np.isfinite(v)]
    step = float(v[-1] - v[-2]) if v.size > 1 else 0.0
    return Finding("jump", "doubt" if abs(step) > most else "ok", of=v.size, high=most, value=step)


def check_measure(measure: str, values: ArrayLike, beside: Mapping[str, ArrayLike]) -> Checked:
    """Hold a field against what it is said to be, with the other measures of the same schools as witnesses.

    Parameters
    ----------
    measure : str
        The key of `known()` that the field is said to be.
    values : array_like of float, shape (schools,)
        NaN where missing. Percent are recognised and divided by a hundred.
    beside : mapping of str to array_like of float, shape (schools,)
        Other measures of the same schools, by their keys.

    Returns
    -------
    Checked
        Every check with its evidence, and what the field behaves like instead.

    Raises
    ------
    KeyError
        When the measure is not described in `measures.toml`.

    Notes
    -----
    *range*: no value beyond what is possible. *usual*: the median of the schools where it is elsewhere. *sign*: the
    correlation with each witness; broken when its 99.9 % interval lies wholly on the wrong side. *bound*: pairs that
    no school can have. For chronic absence c and attendance a, Markov's inequality gives ``c <= 10 (1 - a)``: students
    who miss a tenth or more cost the average at least a tenth each. Broken when over half a percent of pairs are
    beyond it.

    Examples
    --------
    A field said to be chronic absence that is in truth its complement:

    >>> import numpy as np
    >>> from fairlead.science.sanity import check_measure
    >>> attendance = np.linspace(0.80, 0.98, 50)
    >>> there = 1 - 3 * (1 - attendance)
    >>> found = check_measure("chronic_absence", there, {"attendance": attendance})
    >>> found.verdict, found.behaves_like
    ('broken', ('share_90plus_attendance',))
    """
    about = known()[measure]
    v, scale = _share(values, about.high)
    others = {key: _share(other, known()[key].high)[0] for key, other in beside.items() if key != measure}
    there = np.isfinite(v)
    findings = [check_range(v, about.low, about.high)]
    if there.any():
        median = float(np.median(v[there]))
        usual = about.usual[0] <= median <= about.usual[1]
        findings.append(
            Finding("usual", "ok" if usual else "doubt", of=int(there.sum()), low=about.usual[0], high=about.usual[1],
                    value=median)
        )  # fmt: skip
    findings += _witnessed(about, v, others)
    worse = any(f.verdict == "broken" for f in findings)
    return Checked(
        measure=measure,
        n=int(there.sum()),
        missing=int((~there).sum()),
        scale=scale,
        findings=tuple(findings),
        behaves_like=tuple(_fits(about.key, v, others)) if worse else (),
        fifths=_fifths(v, next(iter(others.values()))) if others else (),
    )


def _witnessed(about: Measure, v: Floats, others: Mapping[str, Floats]) -> list[Finding]:
    found = []
    for expected in about.expected:
        if expected.measure in others:
            evidence = correlate(v, others[expected.measure])
            verdict = "broken" if evidence.against(expected.sign) else "ok"
            kind = "sign" if evidence.known else "few"
            if verdict == "ok" and not evidence.shows(expected.sign):
                verdict = "doubt"
            found.append(
                Finding(kind, verdict, evidence.n, evidence.n, expected.measure, evidence, value=evidence.r,
                        sign=expected.sign)
            )  # fmt: skip
    for bound in about.bounds:
        if bound.measure in others:
            beyond, of = _beyond(bound, v, others[bound.measure])
            if of:
                verdict = "broken" if beyond > SPARE * of else "ok"
                found.append(Finding("bound", verdict, beyond, of, bound.measure, high=bound.factor))
    return found


def _beyond(bound: Bound, v: Floats, other: Floats) -> tuple[int, int]:
    """Pairs that no school can have, of all pairs."""
    both = np.isfinite(v) & np.isfinite(other)
    side = v[both] if bound.of == "value" else 1 - v[both]
    return int((side > bound.factor * (1 - other[both]) + 1e-9).sum()), int(both.sum())


def _fits(said: str, v: Floats, others: Mapping[str, Floats]) -> list[str]:
    """Known measures that this could be: every sign that can be seen is theirs, and no inequality breaks."""
    found = []
    for measure in known().values():
        if measure.key == said or measure.key in others:
            continue
        signs = [(e, correlate(v, others[e.measure])) for e in measure.expected if e.measure in others]
        bounds = [_beyond(b, v, others[b.measure]) for b in measure.bounds if b.measure in others]
        if (
            signs
            and all(evidence.shows(e.sign) for e, evidence in signs)
            and all(beyond <= SPARE * of for beyond, of in bounds)
            and check_range(v, measure.low, measure.high).verdict == "ok"
        ):
            found.append(measure.key)
    return found


def _fifths(v: Floats, other: Floats) -> tuple[tuple[int, float, float], ...]:
    both = np.flatnonzero(np.isfinite(v) & np.isfinite(other))
    order = both[np.argsort(v[both], kind="stable")]
    return tuple(
        (int(part.size), float(v[part].mean()), float(other[part].mean()))
        for part in np.array_split(order, 5)
        if part.size
    )


def _share(values: ArrayLike, high: float) -> tuple[Floats, float]:
    """Values as shares; a share written in percent is divided by a hundred."""
    v = _floats(values)
    largest = float(np.nanmax(v)) if np.isfinite(v).any() else 0.0
    scale = 100.0 if high <= 1 and PERCENT < largest <= 100 else 1.0
    return v / scale, scale


def _floats(values: ArrayLike) -> Floats:
    return np.asarray(values, np.float64)
