"""Runs Coq's compiler, and says what its answer to a file means.

It starts in an empty folder, and of the environment it gets only what it needs to run: nothing that would have it look
for libraries, settings or plugins anywhere but in its own folder and in those that it is given. Coq has refused a file
only if it says so itself, at a place in that file. Where it ends otherwise, it was not able to answer.

Trusted is the coqc that is found first on PATH, with the standard library that it names.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from cnn_symbolic.ground.ending import uninterrupted
from cnn_symbolic.ground.errors import MissingPackageError
from cnn_symbolic.ground.files import temporary_folder

OLDEST = (8, 16)
OPTIONS = ("-q", "-noglob", "-w", "-all", "-native-compiler", "no")
VERSION_SECONDS = 60
INSTALL = "install Coq (Debian and Ubuntu: apt install coq; opam: opam install coq), and run the command again"
# What Coq gets of the environment: where programs and its own folders are, and what a system needs to start it.
PASSED = (
    "PATH", "COQLIB", "COQCORELIB", "ROCQLIB", "ROCQRUNTIMELIB", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT",
)  # fmt: skip
# Where Coq also looks for libraries and settings, unless these name another folder.
EMPTIED = ("XDG_DATA_HOME", "XDG_DATA_DIRS", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS")
MOST_DETAIL, MOST_STEP = 300, 60
# How Coq says where a file is wrong, and the status that it then ends with.
REFUSAL = re.compile(r'^File "(.*)", line (\d{1,9}), characters (-?\d{1,9})-(\d{1,9}):\nError:(.*)', re.M | re.S)
REFUSED = 1
# What Coq says where it cannot go on, and of a proof that is not complete at its Qed.
UNABLE = ("Out of memory", "Stack overflow", "Anomaly", "System error", "User interrupt", "Timeout")
UNFINISHED = "incomplete proof"
# What a line starts with that loads other files: where that fails, nothing was said of what follows.
LOADS = (b"From ", b"Require ")


@dataclass(frozen=True)
class Coq:
    """Coq's compiler: where it is, its whole version, such as 8.16.1, and the digest that tells it from others."""

    path: str
    version: str
    digest: str = ""

    @property
    def name(self) -> str:
        """The name of Coq with the version as one speaks of it: Coq 8.16."""
        return f"Coq {'.'.join(self.version.split('.')[:2])}"


class NotAccepted(Exception):
    """Ends the compilation of a certificate, with the status and the reason."""

    def __init__(self, status: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


def find_coq() -> Coq:
    """Return Coq's compiler; raise MissingPackageError if it is not installed, does not run, or is too old."""
    if (path := shutil.which("coqc")) is None:
        raise MissingPackageError(f"there is no coqc: {INSTALL}")
    path = os.path.abspath(path)
    try:
        printed, where = asked(path, "-print-version"), asked(path, "-where")
        program = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except (OSError, subprocess.SubprocessError) as error:
        raise MissingPackageError(f"{path} does not run ({error}): {INSTALL}") from None
    found = re.match(r"(\d+)\.(\d+)\S*", printed)
    if found is None:
        raise MissingPackageError(f"{path} does not say its version, but {printed[:80]!r}: {INSTALL}")
    if (int(found[1]), int(found[2])) < OLDEST:
        raise MissingPackageError(f"{path} is of Coq {found[0]}, and it takes 8.16 or newer: {INSTALL}")
    return Coq(path, found[0], digest(os.path.realpath(path), program, printed, where))


def asked(path: str, option: str) -> str:
    """Return what a compiler prints of itself; raise OSError or SubprocessError if it does not run."""
    with temporary_folder() as elsewhere:
        done = subprocess.run(  # noqa: S603 - a list of arguments that are all ours, and no shell
            [path, option],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=VERSION_SECONDS,
            check=True,
            cwd=elsewhere,
            env=environment(str(elsewhere)),
        )
    return done.stdout.decode("utf-8", "replace")


def environment(empty: str) -> dict[str, str]:
    """Return the environment for Coq, in which an empty folder stands for what would hold libraries of a user's."""
    passed = {name: os.environ[name] for name in PASSED if name in os.environ}
    return passed | dict.fromkeys(EMPTIED, empty)


def digest(*parts: object) -> str:
    """Return the hash of texts, and of lists of them."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def run(coq: Coq, file: Path, folders: Sequence[tuple[Path, str]], timeout: float) -> str:
    """Compile a file, and return what is printed; the folders with what it may require have names in Coq.

    The process starts in another, empty folder. Raises NotAccepted if it fails, or is not done in time, and OSError if
    it does not start.
    """
    options = [*OPTIONS, *(word for folder, name in folders for word in ("-Q", str(folder), name))]
    with temporary_folder() as elsewhere, ExitStack() as stack:
        with uninterrupted():
            process = subprocess.Popen(  # noqa: S603 - a list of arguments that are all ours, and no shell
                [coq.path, *options, str(file)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=elsewhere,
                env=environment(str(elsewhere)),
                start_new_session=True,
            )
            stack.callback(end, process)
        try:
            printed, errors = (text.decode("utf-8", "replace") for text in process.communicate(timeout=timeout))
        except subprocess.TimeoutExpired:
            raise NotAccepted("not run", f"{file.name} was not compiled within {timeout:g} s") from None
    if process.returncode:
        raise NotAccepted(*failure(file, process.returncode, errors))
    if not file.with_suffix(".vo").is_file():
        raise NotAccepted("not run", f"{file.name}: coqc ended without an error, and compiled nothing")
    return printed


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process that still runs, and those that it started."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        process.communicate()


def failure(file: Path, status: int, errors: str) -> tuple[str, str]:
    """Return what it means that Coq does not compile a file, and its first error in one line, with the place.

    A proof has stopped at a tactic, and is none, unless Coq's kernel refuses it at its Qed. Whatever is no error at a
    place of this file, behind what it requires, means that Coq was not able to answer.
    """
    if status < 0:
        return "not run", f"{file.name}: coqc was ended by signal {-status}"
    found = REFUSAL.search(errors)
    if found is None or status != REFUSED or found[1] != str(file):
        said = " ".join(errors.rpartition("Error:")[2].split())[-MOST_DETAIL:]
        return "not run", f"{file.name}: {said or f'coqc ended with status {status}, and did not say why'}"
    message = " ".join(found[5].strip().split("\n\n")[0].split())
    message = re.sub(r"^Tactic failure: | \(level \d+\)", "", message)[:MOST_DETAIL]
    line, start, stop = map(int, found.groups()[1:4])
    lines = file.read_bytes().splitlines()
    from_there = b"\n".join(lines[line - 1 :])
    at = from_there[start:stop].decode("utf-8", "replace")
    if message.startswith(UNABLE) or from_there.startswith(LOADS):
        return "not run", f"{file.name}, line {line}: {message}"
    if not file.name.startswith("P_") or (at == "Qed." and UNFINISHED not in message):
        return "rejected", f"{file.name}, line {line}: {message}"
    proved = re.findall(rb"^(?:Theorem|Lemma) (\w+)", b"\n".join(lines[:line]), re.MULTILINE)
    what = f" of {proved[-1].decode()}" if proved else ""
    step = " ".join(at.split())
    step = step if len(step) <= MOST_STEP else f"{step[:MOST_STEP]} …"
    return "no proof found", f"{file.name}, line {line}: the proof{what} stops at `{step}`: {message}"
