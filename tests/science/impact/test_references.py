"""Every long number that a test holds against another program is one that the program printed when it was asked last.

`scripts/references/record.py` asks the programs and writes references.toml. What Debian and PyPI do not have (MatchIt 4.7.1,
PowerUpR, R's fixest, did and sensemakr) is typed from the shared list of reference values or from the publication, with seven
digits or fewer, and says so beside it.
"""

from __future__ import annotations

import ast
import bisect
import re
import tomllib
from pathlib import Path

import pytest

HERE = Path(__file__).parent
RECORD = tomllib.loads((HERE / "references.toml").read_text(encoding="utf-8"))
NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?")
LONG = 9  # significant digits from which on a number is taken for another program's
HELD = {
    "matching": ["matching/test_lalonde.py"],
    "multilevel": ["multilevel/test_published.py", "multilevel/test_three_levels.py"],
    "panel": ["panel/test_published.py"],
    "regression": ["regression/test_published.py", "regression/test_heterogeneity.py"],
    "synthesis": ["synthesis/test_synthesis.py"],
    "trials": ["trials/test_published.py"],
}


def typed(path: Path) -> list[tuple[int, str]]:
    """Line and text of each long number."""
    source = path.read_text(encoding="utf-8")
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            text = ast.get_source_segment(source, node) or ""
            digits = re.sub(r"[eE].*", "", text).replace(".", "").replace("_", "").lstrip("0")
            if len(digits) >= LONG:
                found.append((node.lineno, text))
    return found


@pytest.mark.parametrize("name", HELD)
def test_every_typed_value_was_printed(name: str) -> None:
    printed = sorted(abs(float(text)) for text in NUMBER.findall(RECORD[name]["printed"]))
    count = 0
    for file in HELD[name]:
        for line, text in typed(HERE / file):
            value = float(text)
            near = printed[max(bisect.bisect(printed, value) - 1, 0) :][:2]
            # to the last digit that both have: half of the typed one's, or what the program printed of it
            assert any(abs(one - value) <= 1e-9 * value for one in near), f"{file}:{line}: {text} was not printed"
            count += 1
    assert count >= 3


def test_the_record_names_its_programs() -> None:
    assert set(RECORD) == set(HELD)
    for part in RECORD.values():
        assert re.match(r"(R|Python) \d+\.\d+\.\d+, \w+ \d", part["by"])
