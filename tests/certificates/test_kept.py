"""What Coq accepted before: it counts where it is this user's own and about the same, and nothing forged does."""

import dataclasses
import os
import shutil
import threading

import pytest

from cnn_symbolic.certificates import certifying
from cnn_symbolic.certificates.certifying import certify
from cnn_symbolic.certificates.trusted import compiling, kept
from cnn_symbolic.certificates.trusted.compiling import library_texts
from cnn_symbolic.certificates.trusted.coqc import find_coq
from tests.support import certifying as shared
from tests.support.certificates import OTHER, PROOF, STATEMENT, WRONG, by_hand, claims, emit
from tests.support.certifying import QUICK, REAL_AXIOMS, coqc
from tests.support.thorough import every

# Fixtures.
small_library, quick_coq, runs = shared.small_library, shared.quick_coq, shared.runs

LIBRARY, ONE = ["Definitions.v"], ["S_c_one.v", "P_c_one.v", "K_c_one.v"]
posix = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="who owns a file is asked where users have numbers")


@pytest.fixture(autouse=True)
def accepted(small_library, quick_coq, monkeypatch, tmp_path, runs):
    """The folder in which it is kept that the claim "one" was certified."""
    emit(monkeypatch, {"one": PROOF, "two": PROOF, "wrong": WRONG})
    (found,) = certify(claims("one"), tmp_path / "first", jobs=1)
    assert found.status == "certified"
    assert runs == LIBRARY + ONE
    runs.clear()
    return kept.kept_folder()


def again(tmp_path, *names, **options):
    """What becomes of claims in another folder of certificates."""
    return certify(claims(*names or ("one",)), tmp_path / "again", jobs=1, **options)


def test_what_was_accepted_is_not_compiled_again(accepted, tmp_path, runs):
    (found,) = again(tmp_path)
    assert runs == []
    assert (found.status, found.detail) == ("certified", "certified by Coq 8.16")
    assert found.seconds > 0
    again(tmp_path, "one", "two", "wrong")
    assert runs == ["S_c_two.v", "P_c_two.v", "K_c_two.v", "S_c_wrong.v", "P_c_wrong.v"]
    runs.clear()
    again(tmp_path, "one", "wrong")
    assert runs == ["S_c_wrong.v", "P_c_wrong.v"]
    runs.clear()
    again(tmp_path, again=True)
    assert runs == LIBRARY + ONE


@posix
def test_it_is_readable_by_this_user_only(accepted):
    assert accepted.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in accepted.iterdir()} == {0o600}


def set_default(patch, name, value):
    """Have certificates written by hand made with another default."""
    names = ("name", "proof", "statement", "axioms")
    defaults = [value if n == name else old for n, old in zip(names, by_hand.__defaults__, strict=True)]
    patch.setattr("tests.support.certificates.by_hand.__defaults__", tuple(defaults))


def other_coq(patch, path):
    """The same path leads to another program."""
    coqc(path.parent, f"{QUICK}\n# another one")


def other_place(patch, path):
    """The standard library is at another place."""
    coqc(
        path.parent,
        QUICK.replace(
            "-print-version|-where) echo 8.16.1", '-print-version) echo 8.16.1; exit;; -where) echo "$COQLIB"'
        ),
    )
    patch.setenv("COQLIB", "/here")
    certify(claims("one"), path.parent / "here", jobs=1)
    patch.setenv("COQLIB", "/elsewhere")


def other_compiled_library(patch, path):
    """Another compiled library of the same texts."""
    compile_library = compiling.compile_library

    def other(coq, texts, folder, again=False):
        made = compile_library(coq, texts, folder, again)
        (folder / "Definitions.vo").write_bytes(b"other")
        return dataclasses.replace(made, hashes=compiling.hashes(folder))

    patch.setattr(certifying, "compile_library", other)


CHANGED = {
    "another proof": (lambda patch, _: emit(patch, {"one": PROOF + "\n"}), ONE),
    "another statement": (lambda patch, _: set_default(patch, "statement", f"{STATEMENT}\n"), ONE),
    "more axioms": (lambda patch, _: set_default(patch, "axioms", REAL_AXIOMS), ONE),
    "another library": (
        lambda patch, _: patch.setattr(
            certifying, "library_texts", lambda: {k: f"{v}\n" for k, v in library_texts().items()}
        ),
        LIBRARY,  # which this coqc compiles to the same
    ),
    "another compiled library": (other_compiled_library, ONE),
    "another version": (
        lambda patch, _: patch.setattr(
            certifying, "find_coq", lambda: dataclasses.replace(find_coq(), version="9.1", digest="9.1")
        ),
        LIBRARY + ONE,
    ),
    "another coqc": (other_coq, LIBRARY + ONE),
    "another standard library": (other_place, LIBRARY + ONE),
    "another way to accept": (lambda patch, _: patch.setattr(compiling, "acceptor", dict), LIBRARY + ONE),
}


