"""ruff, mypy and the import contracts. All of them run, so that one look shows everything."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
CHECKS = {
    "ruff": [BIN / "ruff", "check", "--quiet", "src", "tests", "scripts", "bench"],
    "import contracts": [BIN / "lint-imports", "--no-logo"],
    "mypy": [BIN / "mypy"],
}


def main() -> int:
    """Run each check; status 1 when one of them fails."""
    # mypy's Django plugin loads the settings: no database is needed for that.
    environment = os.environ | {"FAIRLEAD_DATABASE": "none", "PYTHONPATH": str(ROOT / "src")}
    failed = []
    for name, command in CHECKS.items():
        began = time.monotonic()
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        good = done.returncode == 0
        print(f"{name}: {'good' if good else 'FAILED'} ({time.monotonic() - began:.0f} s)", flush=True)
        if not good:
            failed.append(name)
            print(done.stdout + done.stderr, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
