"""Between the rooms of the second floor: no app reads another app's models, and every selector is given the asker."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import fairlead

APPS = Path(fairlead.__file__).parent / "apps"
ROOMS = sorted(p.name for p in APPS.iterdir() if (p / "apps.py").exists())
# Selectors without an asker: the tree, the calendar, catalogues, functions of rows already given. A new one is put here
# only when what it reads is no personal data.
WITHOUT_ASKER = {
    "access": {"agreements_of"},
    "attendance": {"need"},
    "caseload": {"added_name", "zip_points"},
    "diagnostics": {"answered_items", "rated_items", "roots", "organization_name"},
    "evidence": {"outcome_target", "result_of"},
    "instruments": {"current_version", "first_items", "items_of", "versions"},
    "places": {"chosen_pair", "seat_costs", "result_columns_of", "year_end"},
    "supervision": {"at"},
    "surveys": {"least_group", "stage", "values_of"},
    "roster": {
        "scope_for", "organization", "organization_by_sourced_id", "networks", "organizations_below", "network_of",
        "in_force", "session_on", "session_of", "school_days", "has_organization",
    },
}  # fmt: skip


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize("room", ROOMS)
def test_no_app_imports_another_apps_models(room: str) -> None:
    foreign = {f"fairlead.apps.{other}.models" for other in ROOMS if other != room}
    for file in (APPS / room).rglob("*.py"):
        broken = foreign & set(imported(ast.parse(file.read_text(encoding="utf-8"))))
        assert not broken, f"{file.relative_to(APPS)} imports {broken}: call a selector or a service instead"


@pytest.mark.parametrize("room", ROOMS)
def test_selectors_are_given_the_asking_person_first(room: str) -> None:
    file = APPS / room / "selectors.py"
    found = set()
    for node in ast.parse(file.read_text(encoding="utf-8")).body if file.exists() else []:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            first = [a.arg for a in (*node.args.posonlyargs, *node.args.args)][:1]
            if first != ["scope"]:
                found.add(node.name)
    assert found == WITHOUT_ASKER.get(room, set())


def test_the_rooms_are_found() -> None:
    assert {"access", "roster", "attendance", "evidence"} <= set(ROOMS)
