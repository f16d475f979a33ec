"""A function of others that can be called, wherever it runs; here it is one that runs in this process."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cnn_symbolic.backward.calls.answers import CallArguments, Called, Misbehaviour, Returned
from cnn_symbolic.ground.deadline import Worker
from cnn_symbolic.ground.errors import TimeLimitError


@dataclass(frozen=True)
class About:
    """What a function is called, in reports and in messages, and in a program: lines that import it, an expression."""

    name: str
    title: str
    imports: tuple[str, ...]
    expression: str


class Callee(ABC):
    """A function of others that can be called; `where` it runs, in words, if that matters."""

    about: About
    where = ""

    @abstractmethod
    def call(self, given: CallArguments) -> Returned:
        """Return what a call answers; raise Misbehaviour if it does not."""


class Here(Callee):
    """A function in this process."""

    where = "called in this process"

    def __init__(self, function: Callable[..., Any], about: About, timeout: float) -> None:
        self.about, self.timeout, self.worker, self.called = about, timeout, Worker(), Called(function)

    def call(self, given: CallArguments) -> Returned:
        """Return what a call answers; raise Misbehaviour if it does not."""
        called = self.called
        try:
            return self.worker.run(self.timeout, lambda: called(given))
        except TimeLimitError:
            self.called = Called(called.function)  # the other one may still run
            raise Misbehaviour(*late(self.timeout)) from None


def late(timeout: float) -> tuple[str, str]:
    """Return what it is to take too long, and the sentence that says so."""
    return "timeout", f"the function did not return within {timeout:g} s"
