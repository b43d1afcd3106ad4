"""`fairlead impact wwc STUDY.json`: the verdict on a study, from results.json or from a record written by hand."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fairlead.science.impact.command import Answer
from fairlead.science.impact.problems import DataError, Problem
from fairlead.science.impact.standards.rating import Verdict


def add(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument("study", type=Path, help="results.json, or a study record (JSON) written by hand")
    parser.add_argument("--version", choices=["4.1", "5.0"], help="the standards' version, instead of the record's")


def run(chosen: argparse.Namespace, say: Callable[[str], None]) -> Answer:
    """Rate every finding; the primary one comes first."""
    from fairlead.science.impact.standards.hand import verdicts

    try:
        data = json.loads(chosen.study.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError([Problem(str(chosen.study), "cannot be read", error.strerror or "", "a file")]) from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DataError([Problem(str(chosen.study), "is not JSON", str(error), "one JSON object")]) from error
    rated = verdicts(data, version=chosen.version)
    records = [{"finding": name, **_record(answer)} for name, answer in rated]
    text = "\n\n".join(
        "\n".join([name, *told(answer, lines=place == 0)]) for place, (name, answer) in enumerate(rated)
    )
    return Answer({**records[0], "others": records[1:]}, text)


def _record(answer: Verdict) -> dict[str, Any]:
    return {
        "version": answer.version,
        "rating": answer.rating,
        "character": answer.character,
        "essa": answer.essa,
        "significant": answer.significant,
        "provisional": answer.provisional,
        "rests_on": list(answer.rests_on),
        "lines": [
            {
                "rule": line.rule, "title": line.title, "outcome": line.outcome, "text": line.text, "value": line.value,
                "threshold": line.threshold, "tag": line.tag, "source": line.source, "decisive": line.decisive,
            }
            for line in answer.lines
        ],
    }  # fmt: skip


def told(answer: Verdict, *, lines: bool = False) -> list[str]:
    """A verdict as lines of text."""
    tier = "no ESSA tier" if answer.essa == "none" else f"ESSA tier {answer.essa}"
    rows = [f"  {answer.rating_text} (WWC {answer.version}); {answer.character}; {tier}"]
    if answer.provisional:
        rows.append(f"  provisional: rests on {', '.join(answer.rests_on)}")
    if lines:
        rows += ["", *(f"  {line.outcome:<8}{line.tag:<5}{line.rule:<24}{line.text}" for line in answer.lines)]
    return rows
