"""A parcel of files as somebody sends it: a zip, a folder or one file. Nothing of it is trusted.

Readers ask for names and for frames of text; where each row stands in its file comes with it.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from pathlib import Path, PurePosixPath
from types import TracebackType

import polars as pl

from fairlead.apps.roster.exchange.problems import ExchangeError

MOST_BYTES = 4 * 1024**3  # of all files of a parcel, unpacked
MOST_RATIO = 200  # unpacked ÷ packed: honest CSV stays below 30


class Parcel:
    """Files by their bare names (`users.csv`), unpacked to a folder that goes when the parcel is closed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._folder: Path | None = None
        if path.is_dir():
            self.files = {p.name: p for p in sorted(path.iterdir()) if p.is_file() and not p.name.startswith(".")}
        elif zipfile.is_zipfile(path) and path.suffix.lower() != ".xlsx":
            self.files = self._unpack()
        elif path.is_file():
            self.files = {path.name: path}
        else:
            raise ExchangeError(
                "There is no such file or folder.",
                allowed="a zip, a folder or a file that can be read",
                got=path.name,
                where=str(path),
                then="check the path",
            )

    def __enter__(self) -> Parcel:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Throw the unpacked copies away."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def find(self, name: str) -> str | None:
        """The file of this name as the sender wrote it, capitals apart."""
        return next((own for own in self.files if own.lower() == name.lower()), None)

    def header(self, name: str) -> list[str]:
        """The first line's columns, as they are written."""
        with self.files[name].open(encoding="utf-8-sig", errors="replace") as file:
            line = file.readline(100_000)
        return [column.strip().strip('"').strip() for column in line.rstrip("\r\n").split(",")]

    def frame(self, name: str) -> pl.DataFrame:
        """All rows as text, with `_file` and `_line`; headers trimmed."""
        return read_csv(self.files[name], name)

    def _unpack(self) -> dict[str, Path]:
        files: dict[str, Path] = {}
        with zipfile.ZipFile(self.path) as archive:
            members = [m for m in archive.infolist() if not m.is_dir() and not _hidden(m.filename)]
            total = sum(m.file_size for m in members)
            packed = max(1, self.path.stat().st_size)
            if total > MOST_BYTES or total / packed > MOST_RATIO:
                raise ExchangeError(
                    "This zip unpacks to far more than a roster holds; it was not opened.",
                    allowed=f"at most {MOST_BYTES // 1024**2} MB unpacked, and {MOST_RATIO} times the packed size",
                    got=f"{total // 1024**2} MB, {total // packed} times",
                    where=self.path.name,
                    then="unpack it by hand, look at it, and import the folder",
                )
            self._folder = Path(tempfile.mkdtemp(prefix="fairlead-roster-"))
            for member in members:
                bare = PurePosixPath(member.filename.replace("\\", "/")).name
                if bare in files:
                    raise ExchangeError(
                        "Two files of this zip have the same name.",
                        allowed="each file once, in the zip's top folder",
                        got=bare,
                        where=self.path.name,
                        then="make a zip of one export only",
                    )
                target = self._folder / bare
                with archive.open(member) as packed_file, target.open("wb") as file:
                    shutil.copyfileobj(packed_file, file, 1024 * 1024)
                files[bare] = target
        return files


def _hidden(name: str) -> bool:
    return name.startswith("__MACOSX") or PurePosixPath(name).name.startswith(".")


def read_csv(path: Path, name: str) -> pl.DataFrame:
    """A CSV as text. `_line` is the line of the row when no field holds a line break."""
    if path.stat().st_size == 0:
        return pl.DataFrame({"_file": [], "_line": []}, schema={"_file": pl.String, "_line": pl.Int64})
    try:
        frame = pl.read_csv(path, infer_schema=False, row_index_name="_line", row_index_offset=2)
    except pl.exceptions.PolarsError as error:
        raise ExchangeError(
            "This file cannot be read as CSV.",
            allowed="comma-separated text in UTF-8, one header line, as many fields in each line as in the header",
            got=str(error).splitlines()[0][:200],
            where=name,
            then="export it again from the system that made it",
        ) from None
    frame = frame.rename({c: c.strip().lstrip("\ufeff") for c in frame.columns})
    return frame.with_columns(pl.lit(name).alias("_file"), pl.col("_line").cast(pl.Int64))
