"""Files that are written whole or not at all, texts that are read, and folders: temporary ones, and this user's own.

A symbolic link is followed. A file that is there is replaced by a new one with the same permissions, and with the same
owner and group as far as this user may give them; other hard links to it keep what it was. Since it is replaced, its
folder has to be writable, as well as the file. What is no file is not replaced, but written to: a device, a named pipe,
and a descriptor of a process, such as /dev/stdout.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from io import StringIO
from pathlib import Path

import platformdirs

from cnn_symbolic.ground.ending import uninterrupted
from cnn_symbolic.ground.errors import ExportError

# The folders, without symbolic links, whose files are the descriptors of a process.
DESCRIPTORS = re.compile(r"/proc/(\d+)(?:/task/\d+)?/fd|/dev/fd")
MOST_LINKS = 40


def cache_folder() -> Path:
    """Return the folder of this user for what can be computed again; it need not exist."""
    return Path(platformdirs.user_cache_dir("cnn-symbolic", appauthor=False))


# Texts


def encoded(text: str) -> bytes:
    r"""Return a text as UTF-8. Half a surrogate pair, which has none, becomes its escape, as JSON has it: \ud800."""
    return text.encode(errors="backslashreplace")


def decoded(content: bytes) -> str:
    r"""Return a text that is UTF-8, without a byte order mark and with \n at the ends of its lines.

    Raises ValueError, with the place, if it is not.
    """
    try:
        return StringIO(content.decode("utf-8-sig"), newline=None).read()
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode("utf-8-sig").split("\n")
        place = f"line {len(before)}, column {len(before[-1]) + 1}"
        raise ValueError(f"{place}: it is not UTF-8, but has the byte 0x{error.object[error.start]:02x}") from None


# Writing


def write(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all, or to what is no file; raise ExportError if that fails."""
    data = encoded(content) if isinstance(content, str) else content
    with explained(path, "written"):
        target, found = looked_at(path)
        if is_descriptor(target) or (found is not None and not stat.S_ISREG(found.st_mode)):
            pour(target, data)
        else:
            replace(target, found, data)


def check_target(path: Path, reading: Collection[Path] = ()) -> None:
    """Raise ExportError if a file cannot be written, as far as that can be seen without touching it.

    Nor is one that is being read.
    """
    with explained(path, "written"):
        target, found = looked_at(path)
        if found is not None and any(each.exists() and each.samefile(target) for each in reading):
            raise OSError(errno.EINVAL, "it is what is read")


def looked_at(path: Path) -> tuple[Path, os.stat_result | None]:
    """Return what a path leads to, and what is known of it if it is there; raise OSError if it cannot be written."""
    target = followed(path)
    try:
        found = target.stat()
    except FileNotFoundError:
        if is_descriptor(target):
            raise
        need(target.parent, os.W_OK | os.X_OK)
        return target, None
    if stat.S_ISDIR(found.st_mode):
        raise OSError(errno.EISDIR, "it is a folder")
    if stat.S_ISSOCK(found.st_mode) and not is_descriptor(target):
        raise OSError(errno.ENXIO, "it is a socket")
    need(target, os.W_OK)
    if stat.S_ISREG(found.st_mode) and not is_descriptor(target) and not os.access(target.parent, os.W_OK | os.X_OK):
        raise OSError(errno.EACCES, f"it is replaced as a whole, and its folder {target.parent} is not writable")
    return target, found


def followed(path: Path) -> Path:
    """Return what a path leads to by way of symbolic links; raise OSError if they lead in a circle."""
    for _ in range(MOST_LINKS):
        if is_descriptor(path) or not path.is_symlink():
            return path
        path = path.parent / path.readlink()
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))


def is_descriptor(path: Path) -> bool:
    """Tell whether a path is a descriptor of a process: a link that is none, since it leads to what is open."""
    return DESCRIPTORS.fullmatch(os.path.realpath(path.parent)) is not None


def need(path: Path, permissions: int) -> None:
    """Raise OSError unless this user has these permissions."""
    if not os.access(path, permissions):
        path.stat()  # which says what else is wrong
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))


def pour(target: Path, data: bytes) -> None:
    """Write to what is there, behind what has been written to it."""
    owner = DESCRIPTORS.fullmatch(os.path.realpath(target.parent))
    ours = owner is not None and owner[1] in (None, str(os.getpid()))
    if ours and sys.stdout is not None:
        sys.stdout.flush()  # which may be the same
    with open(os.dup(int(target.name)), "wb") if ours else open(target, "ab") as file:
        file.write(data)


def replace(target: Path, found: os.stat_result | None, data: bytes) -> None:
    """Write a new file and put it in the place of one that was found there, if there is any."""
    temporary = target.with_name(f".cnn-symbolic-{os.urandom(8).hex()}")
    permissions = 0o666 if found is None else 0o600  # until it has those of the other
    with uninterrupted():
        try:
            with open(temporary, "xb", opener=lambda name, flags: os.open(name, flags, permissions)) as file:
                if found is not None and hasattr(os, "fchown"):
                    keep_owner(file.fileno(), found)
                file.write(data)
            os.replace(temporary, target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def keep_owner(file: int, found: os.stat_result) -> None:
    """Give an open file the owner, group and permissions of another, as far as this user may."""
    permissions = stat.S_IMODE(found.st_mode)
    for owner in (found.st_uid, -1):
        with suppress(OSError):
            os.fchown(file, owner, found.st_gid)
            break
    else:  # it has another group, which may do what all others may
        permissions = permissions & ~0o070 | (permissions & 0o007) << 3
    os.fchmod(file, permissions)


@contextmanager
def explained(path: Path, what: str) -> Iterator[None]:
    """Raise ExportError, with what cannot be done to a path, in place of OSError."""
    try:
        yield
    except OSError as error:
        raise ExportError(f"{path} cannot be {what}: {error.strerror or error}") from error


# Folders


def check_folder(folder: Path, parents: bool = False) -> None:
    """Raise ExportError if a folder is not writable and cannot be made, as far as that can be seen without touching it.

    With `parents`, those above it are made as well.
    """
    with explained(folder, "made"):
        above = folder
        while (parents or above == folder) and not os.path.lexists(above) and above != above.parent:
            above = above.parent
        if os.path.lexists(above) and not above.is_dir():
            number = errno.EEXIST if above == folder else errno.ENOTDIR
            raise OSError(number, os.strerror(number))
        need(above, os.W_OK | os.X_OK)


def make_folder(folder: Path, parents: bool = False) -> None:
    """Make a folder unless it is there, with `parents` those above it as well; raise ExportError if that fails."""
    check_folder(folder, parents)
    with explained(folder, "made"):
        folder.mkdir(parents=parents, exist_ok=True)


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Make a folder that is gone afterwards, at whatever moment a signal ends this process by an exception."""
    made = None
    try:
        with uninterrupted():
            made = tempfile.mkdtemp()
        yield Path(made)
    finally:
        with uninterrupted():
            if made is not None:
                shutil.rmtree(made, ignore_errors=True)
