"""What the web server loads before its first answer: nothing that only a study, an import or a night's work needs."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

HEAVY = ("scipy.stats", "scipy.optimize", "duckdb", "ibis", "numba", "formulaic", "openpyxl", "ortools", "pandas")
ASK = f"""
import django
django.setup()
from django.urls import get_resolver
assert get_resolver().url_patterns
import fairlead.site.urls, sys
print([name for name in {HEAVY!r} if name in sys.modules])
"""


@pytest.mark.prove
def test_every_page_is_known_without_the_heavy_libraries() -> None:
    settings = {"DJANGO_SETTINGS_MODULE": "fairlead.site.settings", "FAIRLEAD_DATABASE": "none"}
    found = subprocess.run(
        [sys.executable, "-c", ASK], env=os.environ | settings, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
