"""What all tests share: which are run by default, how they are spread over processes, and what is made only once.

What the package keeps of a user between runs, it keeps of the tests in a folder of their own.

The default run leaves out tests that are marked as slow, and takes fewer examples of Hypothesis, the same in every run.
`--thorough` runs everything; with Hypothesis's own `--hypothesis-seed=N` other examples are drawn, the same for one N.
Most test files are run by one process each; all files that need the whole bundle by the same one.
"""

import os
import signal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings

from cnn_symbolic.backward.reading import BY_DEFAULT
from cnn_symbolic.certificates.trusted.compiling import compile_library, library_texts
from cnn_symbolic.certificates.trusted.coqc import find_coq
from cnn_symbolic.ground.files import cache_folder
from cnn_symbolic.present.content.assembly import assemble

pytest.register_assert_rewrite("tests.support")

from tests.support import coqc, thorough  # noqa: E402 - only now are assertions in there rewritten
from tests.support.bundle import bundle  # noqa: E402 - as above

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile("default", derandomize=True, deadline=None, max_examples=25, suppress_health_check=SLOW)
settings.register_profile("thorough", derandomize=True, deadline=None, max_examples=100, suppress_health_check=SLOW)
for name in ("default", "thorough"):
    settings.register_profile(f"{name}, seeded", settings.get_profile(name), derandomize=False, database=None)
# Files whose tests take long: they come first, each by itself. Files that decide the whole bundle: it is decided once.
LONG = {"kernel/test_soundness", "kernel/test_planted_bugs", "test_readme", "command_line/test_cli"}
BUNDLE = {
    "library/test_article",
    "present/test_contents",
    "proofs/test_citations",
    "proofs/test_derivation",
    "certificates/test_emitting",
    "kernel/test_export",
    "present/test_html",
    "present/test_latex",
    "notation/test_mathml",
    "mistakes/test_named",
    "kernel/test_witness",
}
PROGRAMS = pytest.StashKey()


def pytest_addoption(parser):
    parser.addoption("--thorough", action="store_true", help="run the slow tests, too, and more examples of the others")
    parser.addoption("--rest", action="store_true", help="run only what --thorough adds to the default run")


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: left out unless --thorough is given")
    BY_DEFAULT[0] = False  # to read a function takes a second, which most tests are not about
    config.stash[PROGRAMS] = TemporaryDirectory()
    if not hasattr(config, "workerinput"):  # other processes have the environment of the first one
        coqc.install(config.stash[PROGRAMS].name, cache_folder() / "tests" / "coqc")
        os.environ["XDG_CACHE_HOME"] = str(Path(config.stash[PROGRAMS].name, "cache"))
    thorough.CHOSEN[0] = config.getoption("--thorough") or config.getoption("--rest")
    seeded = "" if config.getoption("--hypothesis-seed", None) is None else ", seeded"
    settings.load_profile(thorough.share("default", "thorough") + seeded)


def pytest_report_header(config):
    seed = config.getoption("--hypothesis-seed", None)
    return None if seed is None else f"examples of Hypothesis: --hypothesis-seed={seed} draws them again"


def pytest_unconfigure(config):
    config.stash[PROGRAMS].cleanup()


def file_of(nodeid):
    """The file of a test as LONG and BUNDLE name it."""
    return nodeid.split("::")[0].removeprefix("tests/").removesuffix(".py")


def pytest_collection_modifyitems(config, items):
    items.sort(key=lambda item: file_of(item.nodeid) not in LONG)
    if config.getoption("--rest"):
        chosen = [item for item in items if is_slow(item) or grows(item)]
    else:
        chosen = items if config.getoption("--thorough") else [item for item in items if not is_slow(item)]
    kept = set(chosen)
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = chosen


def is_slow(item):
    """Whether the default run leaves a test out."""
    return item.get_closest_marker("slow") is not None


def grows(item):
    """Whether a test of the default run may do more in a thorough one: of its examples, or of what a share is taken."""
    shares = any(value is thorough or value is thorough.share for value in vars(item.module).values())
    return getattr(item.obj, "is_hypothesis_test", False) or shares or "everything" in item.fixturenames


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        """Gives each process whole files, and all that need the whole bundle to the same one."""

        def _split_scope(self, nodeid):
            file = file_of(nodeid)
            if file in LONG:
                return nodeid
            return "bundle" if file in BUNDLE else file

    return ByFile(config, log)


def pytest_terminal_summary(terminalreporter):
    if not thorough.CHOSEN[0]:
        terminalreporter.write_line("slow tests were left out: python -m pytest --thorough runs them, too")


@pytest.fixture(scope="session")
def coq(tmp_path_factory):
    """Coq, and the library of certificates, compiled once for all tests."""
    found = find_coq()
    return found, compile_library(found, library_texts(), tmp_path_factory.mktemp("library"))


@pytest.fixture(scope="session")
def everything():
    """The book of all bundled claims, by default of every eighth, made once for all tests: it takes a while."""
    return assemble(thorough.share(bundle()[::8], bundle()), jobs=1, among=bundle())


@pytest.fixture(scope="session")
def torch():
    """PyTorch in one thread: the arrays are too small for several."""
    module = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")
    module.set_num_threads(1)
    return module


@pytest.fixture(scope="session")
def jax():
    """JAX as it is installed."""
    return pytest.importorskip("jax", reason="JAX is not installed: pip install jax")


@pytest.fixture
def heard():
    """Have the signals that end a process heard, which a process in the background may have been told to ignore."""
    usual = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL, signal.SIGHUP: signal.SIG_DFL}
    before = [(number, signal.signal(number, handler)) for number, handler in usual.items()]
    yield
    for number, handler in before:
        signal.signal(number, handler)
