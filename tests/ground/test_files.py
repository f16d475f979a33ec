"""Files are written whole or not at all, in place of files only; and what is left of them when something goes wrong."""

import os
import pty
import signal
import socket
import stat
import tempfile
import threading
from pathlib import Path

import pytest

from cnn_symbolic.ground import files
from cnn_symbolic.ground.ending import Ended, ended_by_exception
from cnn_symbolic.ground.errors import ExportError
from cnn_symbolic.ground.files import (
    check_folder,
    check_target,
    decoded,
    make_folder,
    temporary_folder,
    write,
)

NOBODY, SUPERUSER = 65534, hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture
def folder():
    """A folder of a user whom permissions hold for: as the superuser, this process is somebody else meanwhile."""
    with tempfile.TemporaryDirectory() as made:
        if SUPERUSER:
            os.chown(made, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, 0)
        try:
            yield Path(made)
        finally:
            if SUPERUSER:
                os.setresuid(0, 0, 0)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def permissions(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize(("mask", "expected"), [(0o022, 0o644), (0o077, 0o600), (0o000, 0o666)])
def test_a_new_file_has_the_permissions_of_new_files(tmp_path, mask, expected):
    before = os.umask(mask)
    try:
        write(tmp_path / "new", "α")
    finally:
        os.umask(before)
    assert permissions(tmp_path / "new") == expected
    assert (tmp_path / "new").read_bytes() == "α".encode()
    assert names(tmp_path) == ["new"]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o666, 0o755])
def test_a_file_that_is_there_keeps_its_permissions(folder, mode):
    path = folder / "old"
    path.write_text("old")
    path.chmod(mode)
    before = path.stat()
    write(path, "new")
    assert (path.read_text(), permissions(path)) == ("new", mode)
    assert (path.stat().st_uid, path.stat().st_gid) == (before.st_uid, before.st_gid)
    assert path.stat().st_ino != before.st_ino


@pytest.mark.skipif(not SUPERUSER, reason="only the superuser gives files away")
def test_a_file_keeps_its_owner_and_its_group(tmp_path):
    path = tmp_path / "old"
    path.write_text("old")
    os.chown(path, 1234, 4321)
    path.chmod(0o640)
    write(path, "new")
    assert (path.stat().st_uid, path.stat().st_gid, permissions(path)) == (1234, 4321, 0o640)


@pytest.mark.skipif(not SUPERUSER, reason="only the superuser gives files away")
def test_who_cannot_keep_the_group_does_not_give_its_rights_to_another(folder):
    path = folder / "old"
    path.write_text("old")
    os.setresuid(0, 0, 0)
    os.chown(path, NOBODY, 4321)
    path.chmod(0o664)
    groups, group = os.getgroups(), os.getgid()
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, 0)
    os.setresuid(NOBODY, NOBODY, 0)
    try:
        write(path, "new")
    finally:
        os.setresuid(0, 0, 0)
        os.setresgid(group, group, group)
        os.setgroups(groups)
    assert (path.read_text(), path.stat().st_gid, permissions(path)) == ("new", NOBODY, 0o644)


def test_links_are_followed_and_stay(tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "file").write_text("old")
    (tmp_path / "inner" / "link").symlink_to("file")
    (tmp_path / "outer").symlink_to("inner/link")
    (tmp_path / "dangling").symlink_to("inner/made")
    (tmp_path / "folder").symlink_to("inner")
    write(tmp_path / "outer", "new")
    write(tmp_path / "dangling", "made")
    write(tmp_path / "folder" / ".." / "above", "above")
    assert (tmp_path / "inner" / "file").read_text() == "new"
    assert not (tmp_path / "inner" / "file").is_symlink()
    assert (tmp_path / "inner" / "made").read_text() == "made"
    assert names(tmp_path) == ["above", "dangling", "folder", "inner", "outer"]
    assert names(tmp_path / "inner") == ["file", "link", "made"]
    assert all((tmp_path / name).is_symlink() for name in ("outer", "dangling", "inner/link"))


def test_another_hard_link_keeps_what_it_was(tmp_path):
    (tmp_path / "one").write_text("old")
    (tmp_path / "two").hardlink_to(tmp_path / "one")
    write(tmp_path / "one", "new")
    assert [(tmp_path / name).read_text() for name in ("one", "two")] == ["new", "old"]


