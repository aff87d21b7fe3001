"""A board's files in one archive: written from what the agent sends, and laid out again to be read as --root.

An archive from a stranger is data: its size and number of files are bounded, and nothing in it may lie or
point outside the folder it is laid out in.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import posixpath
import tarfile
from collections.abc import Iterable
from pathlib import Path

from jetbench.domain.events import PackFile

SUFFIXES = (".tar.gz", ".tgz")
_LARGEST = 32 << 20  # bytes of all files
_UNPACKED = 2 * _LARGEST  # with the headers between them, which may be as long as they like
_MOST = 20_000
_UNREADABLE = ("EACCES", "EPERM")


class PackError(ValueError):
    """The archive cannot be written or is none; one line."""


def is_pack(path: Path) -> bool:
    return path.name.endswith(SUFFIXES) and path.is_file()


def write(path: Path, files: Iterable[PackFile]) -> int:
    """Write the archive. Returns the number of entries. Raises PackError."""
    count = 0
    try:
        with tarfile.open(path, "w:gz") as archive:
            for file in sorted(files, key=lambda file: file.path):
                member = tarfile.TarInfo(file.path)
                member.mode = 0o644
                data = b""
                if file.link is not None:
                    member.type, member.linkname = tarfile.SYMTYPE, file.link
                elif file.error in _UNREADABLE:
                    member.mode = 0o000
                elif file.error is not None:  # a folder: opening works and reading fails, as with EAGAIN
                    member.type, member.mode = tarfile.DIRTYPE, 0o755
                else:
                    data = (file.text or "").encode("utf-8", "surrogateescape")
                    member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
                count += 1
    except OSError as error:
        raise PackError(f"{path} cannot be written: {error.strerror or error}") from error
    return count


def lay_out(path: Path, folder: Path) -> None:
    """Files, links and folders of the archive under ``folder``. Raises PackError."""
    links: list[Path] = []
    try:
        with _Bounded(path) as unpacked, tarfile.open(fileobj=unpacked, mode="r:") as archive:
            size = 0
            for count, member in enumerate(archive):
                size += member.size
                if count >= _MOST or size > _LARGEST:
                    raise TooLargeError
                _place(archive, member, folder)
                links += [folder / member.name] if member.issym() else []
        for link in links:  # by its words each stays inside; what it leads to through others is seen now
            if not link.resolve().is_relative_to(folder.resolve()):
                raise PackError(f"{path}: a link in it points outside the archive's folder; not opened")
    except TooLargeError as error:
        raise PackError(f"{path}: larger than any board; not opened") from error
    except (tarfile.TarError, EOFError, OSError, RuntimeError) as error:  # RuntimeError: a loop of links, before 3.13
        raise PackError(f"{path}: no archive of a board: {error}") from error


class TooLargeError(Exception):
    """More than any board has."""


class _Bounded(gzip.GzipFile):
    """Not unpacked beyond a limit: a header of an archive is read whole, however long it says it is."""

    def read(self, size: int | None = -1) -> bytes:
        if size is None or size < 0 or self.tell() + size > _UNPACKED:
            raise TooLargeError
        return super().read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if offset > _UNPACKED:
            raise TooLargeError
        return super().seek(offset, whence)


def _place(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    inside = posixpath.normpath(member.name)
    if inside.startswith(("/", "..")) or not _stays(folder, folder / inside):
        raise PackError(f"{member.name!r} lies outside the archive's folder; not opened")
    target = folder / inside
    if member.isdir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if member.issym():
        aim = posixpath.normpath(posixpath.join(posixpath.dirname(inside), member.linkname))
        if member.linkname.startswith("/") or aim.startswith(".."):
            raise PackError(f"{member.name!r} points outside the archive's folder; not opened")
        with contextlib.suppress(FileExistsError):
            target.symlink_to(member.linkname)
    elif member.isreg():
        data = archive.extractfile(member)
        target.write_bytes(data.read() if data is not None else b"")
        if not member.mode & 0o444:
            target.chmod(0o000)
    else:
        raise PackError(f"{member.name!r} is no file, folder or symbolic link; not opened")


def _stays(folder: Path, target: Path) -> bool:
    """Whether a path, with the links that are already there, ends inside the folder."""
    return target.parent.resolve().is_relative_to(folder.resolve())
