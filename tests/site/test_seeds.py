"""The table of promises tells the truth: its links resolve, its tests exist, its states fit."""

from __future__ import annotations

import ast
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from django.urls import NoReverseMatch, get_resolver, reverse

from fairlead.site.about.seeds import STATES, Seed, read_seeds

ROOT = Path(__file__).resolve().parents[2]
SEEDS = list(chain.from_iterable(source.seeds for source in read_seeds()))


def test_every_sentence_of_the_three_documents_is_there() -> None:
    expected = [f"LE{n}" for n in range(1, 20)] + [f"PL{n}" for n in range(1, 19)] + [f"EC{n}" for n in range(1, 13)]
    assert [seed.id for seed in SEEDS] == expected


@pytest.mark.parametrize("seed", SEEDS, ids=lambda s: s.id)
def test_a_promise_points_at_what_exists(seed: Seed) -> None:
    assert seed.says
    assert seed.kept_by
    assert seed.kept_by_es
    assert seed.state in STATES
    if seed.state == "kept":
        assert seed.page, "kept needs a page to check on"
        assert seed.test, "kept needs a test that proves it"
    if seed.state == "not yet":
        assert not seed.page
        assert not seed.test
    if seed.page:
        assert _route(seed.page), f"{seed.page} is not a page"
    if seed.test:
        assert seed.test in _named(seed.test), f"{seed.test} is not a test"


def test_an_unknown_page_or_test_is_noticed() -> None:
    assert not _route("nobody:nowhere")
    assert "tests/site/test_seeds.py::test_of_nothing" not in _named("tests/site/test_seeds.py::test_of_nothing")


def test_the_page_shows_every_sentence(client: Any, db: None) -> None:
    page = client.get(reverse("about_seeds")).content.decode()
    assert page.count('<tr id="') == len(SEEDS)


def _route(name: str) -> bool:
    try:
        reverse(name)
    except NoReverseMatch:
        space, _, leaf = name.rpartition(":")
        resolver: Any = get_resolver()
        if space:
            if space not in resolver.namespace_dict:
                return False
            resolver = resolver.namespace_dict[space][1]
        return leaf in {key for key in resolver.reverse_dict if isinstance(key, str)}
    return True


def _named(node: str) -> set[str]:
    """The test functions of a file, as pytest names them, without parameters."""
    file = node.split("::")[0]
    path = ROOT / file
    if not path.is_file():
        return set()
    tree = ast.parse(path.read_text("utf-8"))
    return {f"{file}::{f.name}" for f in tree.body if isinstance(f, ast.FunctionDef) and f.name.startswith("test_")}
