"""Hypothesis profiles: the same examples on every run, and a larger set on demand (HYPOTHESIS_PROFILE=thorough)."""

import os

import pytest
from hypothesis import HealthCheck, settings

from cnn_symbolic.book.assembly import assemble
from cnn_symbolic.certificates.compiling import compile_library, find_coq, library_texts
from cnn_symbolic.library.loading import select

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=60, suppress_health_check=SLOW)
settings.register_profile("thorough", deadline=None, max_examples=2000, suppress_health_check=SLOW)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


@pytest.fixture(scope="session")
def coq(tmp_path_factory):
    """Coq, and the library of certificates, compiled once for all tests."""
    found = find_coq()
    kept, folder = tmp_path_factory.mktemp("kept"), tmp_path_factory.mktemp("library")
    return found, compile_library(found, library_texts(), kept, folder)


@pytest.fixture(scope="session")
def everything():
    """The book of all bundled claims, made once for all tests: it takes a while."""
    return assemble(select([]))


@pytest.fixture(scope="session")
def torch():
    """PyTorch in one thread: the arrays are too small for several."""
    module = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")
    module.set_num_threads(1)
    return module
