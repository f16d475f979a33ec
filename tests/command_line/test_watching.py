"""`--watch` decides again at every change, as a new process, and ends at an interrupt."""

import builtins
import os
import selectors
import signal
import subprocess
import sys
import time

import pytest

from tests.support.commands import run

SECONDS = 60


@pytest.fixture
def watching(tmp_path, heard):
    """Begin to watch a text of claims; returns the process and what reads its output up to a text."""
    text = tmp_path / "mine.claims"
    text.write_text("x = tensor(M)\nclaim(x == x)\n", encoding="utf-8")
    command = [sys.executable, "-m", "cnn_symbolic", "check", "mine.claims", "--watch"]
    started = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )
    seen = bytearray()

    def until(wanted):
        end = time.monotonic() + SECONDS
        with selectors.DefaultSelector() as ready:
            ready.register(started.stdout, selectors.EVENT_READ)
            while wanted.encode() not in seen:
                assert time.monotonic() < end, seen.decode()
                if ready.select(1):
                    part = os.read(started.stdout.fileno(), 4096)
                    assert part, seen.decode()
                    seen.extend(part)
        seen.clear()

    yield started, text, until
    if started.poll() is None:
        os.killpg(started.pid, signal.SIGKILL)
    started.stdout.close()
    started.wait()


def test_a_change_is_decided_again_until_an_interrupt(watching):
    started, text, until = watching
    until("✓ proved: all shapes")
    text.write_text("x = tensor(M)\nclaim(x == x + x)\n", encoding="utf-8")
    until("✗ refuted")
    replaced = text.with_suffix(".new")  # as editors save
    replaced.write_text("x = tensor(M)\nclaim(x + x == 2 * x)\n", encoding="utf-8")
    replaced.replace(text)
    until("✓ proved: all shapes")
    started.send_signal(signal.SIGINT)
    until("interrupted")
    assert started.wait(SECONDS) == 130


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("prove", "--watch"), "no file of your own is named"),
        (("check", "missing.claims", "--watch"), "there is no file missing.claims"),
        (("check", "-", "--watch"), "there is no file -"),
    ],
)
def test_nothing_to_watch_is_an_error(arguments, said, tmp_path):
    shown = run(*arguments, cwd=tmp_path)
    assert (shown.returncode, shown.stdout) == (2, "")
    assert said in shown.stderr


def test_without_watchfiles_the_extra_is_named(monkeypatch, tmp_path):
    usual = builtins.__import__

    def without(name, *rest):
        if name == "watchfiles":
            raise ImportError(name)
        return usual(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    shown = run("check", "mine.claims", "--watch", cwd=tmp_path)
    assert (shown.returncode, "pip install 'cnn-symbolic[watch]'" in shown.stderr) == (2, True)
