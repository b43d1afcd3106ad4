"""`make bench`: ratios measured in one run of one machine. Nothing is asserted: a time belongs to its machine.

python -m bench                     every part, one after the other
python -m bench pages               one part
python -m bench pages office:desk   one part, with arguments of its own
"""

from __future__ import annotations

import importlib
import os
import sys

# name: its module with `main(arguments) -> int` (0: measured), and what it measures. In this order.
PARTS: dict[str, tuple[str, str]] = {
    "pages": ("bench.pages", "pages of the walk at 20 users, beside the same rows by hand-written SQL"),
    "exchange": ("bench.exchange", "a district's roster brought in, beside bare COPY of the same files"),
    "storm": ("bench.storm", "rolls of 25 arriving at 60 a second, with a web server worker killed in the middle"),
    "morning": ("bench.morning", "one school's morning among 500 schools and among 5, beside hand-written SQL"),
    "multilevel": (
        "bench.multilevel",
        "multilevel models from Parquet to result, beside lmer, statsmodels and bare sums",
    ),
    "cost": (
        "bench.cost",
        "time and memory against rows, groups and columns; --write: the figure of docs/reference/scale.md",
    ),
    "panel": ("bench.panel", "group-time effects of up to ten million rows, beside csdid"),
    "matching": (
        "bench.matching",
        "pairs and balancing weights of a million rows, beside MatchIt and empirical-calibration",
    ),
    "regression": (
        "bench.regression",
        "two-way fixed effects with errors by cluster, beside pyfixest; refits from cluster sums",
    ),
    "gstudy": ("bench.gstudy", "variance components of 200,000 unbalanced ratings, beside lmer"),
    "allocation": (
        "bench.allocation",
        "a need index under other weights, and a caseload plan of a thousand schools with its bound",
    ),
    "irt": ("bench.irt", "two-parameter item-response models of a million persons, and beside girth and mirt"),
}


def load() -> str:
    """How busy the machine was in the last 1, 5 and 15 minutes: a time says little without it."""
    return ", ".join(f"{one:.1f}" for one in os.getloadavg())


def main(arguments: list[str]) -> int:
    """Run the named part, or all of them."""
    if arguments and arguments[0] not in PARTS:
        print(__doc__, *(f"    {name:<10} {text}" for name, (_, text) in PARTS.items()), sep="\n")
        return 0 if arguments[0] in {"-h", "--help"} else 2
    os.environ |= {"FAIRLEAD_LOGIN": "app", "FAIRLEAD_DEMO": "1", "DJANGO_SETTINGS_MODULE": "fairlead.site.settings"}
    worst = 0
    for name in arguments[:1] or PARTS:
        module, text = PARTS[name]
        print(f"\n{name}: {text}; load before: {load()}", flush=True)
        worst = max(worst, importlib.import_module(module).main(arguments[1:]))
        print(f"{name}: load after: {load()}", flush=True)
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
