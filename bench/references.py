"""Other people's engines, which the benches install for themselves where they may: R's packages by Debian, Python's in an
environment of their own. None of them is a part of Fairlead."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import platformdirs

CACHE = platformdirs.user_cache_path("fairlead") / "bench"


def rscript(*packages: str) -> str | None:
    """The path of Rscript with these packages; installed by apt when we are root on Debian. None (and why) else."""
    if not _has(packages) and os.geteuid() == 0 and shutil.which("apt-get"):
        names = ["r-base-core", *(f"r-cran-{package.lower()}" for package in packages)]
        print(f"  installing {', '.join(names)} …", flush=True)
        quiet = {"env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"}, "capture_output": True, "check": False}
        subprocess.run(["apt-get", "update", "-qq"], **quiet)
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *names], **quiet)
    if _has(packages):
        return shutil.which("Rscript")
    print(f"  R with {', '.join(packages)} is not here and could not be installed: not compared", flush=True)
    return None


def _has(packages: tuple[str, ...]) -> bool:
    if not shutil.which("Rscript"):
        return False
    asked = "; ".join(f"stopifnot(requireNamespace('{package}', quietly = TRUE))" for package in packages)
    return subprocess.run(["Rscript", "-e", asked or "1"], capture_output=True, check=False).returncode == 0


def python(name: str, *requirements: str) -> Path | None:
    """The Python of an environment that has these packages; made anew where it is missing. None (and why) else."""
    folder = CACHE / name
    binary = folder / "bin" / "python"
    stamp = folder / "installed.txt"
    wanted = "\n".join(requirements)
    if stamp.exists() and stamp.read_text() == wanted:
        return binary
    print(f"  installing {', '.join(requirements)} into {folder} …", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    made = subprocess.run([sys.executable, "-m", "venv", str(folder)], capture_output=True, check=False)
    done = made.returncode == 0 and subprocess.run(
        [str(binary), "-m", "pip", "install", "-q", *requirements], capture_output=True, check=False
    )
    if not done or done.returncode:
        print(f"  {', '.join(requirements)} could not be installed: not compared", flush=True)
        return None
    stamp.write_text(wanted)
    return binary
