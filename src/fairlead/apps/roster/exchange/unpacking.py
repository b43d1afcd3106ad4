"""Files out of what somebody sends: a folder, a zip, a gzip, one file. Nothing of it is trusted.

Paths, links, locked and nested archives are refused; what comes out is counted while it comes, whatever was declared.
"""

from __future__ import annotations

import gzip
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from fairlead.apps.roster.exchange.problems import ExchangeError, said
from fairlead.apps.roster.exchange.problems import gettext_noop as _


@dataclass(frozen=True, slots=True)
class Limits:
    """What a roster may weigh. A ratio is judged only above `ratio_from` bytes: small files may be very regular."""

    files: int = 500
    file_bytes: int = 2 * 1024**3
    total_bytes: int = 4 * 1024**3
    ratio: int = 400
    ratio_from: int = 32 * 1024**2
    columns: int = 500


LIMITS = Limits()
MB = 1024**2


@dataclass(slots=True)
class Unpacked:
    """Plain files by name. The folder made for them goes with `close`."""

    files: dict[str, Path] = field(default_factory=dict)
    folder: Path | None = None

    def close(self) -> None:
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None


def unpack(path: Path, limits: Limits = LIMITS) -> Unpacked:
    """The files of a folder, a zip, a gzip or a single file, by name; what is compressed goes to a folder of its own."""
    if path.is_dir():
        return Unpacked(_folder_files(path, limits))
    if not path.is_file():
        raise ExchangeError(
            _("There is no such file or folder."),
            allowed=_("a folder, a zip, or one file that can be read"),
            got=path.name,
            where=str(path),
            then=_("check the path"),
        )
    with path.open("rb") as file:
        magic = file.read(4)
    if magic[:2] == b"PK" and path.suffix.lower() not in {".xlsx", ".xlsm"}:
        return _unzip(path, limits)
    if magic[:2] == b"\x1f\x8b" and not path.name.lower().endswith(".xml.gz"):
        return _gunzip(path, limits)
    check_plain(path, path.name, limits)
    return Unpacked({path.name: path})


def _folder_files(folder: Path, limits: Limits) -> dict[str, Path]:
    files: dict[str, Path] = {}
    inside = folder.resolve()
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.is_dir() or not path.exists():
            continue
        if path.is_symlink() and not path.resolve().is_relative_to(inside):
            raise ExchangeError(
                _("This folder holds a link to a file elsewhere; it was not followed."),
                allowed=_("files that lie in the folder itself"),
                got=path.name,
                where=str(folder),
                then=_("put the file itself into the folder"),
            )
        if not path.is_file():  # a pipe or a device would be read for ever
            continue
        check_plain(path, path.name, limits)
        files[path.name] = path
        if len(files) > limits.files:
            raise _too_many(folder.name, limits)
    return files


def check_plain(path: Path, name: str, limits: Limits) -> None:
    size = path.stat().st_size
    if size > limits.file_bytes:
        raise ExchangeError(
            _("This file is larger than any roster."),
            allowed=said(_("at most %(n)s MB in one file"), n=limits.file_bytes // MB),
            got=f"{size // MB} MB",
            where=name,
            then=_("check that it is the roster export; split it by school if it is"),
        )


def _too_many(where: str, limits: Limits) -> ExchangeError:
    return ExchangeError(
        _("There are more files here than a roster has."),
        allowed=said(_("at most %(n)s files"), n=limits.files),
        got=_("more"),
        where=where,
        then=_("put the files of one export into a folder or zip of their own"),
    )


def _unzip(path: Path, limits: Limits) -> Unpacked:
    """Unpack into a new folder under bare names, counting what really comes out."""
    out = Unpacked({}, Path(tempfile.mkdtemp(prefix="fairlead-roster-")))
    assert out.folder is not None
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if not m.is_dir() and not _hidden(m.filename)]
            if len(members) > limits.files:
                raise _too_many(path.name, limits)
            total = 0
            for member in members:
                name = _member_name(path, member, out.files)
                total += member.file_size
                _check_declared(path, member, total, limits)
                target = out.folder / name
                with archive.open(member) as packed:
                    _copy(packed, target, f"{path.name}/{member.filename}", member.compress_size, limits)
                out.files[name] = target
    except ExchangeError:
        out.close()
        raise
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        NotImplementedError,
        RuntimeError,
        ValueError,
    ) as error:
        out.close()
        raise ExchangeError(
            _("This zip is damaged, or made in a way that cannot be read."),
            allowed=_("an ordinary zip, without a password"),
            got=str(error)[:200],
            where=path.name,
            then=_("make the zip again, or unpack it and import the folder"),
        ) from None
    return out


def _hidden(name: str) -> bool:
    return name.startswith("__MACOSX") or PurePosixPath(name).name.startswith(".")


