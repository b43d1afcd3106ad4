"""What holds for the whole house: imports go down, no model without its migration, no sentence untranslated."""

from __future__ import annotations

import ast
import gettext
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "fairlead"
CATALOGUES = sorted(PACKAGE.glob("**/locale/es/LC_MESSAGES/django.po"))
SYSTEM_CLOCK = re.compile(r"\b(datetime\.(now|utcnow|today)|date\.today|timezone\.now)\(|\btime\.time\(")


def test_imports_go_down_only() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-logo"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.django_db
def test_no_model_without_its_migration() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=1)


def test_no_module_grows_too_long() -> None:
    modules = [path for path in PACKAGE.rglob("*.py") if path.parent.name != "migrations"]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in modules}
    assert {path: length for path, length in lengths.items() if length > 600} == {}


def test_a_school_is_held_against_the_scope_once() -> None:
    """With both conditions on the column, PostgreSQL plans the morning's statements anew each time (the list looks cheap)."""
    room = PACKAGE / "apps" / "attendance"
    of_column = re.compile(r"organization_id = %\(\w+\)s AND [^\n]*organization_id = ANY \(%\(orgs\)s\)")
    assert {p.name for p in room.glob("*.py") if of_column.search(p.read_text())} == {"timeliness.py"}  # once a term


def test_only_the_site_asks_the_system_clock() -> None:
    asking = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if SYSTEM_CLOCK.search(path.read_text()) and path.relative_to(PACKAGE).parts[0] != "site"
    }
    assert asking == set()


def entries(catalogue: Path) -> list[tuple[str, str, bool]]:
    """(msgid, msgstr, fuzzy) of a catalogue; plurals are judged by their first form."""
    found = []
    for block in catalogue.read_text().split("\n\n"):
        lines = [line for line in block.splitlines() if not line.startswith("#~")]
        fuzzy = any(line.startswith("#,") and "fuzzy" in line for line in lines)
        texts: dict[str, str] = {}
        key = ""
        for line in lines:
            if match := re.match(r'(msgid|msgid_plural|msgstr|msgstr\[0\]|msgctxt) (".*")$', line):
                key = match[1]
                texts[key] = ast.literal_eval(match[2])
            elif line.startswith('"') and key:
                texts[key] += ast.literal_eval(line)
            elif line.startswith("msgstr["):
                key = ""
        if texts.get("msgid"):
            context = texts["msgctxt"] + "\x04" if "msgctxt" in texts else ""
            found.append((context + texts["msgid"], texts.get("msgstr", texts.get("msgstr[0]", "")), fuzzy))
    return found


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda p: str(p.relative_to(PACKAGE).parts[:-4]))
def test_every_sentence_is_translated_and_compiled(catalogue: Path) -> None:
    missing = [source for source, target, fuzzy in entries(catalogue) if fuzzy or not target.strip()]
    assert missing == []
    with catalogue.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    stale = [s for s, t, _ in entries(catalogue) if t not in (compiled.get(s), compiled.get((s, 0)))]
    assert stale == [], "make messages"


def test_there_are_catalogues() -> None:
    assert CATALOGUES


CALLS = {"_": 0, "gettext": 0, "gettext_lazy": 0, "gettext_noop": 0, "ngettext": 0, "ngettext_lazy": 0}
CALLS |= {"pgettext": 1, "pgettext_lazy": 1, "npgettext": 1, "npgettext_lazy": 1}


def sentences(source: str) -> Iterator[tuple[str, int]]:
    """What a module gives to gettext, with its line, as catalogues name it; also inside an f-string, where no tool looks."""
    for node in ast.walk(ast.parse(source)):
        name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
        if isinstance(node, ast.Call) and name in CALLS:
            given = node.args[: CALLS[name] + 1]
            texts = [a.value for a in given if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            if texts and len(texts) == len(given):
                yield "\x04".join(texts), node.lineno


def test_every_sentence_of_the_code_stands_in_a_catalogue() -> None:
    known = {source for catalogue in CATALOGUES for source, _target, _fuzzy in entries(catalogue)}
    modules = [(path, text) for path in PACKAGE.rglob("*.py") if "gettext" in (text := path.read_text())]
    missing = [
        f"{path.relative_to(PACKAGE)}:{line}: {sentence}"
        for path, text in modules
        for sentence, line in sentences(text)
        if sentence not in known
    ]
    assert missing == [], "make messages; a sentence within an f-string is not collected: take it out of there"
