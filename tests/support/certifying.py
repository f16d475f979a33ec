"""Certifying with a library of definitions only, or with a coqc of one's own."""

import os
import re

import pytest

from cnn_symbolic.certificates.trusted import compiling

VERSION = re.compile(r"certified by Coq \d+\.\d+")
REAL_AXIOMS = ("ClassicalDedekindReals.sig_forall_dec", "FunctionalExtensionality.functional_extensionality_dep")


@pytest.fixture(autouse=True)
def small_library(monkeypatch, tmp_path_factory):
    """Only the definitions, and nothing kept: the rest of the library takes a while, and nothing here needs it."""
    monkeypatch.setattr(compiling, "LIBRARY", ("Definitions",))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("kept")))


def coqc(folder, script):
    """A coqc of one's own on the path."""
    path = folder / "coqc"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


QUICK = """
case "$1" in -print-version|-where) echo 8.16.1; exit;; esac
for file; do :; done
if grep -q reflexivity "$file"; then exit 1; fi
: > "${file}o"
case "$file" in */K_*) echo Closed under the global context; echo Closed under the global context;; esac
"""


@pytest.fixture
def quick_coq(tmp_path_factory, monkeypatch):
    """A coqc that accepts everything but WRONG, at once: where it does not matter what is proved."""
    folder = tmp_path_factory.mktemp("quick")
    coqc(folder, QUICK)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder / "coqc"


class Names:
    """The names in a file, one a line, which compare as a list."""

    def __init__(self, kept):
        self.kept = kept

    def __eq__(self, other):
        return self.all() == other

    def __repr__(self):
        return repr(self.all())

    def all(self):
        """The names as a list."""
        return self.kept.read_text().splitlines() if self.kept.exists() else []

    def clear(self):
        """Forget them."""
        self.kept.unlink(missing_ok=True)


@pytest.fixture
def runs(monkeypatch, tmp_path_factory):
    """The names of the files that Coq compiles, in this process and in those that it starts."""
    kept = tmp_path_factory.mktemp("runs") / "names.txt"
    run = compiling.run

    def counted(coq, file, *rest, **options):
        with kept.open("a") as names:
            names.write(f"{file.name}\n")
        return run(coq, file, *rest, **options)

    monkeypatch.setattr(compiling, "run", counted)
    return Names(kept)