def _member_name(path: Path, member: zipfile.ZipInfo, taken: Mapping[str, Path]) -> str:
    """The bare name of a member, or a refusal when its path, kind or name is none that an export makes."""
    whole = PurePosixPath(member.filename.replace("\\", "/"))
    shown = member.filename[:100]
    if whole.is_absolute() or ".." in whole.parts or ":" in whole.parts[0]:
        problem, allowed = _("A file of this zip wants to be written outside its folder."), _("plain names")
    elif stat.S_ISLNK(member.external_attr >> 16):
        problem, allowed = _("This zip holds a link instead of a file."), _("files only")
    elif member.flag_bits & 0x1:
        problem, allowed = _("This zip is locked with a password."), _("a zip without a password")
    elif whole.suffix.lower() in {".zip", ".7z", ".rar", ".tar", ".tgz"}:
        problem, allowed = _("This zip holds another archive."), _("the files themselves, in one zip")
    elif whole.name in taken or whole.name.lower() in {name.lower() for name in taken}:
        problem, allowed = _("Two files of this zip have the same name."), _("each file once")
    else:
        return whole.name
    raise ExchangeError(
        problem,
        allowed=allowed,
        got=shown,
        where=path.name,
        then=_("make a zip of one export only, with its files at the top"),
    )


def _check_declared(path: Path, member: zipfile.ZipInfo, total: int, limits: Limits) -> None:
    ratio = member.file_size / max(1, member.compress_size)
    bomb = member.file_size > limits.ratio_from and ratio > limits.ratio
    if bomb or member.file_size > limits.file_bytes or total > limits.total_bytes:
        raise _bomb(f"{path.name}/{member.filename}", max(member.file_size, total), ratio, limits)


def _bomb(where: str, size: int, ratio: float, limits: Limits) -> ExchangeError:
    return ExchangeError(
        _("This file unpacks to far more than a roster holds; it was not opened."),
        allowed=said(
            _("at most %(one)s MB a file, %(all)s MB in all, and %(ratio)s times the packed size"),
            one=limits.file_bytes // MB,
            all=limits.total_bytes // MB,
            ratio=limits.ratio,
        ),
        got=said(_("%(n)s MB, %(ratio)s times"), n=size // MB, ratio=int(ratio)),
        where=where,
        then=_("unpack it by hand, look at it, and import the folder"),
    )


def _copy(packed: IO[bytes], target: Path, where: str, size: int, limits: Limits) -> None:
    """Copy what comes out, and stop when it is more than the limits, whatever was declared."""
    written = 0
    with target.open("wb") as file:
        while piece := packed.read(MB):
            written += len(piece)
            ratio = written / max(1, size)
            if written > limits.file_bytes or (written > limits.ratio_from and ratio > limits.ratio):
                raise _bomb(where, written, ratio, limits)
            file.write(piece)


def _gunzip(path: Path, limits: Limits) -> Unpacked:
    out = Unpacked({}, Path(tempfile.mkdtemp(prefix="fairlead-roster-")))
    assert out.folder is not None
    name = path.name[:-3] if path.name.lower().endswith(".gz") else path.name
    try:
        with open_bytes(path, limits=limits) as file, (out.folder / name).open("wb") as plain:
            shutil.copyfileobj(file, plain, MB)
    except BaseException:
        out.close()
        raise
    out.files[name] = out.folder / name
    return out


class _Bounded:
    """A stream out of a gzip that stops at the limits, and tells damage in words."""

    def __init__(self, file: BinaryIO, where: str, size: int, limits: Limits) -> None:
        self._file, self._where, self._size, self._limits, self._count = file, where, size, limits, 0

    def read(self, n: int = MB) -> bytes:
        try:
            piece = self._file.read(n if 0 < n <= MB else MB)
        except (OSError, EOFError, zlib.error) as error:
            raise ExchangeError(
                _("This compressed file is damaged."),
                allowed=_("an ordinary gzip file"),
                got=str(error)[:200],
                where=self._where,
                then=_("copy or make it again"),
            ) from None
        self._count += len(piece)
        ratio = self._count / max(1, self._size)
        if self._count > self._limits.file_bytes or (
            self._count > self._limits.ratio_from and ratio > self._limits.ratio
        ):
            raise _bomb(self._where, self._count, ratio, self._limits)
        return piece


@contextmanager
def open_bytes(path: Path, name: str | None = None, limits: Limits = LIMITS) -> Iterator[BinaryIO]:
    """A bounded stream of the file's bytes, unpacked on the way when it is a gzip. Only `read` may be used."""
    with path.open("rb") as plain:
        packed = plain.read(2) == b"\x1f\x8b"
        plain.seek(0)
        if not packed:
            check_plain(path, name or path.name, limits)
            yield plain
            return
        with gzip.GzipFile(fileobj=plain) as file:
            yield _Bounded(file, name or path.name, path.stat().st_size, limits)  # type: ignore[misc,arg-type]
