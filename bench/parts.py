"""A bench of several parts, of which some may be named."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path


def run(name: str, text: str, parts: Mapping[str, Callable[[Path, float], None]], arguments: list[str]) -> int:
    """The parts named in the arguments, or all; each is given a folder that goes away, and the share of its rows."""
    parser = argparse.ArgumentParser(prog=f"python -m bench {name}", description=text.split("\n\n")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(parts))
    parser.add_argument("--share", type=float, default=1.0, help="of the rows, for a quick look")
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.parts) - set(parts):
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(parts)}")
    with tempfile.TemporaryDirectory(prefix="fairlead-bench-", dir=os.environ.get("FAIRLEAD_BENCH_FOLDER")) as folder:
        for part in chosen.parts or parts:
            print(f"\n{part}: {parts[part].__doc__}", flush=True)
            parts[part](Path(folder), chosen.share)
    return 0
