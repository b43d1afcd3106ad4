"""Quality seats, the service gap, and what a seat cost: arithmetic on arrays of schools and places.

The words and signs are those of IFF's needs assessments [1]_ as the city that commissioned one restated them
[2]_: *demand* is the children who live in a place, *supply* the seats of schools that perform, *service gap*
is demand minus supply, *service level* is supply over demand, and a negative gap is a surplus of seats.

Two habits are Fairlead's own. A school without the results that a rule reads is **not rated**; it is never
counted among the schools that fall short, and the gap carries a second bound that says how much smaller it
would be if every unrated seat were a quality seat. And no number here is a statement about a child: children
cross ZIP borders to go to school, so a gap says where seats are, not where anyone is taught.

References
----------
.. [1] IFF (2012). *Quality Schools: Every Child, Every School, Every Neighborhood. An analysis of school
   location and performance in Washington, DC.* Chicago: IFF.
.. [2] District of Columbia, Office of the Deputy Mayor for Education, "Quality Schools [IFF]", Definitions:
   "Service Gap is the difference between the number of students enrolled in the system (demand) and the
   performing seats, capacity, of Tier 1 schools (supply). A negative service gap indicates a surplus of
   performing seats." https://dme.dc.gov/service/quality-schools-every-child-every-school-every-neighborhood
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

QUALITY = 1
NOT_QUALITY = 0
NOT_RATED = -1


@dataclass(frozen=True, slots=True)
class Condition:
    """One clause of a quality rule: a column of results and the bound that it must keep (bounds included)."""

    column: str
    at_least: float | None = None
    at_most: float | None = None

    def __post_init__(self) -> None:
        if self.at_least is None and self.at_most is None:
            raise ValueError(f"Condition on {self.column!r}: give at_least or at_most (got neither).")


@dataclass(frozen=True, slots=True)
class SeatLattice:
    """Seats by place (rows) and grade band (columns). All arrays have the shape (places, bands).

    Attributes
    ----------
    seats, quality, not_rated : ndarray of int64
        All seats; seats in schools that meet the rule; seats in schools that the rule cannot rate.
    children : ndarray of float64
        Children who live in the place and belong to the band; NaN where nobody counted them.
    gap : ndarray of float64
        ``children - quality``. Positive: quality seats are missing. Negative: a surplus. NaN: not counted.
    gap_at_best : ndarray of float64
        The same if every unrated seat were a quality seat: the gap lies in ``[gap_at_best, gap]``.
    """

    seats: NDArray[np.int64]
    quality: NDArray[np.int64]
    not_rated: NDArray[np.int64]
    children: NDArray[np.float64]
    gap: NDArray[np.float64]
    gap_at_best: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class OfferLattice:
    """Applications and offers by place of the applicant. All arrays have the shape (places,).

    ``quality_offers`` are offers of a seat in a school that meets the rule; ``not_rated_offers`` are offers
    in schools that the rule cannot rate; the rest of ``offers`` are in schools that fall short of it.
    """

    applications: NDArray[np.int64]
    offers: NDArray[np.int64]
    quality_offers: NDArray[np.int64]
    not_rated_offers: NDArray[np.int64]


def rate_schools(results: Mapping[str, ArrayLike], conditions: Sequence[Condition]) -> NDArray[np.int8]:
    """Apply a quality rule to schools: all its conditions must hold.

    Parameters
    ----------
    results : mapping of str to array_like, each of shape (schools,)
        Columns of school results; NaN where the school has none. A column that the rule reads and the mapping
        lacks counts as missing for every school.
    conditions : sequence of Condition
        The clauses; at least one.

    Returns
    -------
    ndarray of int8, shape (schools,)
        ``QUALITY`` (1), ``NOT_QUALITY`` (0), or ``NOT_RATED`` (-1) where *any* column that the rule reads is
        missing, even if another clause already fails: a rule speaks only about schools that it can see whole.

    Examples
    --------
    >>> rule = [Condition("math", at_least=0), Condition("reading", at_least=0)]
    >>> rate_schools({"math": [12.0, -3.0, -80.0], "reading": [0.0, 40.0, float("nan")]}, rule).tolist()
    [1, 0, -1]
    """
    if not conditions:
        raise ValueError("A quality rule needs at least one condition (got none).")
    columns = {name: np.asarray(values, dtype=np.float64) for name, values in results.items()}
    sizes = {column.shape for column in columns.values()}
    if len(sizes) != 1 or len(next(iter(sizes))) != 1:
        raise ValueError(f"Result columns must be one-dimensional and of one length (got {sorted(sizes)}).")
    (size,) = next(iter(sizes))
    missing = np.zeros(size, dtype=bool)
    holds = np.ones(size, dtype=bool)
    for condition in conditions:
        column = columns.get(condition.column)
        if column is None:
            return np.full(size, NOT_RATED, dtype=np.int8)
        missing |= np.isnan(column)
        if condition.at_least is not None:
            holds &= column >= condition.at_least
        if condition.at_most is not None:
            holds &= column <= condition.at_most
    return np.where(missing, NOT_RATED, np.where(holds, QUALITY, NOT_QUALITY)).astype(np.int8)


def service_gap(children: ArrayLike, quality_seats: ArrayLike) -> NDArray[np.float64]:
    """Children minus quality seats (IFF's service gap; negative is a surplus).

    Because it is a difference of counts, it adds up: over grade bands, over places, and over both. That also
    hides: a surplus in one place cancels a gap in another that its children may be unable to reach.

    Parameters
    ----------
    children, quality_seats : array_like
        Counts of one shape (or shapes that broadcast). NaN children give a NaN gap.

    Returns
    -------
    ndarray of float64

    Examples
    --------
    >>> service_gap([400, 250], [130, 300]).tolist()
    [270.0, -50.0]
    """
    return np.asarray(children, dtype=np.float64) - np.asarray(quality_seats, dtype=np.float64)


def service_level(children: ArrayLike, quality_seats: ArrayLike) -> NDArray[np.float64]:
    """Quality seats per child (IFF's service level); NaN where no child lives or nobody counted.

    Examples
    --------
    >>> service_level([400, 0], [100, 20]).tolist()
    [0.25, nan]
    """
    demand = np.asarray(children, dtype=np.float64)
    supply = np.asarray(quality_seats, dtype=np.float64)
    out = np.full(np.broadcast_shapes(demand.shape, supply.shape), np.nan)
    np.divide(supply, demand, out=out, where=np.nan_to_num(demand) > 0)
    return out


def seat_lattice(
    place: ArrayLike, band: ArrayLike, seats: ArrayLike, rating: ArrayLike, children: ArrayLike
) -> SeatLattice:
    """Add up seats by place and band under one rating.

    Parameters
    ----------
    place, band : array_like of int, shape (offers of a school,)
        Row and column of each record. A school that serves two bands has two records.
    seats : array_like of int, same shape
        Seats of the record (enrolment capacity, or enrolment where no capacity is known).
    rating : array_like of int, same shape
        From `rate_schools`, repeated for each record of a school.
    children : array_like, shape (places, bands)
        Children who live there; NaN where not counted. It gives the result its shape.

    Returns
    -------
    SeatLattice

    Examples
    --------
    >>> lattice = seat_lattice([0, 0, 1], [0, 0, 0], [300, 200, 150], [1, 0, -1], [[450], [100]])
    >>> lattice.quality.tolist(), lattice.not_rated.tolist()
    ([[300], [0]], [[0], [150]])
    >>> lattice.gap.tolist(), lattice.gap_at_best.tolist()
    ([[150.0], [100.0]], [[150.0], [-50.0]])
    """
    demand = np.asarray(children, dtype=np.float64)
    if demand.ndim != 2:
        raise ValueError(f"children must have the shape (places, bands) (got {demand.shape}).")
    rows, columns = np.asarray(place, dtype=np.int64), np.asarray(band, dtype=np.int64)
    count, mark = np.asarray(seats, dtype=np.int64), np.asarray(rating)
    if not rows.shape == columns.shape == count.shape == mark.shape:
        raise ValueError(
            "place, band, seats and rating must have one shape "
            f"(got {rows.shape}, {columns.shape}, {count.shape}, {mark.shape})."
        )
    if (count < 0).any():
        raise ValueError(f"Seats cannot be negative (got {int(count.min())}).")

    def total(which: NDArray[np.bool_]) -> NDArray[np.int64]:
        out = np.zeros(demand.shape, dtype=np.int64)
        np.add.at(out, (rows[which], columns[which]), count[which])
        return out

    quality, unrated = total(mark == QUALITY), total(mark == NOT_RATED)
    return SeatLattice(
        seats=total(np.ones(count.shape, dtype=bool)),
        quality=quality,
        not_rated=unrated,
        children=demand,
        gap=service_gap(demand, quality),
        gap_at_best=service_gap(demand, quality + unrated),
    )


def offer_lattice(
    place: ArrayLike, applications: ArrayLike, offers: ArrayLike, rating: ArrayLike, places: int
) -> OfferLattice:
    """Add up applications and offers by the applicant's place, and the offers by the rating of their school.

    Parameters
    ----------
    place : array_like of int, shape (records,)
        Index of the applicant's place, 0 to ``places - 1``.
    applications, offers : array_like of int, same shape
    rating : array_like of int, same shape
        Rating of the school that was applied to.
    places : int

    Returns
    -------
    OfferLattice

    Examples
    --------
    >>> lattice = offer_lattice([0, 0, 1], [40, 10, 5], [8, 2, 1], [1, -1, 0], places=2)
    >>> lattice.offers.tolist(), lattice.quality_offers.tolist(), lattice.not_rated_offers.tolist()
    ([10, 1], [8, 0], [2, 0])
    """
    rows, mark = np.asarray(place, dtype=np.int64), np.asarray(rating)
    asked, given = np.asarray(applications, dtype=np.int64), np.asarray(offers, dtype=np.int64)

    def total(values: NDArray[np.int64], which: NDArray[np.bool_]) -> NDArray[np.int64]:
        out = np.zeros(places, dtype=np.int64)
        np.add.at(out, rows[which], values[which])
        return out

    everything = np.ones(rows.shape, dtype=bool)
    return OfferLattice(
        applications=total(asked, everything),
        offers=total(given, everything),
        quality_offers=total(given, mark == QUALITY),
        not_rated_offers=total(given, mark == NOT_RATED),
    )


def cost_per_seat(amount: float, seats: int) -> float | None:
    """Money divided by seats; None where there are no seats yet (not zero, not infinite).

    A quotient, not an effect: it does not know what the seats would have been without the money, what others
    paid toward them, or what they cost to keep. Print that beside it.

    Examples
    --------
    >>> cost_per_seat(1_200_000, 150), cost_per_seat(1_200_000, 0)
    (8000.0, None)
    """
    if amount < 0 or seats < 0:
        raise ValueError(f"Amount and seats cannot be negative (got {amount}, {seats}).")
    return amount / seats if seats else None
