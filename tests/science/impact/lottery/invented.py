"""An invented lottery of schools, and its record."""

from __future__ import annotations

import json

import numpy as np

from fairlead.science.impact import lottery
from fairlead.science.impact.lottery.design import Design, Entry, Limit

TIMES = {
    "frozen_at": "2026-11-20T15:00:00+00:00",
    "committed_at": "2026-11-20T15:05:00+00:00",
    "drawn_at": "2026-11-27T18:00:00+00:00",
}


def schools(count: int = 18, strata: int = 3, **more) -> Design:
    """Invented schools with two covariates that differ widely."""
    rng = np.random.default_rng(20)
    entries = tuple(
        Entry(
            f"s{i:02d}", f"tier {i % strata + 1}", 1, (str(int(rng.integers(180, 950))), f"{rng.random() * 0.3:.3f}")
        )
        for i in range(count)
    )
    limits = (Limit("students", "120"), Limit("chronic absence", "0.04"))
    return Design(**{"kind": "places", "entries": entries, "share": "1/2", "limits": limits, **more})


def made(design: Design, seed: str = "seed", public_result: str = "") -> dict:
    drawing = lottery.draw_design(design, lottery.key_of(design, seed, public_result))
    record = lottery.record_of(
        design, lottery.rehearse(design), title="A draw", unit="school", version="0.1.0", seed=seed, salt="salt",
        commitment=lottery.commit(seed, "salt"), public_result=public_result, drawing=drawing, **TIMES,
    )  # fmt: skip
    return json.loads(json.dumps(record))
