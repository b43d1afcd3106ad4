"""Answers to the items of a survey: each option's share, with an interval that knows that classmates answer alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fairlead.science.measurement.clustered import ClusteredShare, clustered_share
from fairlead.science.measurement.problems import refusal
from fairlead.science.measurement.ratings import is_missing


@dataclass(frozen=True, slots=True)
class AnswerShare:
    """One option of an item."""

    option: Any
    count: int
    share: ClusteredShare


@dataclass(frozen=True, slots=True)
class Answers:
    """All options of an item; shares add up to 1, each interval is its own."""

    options: tuple[AnswerShare, ...]
    n: int
    missing: int
    clusters: int


def answer_shares(
    answers: Sequence[Any],
    cluster: Sequence[Any],
    *,
    options: Sequence[Any],
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Answers:
    """The share of each option among those who answered.

    Parameters
    ----------
    answers : n answers; None or NaN where there is none: left out and counted.
    cluster : n labels of the classes (or schools) that were drawn.
    options : all that could be chosen, in the order of the form; one that nobody chose has a share of 0.
    weights : (n,) positive.
    level : float, of each interval by itself.

    Returns
    -------
    Answers

    Raises
    ------
    MeasurementError
        An answer that is no option; nobody answered; one cluster.

    Examples
    --------
    >>> found = answer_shares(["yes", "no", "yes", None], ["a", "a", "b", "b"], options=["yes", "no"])
    >>> [(one.option, one.count, round(one.share.value, 2)) for one in found.options], found.missing
    ([('yes', 2, 0.67), ('no', 1, 0.33)], 1)
    """
    if len(set(options)) != len(options) or not options:
        raise refusal("options", "each option stands once", f"{list(options)}")
    known = [not is_missing(answer) for answer in answers]
    if strangers := [a for a, here in zip(answers, known, strict=True) if here and a not in set(options)]:
        raise refusal("answers", "an answer is not among the options", repr(strangers[0]), f"{list(options)}")
    found = []
    for option in options:
        chosen = np.array([float(a == option) if here else np.nan for a, here in zip(answers, known, strict=True)])
        share = clustered_share(chosen, cluster, weights=weights, level=level)
        found.append(AnswerShare(option, int(np.nansum(chosen)), share))
    first = found[0].share
    return Answers(tuple(found), first.n, first.missing, first.clusters)
