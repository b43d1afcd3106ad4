"""An empty network beside the seeded one, and a way to bring files into it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.apps.roster.exchange import files


@pytest.fixture
def net(db: None) -> Any:
    from fairlead.apps.roster.models import Organization

    return Organization.objects.create(name="Net", kind="network", sourced_id="net")


@pytest.fixture(autouse=True)
def _november() -> Any:
    from fairlead import clock

    with clock.standing_at(datetime(2026, 11, 20, 9, 31, tzinfo=ZoneInfo("America/New_York"))):
        yield


TODAY = date(2026, 11, 20)


@pytest.fixture
def bring(net: Any, tmp_path: Path) -> Callable[..., Any]:
    """`bring(files)`: import and merge; `merge=False` looks only. Gives the finished import."""
    from fairlead.apps.roster.exchange import running

    def work(
        content: dict[str, files.Rows] | Path,
        *,
        modes: dict[str, str] | None = None,
        merge: bool = True,
        **options: Any,
    ) -> Any:
        path = content if isinstance(content, Path) else files.write(tmp_path / "in", content, modes)
        with running.looking(path, options.pop("root", net), as_owner=True, **options) as found:
            if merge:
                found.confirm()
        return found

    return work
