"""Files that are written whole or not at all, and the folder where this user's results are kept between runs."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

import platformdirs

from cnn_symbolic.ground.errors import ExportError


def cache_folder() -> Path:
    """Return the folder of this user for what can be computed again; it need not exist."""
    return Path(platformdirs.user_cache_dir("cnn-symbolic", appauthor=False))


def check_folder(folder: Path) -> None:
    """Raise ExportError if there is no such folder and it cannot be made, as far as that can be seen before."""
    if not folder.is_dir() and (folder.exists() or not folder.parent.is_dir()):
        reason = errno.EEXIST if folder.exists() else errno.ENOENT
        raise ExportError(f"{folder} cannot be made: {os.strerror(reason)}")


def write(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all; raise ExportError if it cannot be written."""
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            temporary = Path(file.name)
            try:
                file.write(content.encode() if isinstance(content, str) else content)
                file.close()
                os.chmod(temporary, 0o666 & ~current_umask())
                os.replace(temporary, path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise ExportError(f"{path} cannot be written: {error.strerror or error}") from error


def current_umask() -> int:
    """Return the permissions that new files do not get."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
