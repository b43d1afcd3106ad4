"""The documentation is held to the code: links lead somewhere, examples run, pictures are small, data pages are true."""

from __future__ import annotations

import contextlib
import io
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
EXAMPLE = re.compile(r"```python\n(.*?)```(?:\n+prints\n+```\n(.*?)```)?", re.DOTALL)
LARGEST_PICTURE = 150_000


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    links = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]
    for link in links:
        assert (page.parent / link).exists(), f"{name(page)} links to {link}, which is not there"


# Their examples compile the kernels first: that takes most of the time of all the examples together.
COMPILED = {"docs/explanation/multilevel-models.md", "docs/explanation/item-response.md"}


def examples() -> list[tuple[Path, str, str]]:
    return [(page, code, said) for page in PAGES for code, said in EXAMPLE.findall(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize(
    ("page", "code", "said"),
    [pytest.param(*e, marks=pytest.mark.prove if name(e[0]) in COMPILED else ()) for e in examples()],
    ids=lambda value: name(value) if isinstance(value, Path) else "",
)
def test_examples_run_and_print_what_the_page_says(page: Path, code: str, said: str) -> None:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, name(page), "exec"), {})
    assert out.getvalue().strip() == said.strip()


def test_there_are_examples() -> None:
    assert len(examples()) >= 1


def test_five_pictures_each_small() -> None:
    pictures = sorted((ROOT / "docs" / "shots").glob("*.png"))
    assert len(pictures) == 5
    for picture in pictures:
        assert picture.stat().st_size <= LARGEST_PICTURE, f"{picture.name}: {picture.stat().st_size:,} bytes"
    shown = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [p.name for p in pictures if p.name not in shown] == []


def test_every_page_is_listed() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs").rglob("*.md"):
        if page.name != "README.md":
            assert str(page.relative_to(ROOT / "docs")) in index, f"{name(page)} is not in docs/README.md"


def test_the_page_of_purposes_names_every_use_and_audience() -> None:
    from fairlead.apps.access.purposes import AUDIENCES, USES, purposes

    page = (ROOT / "docs" / "reference" / "purposes.md").read_text(encoding="utf-8")
    for word in (*USES, *AUDIENCES):
        assert word in page, word
    table = tomllib.loads((ROOT / "src/fairlead/apps/access/purposes.toml").read_text(encoding="utf-8"))
    assert set(purposes()) == {key for key, value in table.items() if isinstance(value, dict)}


def test_make_targets_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"\bmake ([a-z]+)", (ROOT / "README.md").read_text(encoding="utf-8")):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_licence_is_apache() -> None:
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")


def test_the_page_of_retention_is_what_the_rules_say() -> None:
    from fairlead.apps.access.retention import rules

    page = (ROOT / "docs" / "reference" / "retention.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| (\w+) \| [^|]+\| ([^|]+ \| \w+) \|$", page, re.MULTILINE))
    kept = {
        rule.key: f"{rule.years or rule.days} {'year' if rule.years else 'day'}"
        f"{'s' if (rule.years or rule.days) > 1 else ''} | {rule.confidence}"
        for rule in rules()
    }
    assert told.pop("Rule") == "Kept for | Confidence"
    assert told == kept


def test_the_page_of_erasing_names_every_action() -> None:
    from fairlead.apps.access.declared import ACTIONS

    page = (ROOT / "docs" / "how-to" / "erase-a-person.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| (\w+)[ :][^|]*\|", page, re.MULTILINE)) - {"Declared"} == set(ACTIONS)
