"""Certifying with a library of definitions only, or with a coqc of one's own."""

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
