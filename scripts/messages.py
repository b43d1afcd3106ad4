"""Collect the visible text of every package that has a catalogue, and compile the catalogues."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LANGUAGE = "es"


def main() -> int:
    """Each catalogue next to the text that it translates; counts what is still missing."""
    missing = 0
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    for locale in sorted((ROOT / "src" / "fairlead").glob("**/locale")):
        room = locale.parent
        admin = [sys.executable, "-P", "-m", "django"]  # -P: a room has a selectors.py, as Python has
        options = ["-l", LANGUAGE, "--no-location", "--no-obsolete"]
        subprocess.run([*admin, "makemessages", *options], cwd=room, env=environment, check=True)
        subprocess.run([*admin, "compilemessages", "-l", LANGUAGE], cwd=room, env=environment, check=True)
        catalogue = locale / LANGUAGE / "LC_MESSAGES" / "django.po"
        said = subprocess.run(
            ["msgfmt", "--statistics", "-o", "/dev/null", catalogue], capture_output=True, text=True
        )
        print(f"{room.relative_to(ROOT)}: {said.stderr.strip()}")
        missing += "untranslated" in said.stderr or "fuzzy" in said.stderr
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
