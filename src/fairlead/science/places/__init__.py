"""Places: how many seats are quality seats under a published rule, and how far that is from need."""

from fairlead.science.places.seats import (
    NOT_QUALITY,
    NOT_RATED,
    QUALITY,
    Condition,
    OfferLattice,
    SeatLattice,
    cost_per_seat,
    offer_lattice,
    rate_schools,
    seat_lattice,
    service_gap,
    service_level,
)

__all__ = [
    "NOT_QUALITY",
    "NOT_RATED",
    "QUALITY",
    "Condition",
    "OfferLattice",
    "SeatLattice",
    "cost_per_seat",
    "offer_lattice",
    "rate_schools",
    "seat_lattice",
    "service_gap",
    "service_level",
]
