"""What Coq accepted before, in a folder that is this user's own: nothing there is believed that others could write.

The folder and each file in it have to belong to this user, be no link, and be writable by nobody else. Each name is a
digest of all that the content depends on, or of the content. A file that is not there, not whole or not readable means
that Coq is asked again, as it is where there can be no such folder.
"""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from cnn_symbolic.ground.files import cache_folder


def kept_folder() -> Path | None:
    """Return the folder, which is made if it is not there; None if it is not only this user's."""
    folder = cache_folder() / "certificates"
    with suppress(OSError):
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        if stat.S_ISDIR(found.st_mode) and is_own(found):
            return folder
    return None


def is_own(found: os.stat_result) -> bool:
    """Return whether a folder or file belongs to this user, and nobody else may write to it."""
    return not hasattr(os, "geteuid") or (found.st_uid == os.geteuid() and not found.st_mode & 0o022)


def kept(name: str) -> bytes | None:
    """Return the content of a file that is kept, or None."""
    if (folder := kept_folder()) is None:
        return None
    try:
        with open(folder / name, "rb", opener=unfollowed) as file:
            found = os.fstat(file.fileno())
            return file.read() if stat.S_ISREG(found.st_mode) and is_own(found) else None
    except (OSError, ValueError):  # the latter for what is no name of a file
        return None


def unfollowed(path: str, flags: int) -> int:
    """Open a file, but no link, and wait for nobody who would write to it."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def keep(name: str, content: bytes) -> None:
    """Keep a file, whole or not at all, readable by this user only; where that cannot be, it is not kept."""
    if (folder := kept_folder()) is None:
        return
    with suppress(OSError), tempfile.NamedTemporaryFile(dir=folder, prefix=".", delete=False) as file:
        try:
            file.write(content)
            file.close()
            os.replace(file.name, folder / name)
        except BaseException:
            os.unlink(file.name)
            raise
