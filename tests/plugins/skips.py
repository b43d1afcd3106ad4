"""Counts what ran, and does not let a skip hide a test where it could have run.

A skip says why, beginning with what is missing: "Chromium: …", "PostgreSQL: …", "data: …". Where the shared
data lies beside the checkout only the first two are accepted; any other skip is a failure.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
ACCEPTED = ("Chromium:", "PostgreSQL:")


def needs_data(*parts: str) -> Path:
    """The path of a shared data file or folder; the test is skipped where it is not there."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"data: {path} is not there")
    return path


def _reason(report: Any) -> str:
    longrepr = report.longrepr
    text = longrepr[2] if isinstance(longrepr, tuple) else str(longrepr)
    return text.removeprefix("Skipped: ")


def _judge(report: Any) -> None:
    if not report.skipped or hasattr(report, "wasxfail") or not SHARED.exists():
        return
    reason = _reason(report)
    if not reason.startswith(ACCEPTED):
        report.outcome = "failed"
        report.longrepr = f"Skipped although the shared data is at {SHARED}: {reason}"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Generator[None, Any, None]:
    outcome = yield
    _judge(outcome.get_result())


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, None]:
    outcome = yield
    _judge(outcome.get_result())


class Counts:
    """What the controller of a run saw; written for scripts/tests.py when FAIRLEAD_COUNTS names a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.failed: set[str] = set()
        self.passed: set[str] = set()
        self.skipped: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self.failed.add(report.nodeid)
        elif report.skipped:
            self.skipped[report.nodeid] = _reason(report)
        elif report.when == "call":
            self.passed.add(report.nodeid)

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.failed.add(report.nodeid)
        elif report.skipped:
            self.skipped[report.nodeid] = _reason(report)

    def pytest_sessionfinish(self) -> None:
        counts = {
            "passed": len(self.passed - self.failed),
            "failed": len(self.failed),
            "skipped": len(self.skipped),
            "reasons": Counter(self.skipped.values()),
        }
        self.path.write_text(json.dumps(counts))


def pytest_configure(config: pytest.Config) -> None:
    path = os.environ.get("FAIRLEAD_COUNTS")
    if path and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Counts(Path(path)), "fairlead-counts")