def test_a_pipe_is_written_to_and_not_replaced(tmp_path):
    path, read = tmp_path / "pipe", []
    os.mkfifo(path)
    check_target(path)  # which does not wait for a reader
    reader = threading.Thread(target=lambda: read.append(path.read_bytes()), daemon=True)
    reader.start()
    write(path, "through " * 20_000)
    reader.join(10)
    assert read == [b"through " * 20_000]
    assert stat.S_ISFIFO(path.stat().st_mode)
    assert names(tmp_path) == ["pipe"]


def test_a_device_is_written_to_and_not_replaced(tmp_path):
    ours, theirs = pty.openpty()
    (tmp_path / "link").symlink_to(os.ttyname(theirs))
    for path in (Path(os.ttyname(theirs)), tmp_path / "link"):
        check_target(path)
        write(path, "shown")
        assert os.read(ours, 100) == b"shown"
        assert stat.S_ISCHR(path.stat().st_mode)
    os.close(ours)
    os.close(theirs)


def device(path, number):
    """Make a device of the system's memory: 3 takes everything, 7 is always full."""
    try:
        os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, number))
        path.open("rb").close()
    except OSError:
        pytest.skip("no device can be made here")
    return path


def test_a_device_of_the_superuser_is_not_replaced(tmp_path):
    path = device(tmp_path / "null", 3)
    write(path, "lost")
    assert stat.S_ISCHR(path.stat().st_mode)
    assert names(tmp_path) == ["null"]


@pytest.mark.parametrize("where", ["/dev/fd/{}", "/proc/self/fd/{}", "/proc/{pid}/task/{pid}/fd/{}", "link"])
def test_a_descriptor_is_written_to_behind_what_it_has(tmp_path, where):
    file = tmp_path / "file"
    with open(file, "w+") as opened:
        os.write(opened.fileno(), b"before ")
        path = Path(where.format(opened.fileno(), pid=os.getpid()))
        if where == "link":
            (tmp_path / "link").symlink_to(f"/dev/fd/{opened.fileno()}")
            path = tmp_path / "link"
        before = file.stat().st_ino
        check_target(path)
        write(path, "written ")
        os.write(opened.fileno(), b"after")
    assert (file.read_text(), file.stat().st_ino) == ("before written after", before)
    assert set(names(tmp_path)) <= {"file", "link"}


def test_a_descriptor_of_a_socket_is_written_to():
    ours, theirs = socket.socketpair()
    write(Path(f"/dev/fd/{theirs.fileno()}"), "sent")
    assert ours.recv(100) == b"sent"
    ours.close()
    theirs.close()


def make(folder, what):
    """Make something that cannot be written to, and return its path."""
    path = folder / "target"
    if what == "loop":
        path.symlink_to("other")
        (folder / "other").symlink_to("target")
    elif what == "folder":
        path.mkdir()
    elif what == "link to a folder":
        path.symlink_to(".")
    elif what == "socket":
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(str(path))
    elif what == "below a file":
        path.write_text("old")
        path = path / "below"
    elif what == "dangling into nowhere":
        path.symlink_to("absent/made")
    elif what == "closed":
        path = Path("/dev/fd/987")
    elif what == "read only":
        path.write_text("old")
        path.chmod(0o444)
    elif what == "unwritable folder":
        path.write_text("old")
        folder.chmod(0o555)
    elif what == "new in an unwritable folder":
        folder.chmod(0o555)
    elif what == "too long":
        path = folder / ("a" * 300)
    return path


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("loop", "Too many levels of symbolic links"),
        ("folder", "it is a folder"),
        ("link to a folder", "it is a folder"),
        ("socket", "it is a socket"),
        ("below a file", "Not a directory"),
        ("dangling into nowhere", "No such file or directory"),
        ("closed", "No such file or directory"),
        ("read only", "Permission denied"),
        ("unwritable folder", "it is replaced as a whole, and its folder .* is not writable"),
        ("new in an unwritable folder", "Permission denied"),
        ("too long", "File name too long"),
    ],
)
@pytest.mark.parametrize("doing", [check_target, lambda path: write(path, "new")], ids=["check", "write"])
def test_what_cannot_be_written_is_said_and_not_touched(folder, what, message, doing):
    path = make(folder, what)
    before = {each.name: each.lstat() for each in folder.iterdir()}
    with pytest.raises(ExportError, match=f"^{path} cannot be written: {message}$"):
        doing(path)
    assert {each.name: each.lstat() for each in folder.iterdir()} == before
    folder.chmod(0o700)


