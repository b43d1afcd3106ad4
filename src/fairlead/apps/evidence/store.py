"""Where frozen extracts lie: Parquet files in the data folder, named by what they say."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings


def folder() -> Path:
    return Path(settings.EXTRACTS)


def keep(content: bytes, digest: str) -> str:
    """Write an extract once; the name is its content's hash, so writing it again changes nothing."""
    name = f"{digest}.parquet"
    target = folder() / name
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_suffix(".new")
        fresh.write_bytes(content)
        fresh.replace(target)
    return name