@pytest.mark.parametrize("change", CHANGED)
def test_what_is_not_the_same_is_compiled_again(change, quick_coq, tmp_path, monkeypatch, runs):
    make, compiled = CHANGED[change]
    make(monkeypatch, quick_coq)
    runs.clear()
    (found,) = again(tmp_path)
    assert found.status == "certified"
    assert runs == compiled


def spoil(folder, content, pattern="*"):
    """Change what is kept."""
    for file in folder.glob(pattern):
        file.write_bytes(content(file.read_bytes()))


def exchange(folder, *_):
    """What is kept of one certificate stands where that of another belongs."""
    one, other = (f for f in folder.glob("*.json") if b"seconds" in f.read_bytes()), folder / "other"
    (kept_one,) = one
    kept_one.rename(other)
    kept_one.write_bytes(other.read_bytes().replace(kept_one.stem.encode(), b"0" * 64))


def linked(folder, patch):
    """The folder is a link to one with the same files."""
    moved = folder.rename(folder.with_name("moved"))
    folder.symlink_to(moved)


def linked_files(folder, patch):
    """The files are links."""
    for file in list(folder.iterdir()):
        file.symlink_to(file.rename(folder.parent / file.name))


def given_away(folder, patch):
    """The folder belongs to somebody else."""
    me = os.geteuid()
    patch.setattr(os, "geteuid", lambda: me + 1)


FORGED = {
    "nothing there": lambda folder, _: shutil.rmtree(folder),
    "empty files": lambda folder, _: spoil(folder, lambda content: b""),
    "half of each file": lambda folder, _: spoil(folder, lambda content: content[: len(content) // 2] or b"x"),
    "no JSON": lambda folder, _: spoil(folder, lambda content: b"\xff{"),
    "too deep": lambda folder, _: spoil(folder, lambda content: b"[" * 100_000),
    "lists": lambda folder, _: spoil(folder, lambda content: b"[1]"),
    "other types": lambda folder, _: spoil(
        folder, lambda c: c.replace(b'nds": ', b'nds": "').replace(b"led", b"\\u0000")
    ),
    "no number": lambda folder, _: spoil(
        folder, lambda c: c[: c.find(b'nds": ')] + b'nds": NaN}' if b"nds" in c else b"{}"
    ),
    "another certificate's": exchange,
    "folders": lambda folder, _: [(f.unlink(), f.mkdir()) for f in list(folder.iterdir())],
    "pipes": lambda folder, _: [(f.unlink(), os.mkfifo(f)) for f in list(folder.iterdir())],
    "a file": lambda folder, _: (shutil.rmtree(folder), folder.write_text("")),
    "a link": linked,
    "links": linked_files,
    "writable by all": lambda folder, _: folder.chmod(0o777),
    "writable by the group": lambda folder, _: folder.chmod(0o770),
    "files writable by all": lambda folder, _: [f.chmod(0o602) for f in folder.iterdir()],
    "files writable by the group": lambda folder, _: [f.chmod(0o620) for f in folder.iterdir()],
    "somebody else's": given_away,
    "no place for it": lambda folder, patch: patch.setenv("XDG_CACHE_HOME", "/dev/null"),
}


@posix
@pytest.mark.parametrize("forge", every(3, FORGED))
def test_what_is_not_whole_or_not_this_users_own_does_not_count(forge, accepted, tmp_path, monkeypatch, runs):
    FORGED[forge](accepted, monkeypatch)
    (found,) = again(tmp_path)
    assert found.status == "certified"
    assert runs.all()[-3:] == ONE
    assert (runs == LIBRARY + ONE) is (forge != "another certificate's")


def test_a_compiled_library_is_kept_as_it_is(accepted, tmp_path, runs):
    (library,) = accepted.glob("*.vo")
    library.write_bytes(b"forged")
    again(tmp_path)
    assert runs == LIBRARY
    assert library.read_bytes() == b""


def test_what_is_kept_of_one_certificate_is_of_no_other(accepted, tmp_path, monkeypatch, runs):
    emit(monkeypatch, {"one": OTHER.replace("Qed", "reflexivity. Qed")})
    (found,) = again(tmp_path)
    assert found.status == "not run"
    assert runs == ONE[:2]


def test_only_what_coq_accepted_is_kept(accepted, tmp_path):
    before = sorted(accepted.iterdir())
    again(tmp_path, "wrong")
    assert sorted(accepted.iterdir()) == before
    again(tmp_path, "two")
    assert len(list(accepted.iterdir())) == len(before) + 1


def test_a_write_that_is_interrupted_leaves_nothing(accepted, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    before = sorted(accepted.iterdir())
    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        kept.keep("other", b"content")
    assert sorted(accepted.iterdir()) == before


def test_two_that_write_at_once_leave_one_of_both(accepted):
    contents = [bytes([k]) * 100_000 for k in range(4)]
    threads = [threading.Thread(target=lambda c=c: [kept.keep("same", c) for _ in range(20)]) for c in contents]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert kept.kept("same") in [None, *contents]
    assert kept.kept("same") in contents
