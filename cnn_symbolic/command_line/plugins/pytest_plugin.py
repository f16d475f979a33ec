"""The pytest plugin: a fixture that checks a backward pass, a marker that carries its options, and texts of claims.

    @pytest.mark.backward(of="conv2d(stride=2, padding=1)")
    def test_my_backward_pass(assert_backward):
        assert_backward(mine.backward)

The fixture `assert_backward` is the function `cnn_symbolic.backward.assert_backward`: the test passes if the backward
pass is right, and fails with the report otherwise. Options that the call does not give come from the markers `backward`
of the test's module, its class, the test itself and its parameters; the last of these that gives an option decides. A
test that is marked itself fails if it checks no backward pass.

A file `*.claims` is a text of claims, as `cnn-symbolic check` reads it: each claim in it is a test, which passes if the
claim has the verdict that the text states, and fails with the counterexample otherwise.

The plugin is active where the package is installed, `-p no:cnn_symbolic` switches it off. It imports nothing before
the first check. Source: the documentation of pytest, "Writing hooks" and "Working with non-python tests".
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from cnn_symbolic.ground.errors import CnnSymbolicError
    from cnn_symbolic.library.loading import Claim

CHECKED = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    """Describe the marker, for `pytest --markers` and `--strict-markers`."""
    config.addinivalue_line(
        "markers", 'backward(of="conv2d(stride=2)", **options): options of the fixture assert_backward, by name.'
    )


@pytest.fixture
def assert_backward(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Check a backward pass exactly: assert_backward(function), with of="conv2d(stride=2)" here or in the marker."""
    test = request.node
    marked = marked_options(test)

    def call(function: Callable[..., Any], **options: Any) -> Any:
        __tracebackhide__ = True
        from cnn_symbolic.backward.check import assert_backward
        from cnn_symbolic.ground.errors import CnnSymbolicError, OperandError

        test.stash[CHECKED] = True
        given = {**marked, **options}
        try:
            if "of" not in given:
                raise OperandError('assert_backward needs the layer, of="conv2d(stride=2)", in the call or the marker')
            return assert_backward(function, **given)
        except CnnSymbolicError as error:
            raise error.with_traceback(None) from None  # what went wrong lies in the test, not in the package

    return call


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Fail a marked test that ends without a check: it would say nothing."""
    result = yield
    if CHECKED not in pyfuncitem.stash and any(mark.name == "backward" for mark in pyfuncitem.own_markers):
        pytest.fail(
            f"{pyfuncitem.name} is marked backward, but checks no backward pass: take the fixture assert_backward "
            "and call it with the function",
            pytrace=False,
        )
    return result


def marked_options(test: pytest.Item) -> dict[str, Any]:
    """Return the options in the markers `backward`, from the module's to those of the parameters."""
    options: dict[str, Any] = {}
    for mark in (mark for node in test.listchain() for mark in node.own_markers if mark.name == "backward"):
        if mark.args:
            given = ", ".join(map(repr, mark.args))
            pytest.fail(f'the marker backward takes options by name, as of="conv2d()", found {given}', pytrace=False)
        options |= mark.kwargs
    return options


# Texts of claims


class NotAsStated(Exception):
    """A claim has not the verdict that its text states; the message is what is found."""


class ClaimsFile(pytest.File):
    """A text of claims."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the claims of the text, which is read and not run."""
        from cnn_symbolic.ground.errors import CnnSymbolicError
        from cnn_symbolic.library.files import read_text
        from cnn_symbolic.library.loading import load_text

        try:
            claims = load_text(read_text(self.path), self.path.name)
        except CnnSymbolicError as error:  # which takes no other file with it, as an error in collecting does
            yield UnreadText.from_parent(self, name="the text", error=error)
            return
        for claim in claims:
            yield ClaimItem.from_parent(self, name=claim.id, claim=claim)


class UnreadText(pytest.Item):
    """A text that cannot be read: it fails."""

    def __init__(self, *, error: CnnSymbolicError, **given: Any) -> None:
        super().__init__(**given)
        self.error = error

    def runtest(self) -> None:
        """Raise the error."""
        raise self.error

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:
        """Return why the text cannot be read."""
        return str(self.error)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the place of the error, its line from 0 on, and a name."""
        return self.path, max(self.error.line - 1, 0), self.name


class ClaimItem(pytest.Item):
    """A claim of a text, which is decided within the limits that every claim has."""

    def __init__(self, *, claim: Claim, **given: Any) -> None:
        super().__init__(**given)
        self.claim = claim

    def runtest(self) -> None:
        """Decide the claim; raise NotAsStated, with what is found, unless it has the verdict that is stated."""
        from cnn_symbolic.command_line.claim_results import decide_all
        from cnn_symbolic.present.console import as_text

        (found,) = decide_all([self.claim], steps=False)
        if not found.as_expected and found.view is not None:
            raise NotAsStated(f"{as_text(found.view)}\n\n{found.outcome}, where {found.expected} is stated")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return what is found, without frames of the package."""
        if isinstance(excinfo.value, NotAsStated):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the place of the claim, its line from 0 on, and its name."""
        return self.path, self.claim.line - 1, self.name


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ClaimsFile | None:
    """Collect a text of claims."""
    return ClaimsFile.from_parent(parent, path=file_path) if file_path.suffix == ".claims" else None
