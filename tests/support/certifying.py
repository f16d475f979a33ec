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


@pytest.fixture
def runs(monkeypatch):
    """The names of the files that Coq compiles, as far as this process has them compiled."""
    names = []
    run = compiling.run

    def counted(coq, file, *rest, **options):
        names.append(file.name)
        return run(coq, file, *rest, **options)

    monkeypatch.setattr(compiling, "run", counted)
    return names