def test_a_check_makes_nothing(tmp_path):
    check_target(tmp_path / "new")
    check_folder(tmp_path / "some" / "folder", parents=True)
    assert names(tmp_path) == []


def test_a_full_disk_is_an_error(tmp_path):
    path = device(tmp_path / "full", 7)
    with pytest.raises(ExportError, match=f"^{path} cannot be written: No space left on device$"):
        write(path, "much")


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt(), MemoryError()])
@pytest.mark.parametrize("step", ["replace", "fchmod"])
def test_nothing_is_left_of_what_fails(tmp_path, monkeypatch, error, step):
    (tmp_path / "file").write_text("old")

    def fail(*_):
        raise error

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(ExportError if isinstance(error, OSError) else type(error)):
        write(tmp_path / "file", "new")
    assert names(tmp_path) == ["file"]
    assert (tmp_path / "file").read_text() == "old"


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize("step", ["fchmod", "replace"])
def test_a_signal_waits_until_the_file_is_whole(tmp_path, monkeypatch, number, step):
    (tmp_path / "file").write_text("old")
    usual = getattr(os, step)

    def interrupted(*given):
        signal.raise_signal(number)
        return usual(*given)

    monkeypatch.setattr(os, step, interrupted)
    with pytest.raises(Ended) as ended, ended_by_exception():
        write(tmp_path / "file", "new")
    assert ended.value.number == number
    assert names(tmp_path) == ["file"]
    assert (tmp_path / "file").read_text() == "new"


def test_a_temporary_folder_is_gone_at_whatever_step_a_signal_comes(monkeypatch):
    made = []
    for module, step in ((files.tempfile, "mkdtemp"), (files.shutil, "rmtree")):
        usual = getattr(module, step)

        def interrupted(*given, usual=usual, **options):
            signal.raise_signal(signal.SIGTERM)
            found = usual(*given, **options)
            made.append(found or given[0])
            return found

        with monkeypatch.context() as patch:
            patch.setattr(module, step, interrupted)
            with pytest.raises(Ended), ended_by_exception(), temporary_folder() as folder:
                (folder / "file").write_text("in it")
    assert len(made) == 2
    assert not any(Path(each).exists() for each in made)


def test_a_folder_that_cannot_be_made_is_said(folder):
    (folder / "file").write_text("")
    (folder / "nowhere").symlink_to("absent")
    for path, parents, message in (
        ("file", False, "File exists"),
        ("file/below", True, "Not a directory"),
        ("nowhere", True, "File exists"),
        ("absent/below", False, "No such file or directory"),
    ):
        with pytest.raises(ExportError, match=f"{path} cannot be made: {message}$"):
            make_folder(folder / path, parents)
    make_folder(folder / "some" / "folder", parents=True)
    (folder / "some").chmod(0o555)
    for path in ("some", "some/other"):
        with pytest.raises(ExportError, match="Permission denied"):
            check_folder(folder / path)
    check_folder(folder / "some" / "folder")


def test_half_a_surrogate_pair_is_an_escape(tmp_path):
    write(tmp_path / "file", '"\ud800"')
    assert (tmp_path / "file").read_bytes() == b'"\\ud800"'


def test_a_text_is_read_as_utf_8_with_any_ends_of_lines():
    assert decoded(b"\xef\xbb\xbf\xce\xb1\r\n\xce\xb2\r") == "α\nβ\n"
    with pytest.raises(ValueError, match=r"^line 2, column 3: it is not UTF-8, but has the byte 0xe9$"):
        decoded("α\nαβ".encode() + b"\xe9")
    with pytest.raises(ValueError, match="line 1, column 1: it is not UTF-8, but has the byte 0xff"):
        decoded("x".encode("utf-16"))
