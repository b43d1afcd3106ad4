"""What the pages on offline rolls say in numbers and words is what the code does."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext

from fairlead.apps.attendance.arrivals import TOLERANCE

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "src/fairlead/site/static/fairlead/outbox"
HOW_TO = (ROOT / "docs/how-to/take-a-roll-offline.md").read_text(encoding="utf-8")
WHY = (ROOT / "docs/explanation/nothing-is-lost.md").read_text(encoding="utf-8")


def test_hours_and_minutes() -> None:
    hours = {
        int(re.search(r"KEEP = (\d+) \* 60 \* 60 \* 1000", (SCRIPTS / name).read_text(encoding="utf-8"))[1])  # type: ignore[index]
        for name in ("names.js", "worker.js")
    }
    assert hours == {14}
    assert timedelta(hours=14).total_seconds() == settings.SESSION_COOKIE_AGE
    assert "for 14 hours" in HOW_TO
    assert "after 14 hours" in WHY
    assert f"more than {TOLERANCE // timedelta(minutes=1)} minutes" in WHY


def test_the_words_of_the_pages_are_the_words_of_the_screen() -> None:
    words = (ROOT / "src/fairlead/site/templates/ui/outbox.html").read_text(encoding="utf-8")
    words += (ROOT / "src/fairlead/site/templates/outbox.html").read_text(encoding="utf-8")
    for said in ("Send now", "Export as a file", "Take it again with these marks", "Bring back an exported file"):
        assert said in HOW_TO, said
        assert said in words, said
    for said in ("Your session has ended", "Somebody else is signed in on this device"):
        assert said in HOW_TO
        assert said in words
    assert gettext("Waiting to send") in HOW_TO
