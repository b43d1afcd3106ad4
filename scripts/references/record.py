"""Ask the other programs again: every value that a test of the engine holds against one of them, into one file.

usage: record.py DATA [name …]      DATA is the folder that holds eval/; names are those of the scripts beside this one

Python's packages go into an environment of their own, of the versions in requirements.txt; R's are Debian's (apt-get install
r-cran-lme4 r-cran-lmertest r-cran-pbkrtest r-cran-mlmrev r-cran-matchit r-cran-sandwich r-cran-clubsandwich r-cran-metafor
r-cran-metadat r-cran-aer). What they print is kept as it is, with their versions, in
tests/science/impact/references.toml; tests/science/impact/test_references.py finds each typed value in it.
"""

from __future__ import annotations

import platform
import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
RECORD = HERE.parent.parent / "tests" / "science" / "impact" / "references.toml"
PACKAGES = {
    "matching": ("MatchIt", "sandwich"),
    "multilevel": ("lme4", "lmerTest", "pbkrtest", "mlmRev"),
    "panel": ("csdid", "pyfixest"),
    "regression": ("clubSandwich",),
    "synthesis": ("metafor", "clubSandwich", "metadat"),
    "trials": ("AER", "sandwich"),
}


def main(arguments: list[str]) -> int:
    if not arguments or not (Path(arguments[0]) / "eval").is_dir() or set(arguments[1:]) - set(PACKAGES):
        print(__doc__, file=sys.stderr)
        return 2
    data, names = arguments[0], arguments[1:] or list(PACKAGES)
    known = tomllib.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            known[name] = of_python(name, data, Path(folder)) if (HERE / f"{name}.py").exists() else of_r(name, data)
            print(f"{name}: {known[name]['by']}", flush=True)
    head = "# Written by scripts/references/record.py; not by hand.\n"
    parts = [
        f"[{name}]\nby = \"{part['by']}\"\nprinted = '''\n{part['printed'].strip()}\n'''\n"
        for name, part in known.items()
    ]
    RECORD.write_text("\n".join([head, *parts]), encoding="utf-8")
    return 0


def of_r(name: str, data: str) -> dict[str, str]:
    """What the R script prints, and by which versions."""
    asked = "; ".join(
        f"cat('{package}', as.character(packageVersion('{package}')), ', ')" for package in PACKAGES[name]
    )
    versions = told(["Rscript", "-e", f"cat('R', as.character(getRversion()), ', '); {asked}"])
    return {"by": tidy(versions), "printed": told(["Rscript", str(HERE / f"{name}.R"), data])}


def of_python(name: str, data: str, folder: Path) -> dict[str, str]:
    """The same of a script in Python, in an environment of its own."""
    place = folder / "venv"
    if not place.exists():
        venv.create(place, with_pip=True)
        told([str(place / "bin" / "python"), "-m", "pip", "install", "-q", "-r", str(HERE / "requirements.txt")])
    python = str(place / "bin" / "python")
    asked = "; ".join(f"print({p!r}, version({p!r}), end=', ')" for p in PACKAGES[name])
    versions = told([python, "-c", f"from importlib.metadata import version; {asked}"])
    printed = told([python, str(HERE / f"{name}.py"), data])
    return {"by": tidy(f"Python {platform.python_version()}, {versions}"), "printed": printed}


def tidy(versions: str) -> str:
    return re.sub(r"\s+,", ",", versions).strip(" ,\n")


def told(command: list[str]) -> str:
    """What it prints; a script that fails ends everything."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr.strip()[-2000:]}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
