"""Compiles certificates with Coq, and says which it accepts: those that Coq itself checked, and nothing else.

The verifier writes all three texts of a certificate; only the proof may be anything, even hostile, and everything here
is against it. The statement, the proof and the check are compiled by three processes, in three new folders that hold
nothing but what each of them needs. The compiled statement is kept in memory meanwhile, so that a proof cannot replace
what the check reads. The process that compiles a proof starts in another, empty folder, and the proof is rejected if a
file of the library or of the statement is not the same after it.

The check requires the proof without importing it, writes down what is claimed before anything of the proof is loaded,
and has Coq's kernel compare the types: a proof that redefines names or notations, or proves something else, fails
there. Only what the check prints counts, and nothing may be in its lists of assumptions that is not expected: they name
every axiom, every admitted proof, and every check of the kernel that was switched off. Before all this, a proof is
refused for commands that no proof needs (see `refusing`).

A proof that the search has not finished is no proof: where one of its tactics fails, no proof was found. Rejected is
what is claimed to be a proof, to its last Qed, and is none.

Trusted are Coq's kernel and its lists of assumptions, the definitions of the library, and what writes the statement.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from cnn_symbolic.certificates.trusted.certificate import Certificate, check_text
from cnn_symbolic.certificates.trusted.refusing import refusal
from cnn_symbolic.ground.ending import uninterrupted
from cnn_symbolic.ground.errors import ExportError, MissingPackageError
from cnn_symbolic.ground.files import temporary_folder, write

LIBRARY = (
    "Definitions", "Sums", "Terms", "Tactics", "Counting", "Numbers", "Differentiation", "Reals", "Counterexamples",
)  # fmt: skip
OLDEST = (8, 16)
OPTIONS = ("-q", "-noglob", "-w", "-all", "-native-compiler", "no")
LIBRARY_SECONDS, VERSION_SECONDS = 900, 60
AXIOMS_OF_THE_REALS = frozenset((
    "ClassicalDedekindReals.sig_forall_dec", "ClassicalDedekindReals.sig_not_dec", "Classical_Prop.classic",
    "FunctionalExtensionality.functional_extensionality_dep",
))  # fmt: skip
INSTALL = "install Coq (Debian and Ubuntu: apt install coq; opam: opam install coq)"
CLOSED, OPEN = "Closed under the global context", "Axioms:"
MOST_DETAIL, MOST_STEP = 300, 60
# What Coq says where it cannot go on, and of a proof that is not complete at its Qed.
UNABLE, UNFINISHED = ("Out of memory", "Stack overflow", "Anomaly"), "incomplete proof"


@dataclass(frozen=True)
class Coq:
    """Coq's compiler: where it is, and its whole version, such as 8.16.1."""

    path: str
    version: str

    @property
    def name(self) -> str:
        """The name of Coq with the version as one speaks of it: Coq 8.16."""
        return f"Coq {'.'.join(self.version.split('.')[:2])}"


@dataclass(frozen=True)
class Library:
    """The compiled library in a folder of its own: what it was compiled from, and the hashes of the files."""

    folder: Path
    source: str
    hashes: Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """What Coq says to a certificate: "certified", "rejected", "no proof found" or "not run", why, after how long."""

    status: str
    detail: str
    seconds: float


class NotAccepted(Exception):
    """Ends the compilation of a certificate, with the status and the reason."""

    def __init__(self, status: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


def find_coq() -> Coq:
    """Return Coq's compiler; raise MissingPackageError if it is not installed, does not run, or is too old."""
    if (path := shutil.which("coqc")) is None:
        raise MissingPackageError(f"there is no coqc: {INSTALL}")
    try:
        command = [path, "-print-version"]
        done = subprocess.run(  # noqa: S603 - a list of arguments that are all ours, and no shell
            command, capture_output=True, timeout=VERSION_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MissingPackageError(f"{path} does not run ({error}): {INSTALL}") from None
    printed = done.stdout.decode("utf-8", "replace")
    found = re.match(r"(\d+)\.(\d+)\S*", printed)
    if found is None:
        raise MissingPackageError(f"{path} does not say its version, but {printed[:80]!r}: {INSTALL}")
    if (int(found[1]), int(found[2])) < OLDEST:
        raise MissingPackageError(f"{path} is of Coq {found[0]}, and it takes 8.16 or newer: {INSTALL}")
    return Coq(path, found[0])


def environment() -> dict[str, str]:
    """Return the environment for Coq, without what would add folders with further libraries."""
    return {name: value for name, value in os.environ.items() if name not in ("COQPATH", "ROCQPATH")}


def run(coq: Coq, file: Path, library: Path, timeout: float, certificates: bool = True) -> str:
    """Compile a file whose folder holds certificates (or the library), and return what is printed.

    The process starts in another, empty folder. Raises NotAccepted if it fails, or is not done in time.
    """
    options = [*OPTIONS, "-Q", str(library), "CnnSymbolic"]
    options += ["-Q", str(file.parent), "Certificates"] if certificates else []
    with temporary_folder() as elsewhere, ExitStack() as stack:
        with uninterrupted():
            process = subprocess.Popen(  # noqa: S603 - a list of arguments that are all ours, and no shell
                [coq.path, *options, str(file)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=elsewhere,
                env=environment(),
                start_new_session=True,
            )
            stack.callback(end, process)
        try:
            printed, errors = (text.decode("utf-8", "replace") for text in process.communicate(timeout=timeout))
        except subprocess.TimeoutExpired:
            raise NotAccepted("not run", f"{file.name} was not compiled within {timeout:g} s") from None
    if process.returncode < 0:
        raise NotAccepted("not run", f"{file.name}: coqc was ended by signal {-process.returncode}")
    if process.returncode:
        raise NotAccepted(*failure(file, errors))
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


def failure(file: Path, errors: str) -> tuple[str, str]:
    """Return what it means that Coq does not compile a file, and its first error in one line, with the place.

    A proof has stopped at a tactic, and is none, unless Coq's kernel refuses it at its Qed.
    """
    before, mark, after = errors.partition("Error:")
    message = " ".join(after.strip().split("\n\n")[0].split())
    message = re.sub(r"^Tactic failure: | \(level \d+\)", "", message)[:MOST_DETAIL]
    if not mark:
        return "not run", f"{file.name}: {' '.join(errors.split())[-MOST_DETAIL:] or 'coqc failed and did not say why'}"
    if message.startswith(UNABLE):
        return "not run", f"{file.name}: {message}"
    place = re.findall(r"line (\d+), characters (\d+)-(\d+)", before)
    if not place:
        return "rejected", f"{file.name}: {message}"
    line, start, stop = map(int, place[-1])
    lines = file.read_bytes().splitlines()
    at = b"\n".join(lines[line - 1 :])[start:stop].decode("utf-8", "replace")
    if not file.name.startswith("P_") or (at == "Qed." and UNFINISHED not in message):
        return "rejected", f"{file.name}, line {line}: {message}"
    proved = re.findall(rb"^(?:Theorem|Lemma) (\w+)", b"\n".join(lines[:line]), re.MULTILINE)
    what = f" of {proved[-1].decode()}" if proved else ""
    step = " ".join(at.split())
    step = step if len(step) <= MOST_STEP else f"{step[:MOST_STEP]} …"
    return "no proof found", f"{file.name}, line {line}: the proof{what} stops at `{step}`: {message}"


def library_texts() -> dict[str, str]:
    """Return the texts of the library by name, in the order in which they are compiled."""
    folder = files("cnn_symbolic.certificates.trusted") / "coq"
    found = {name: folder / f"{name}.v" for name in LIBRARY}
    return {name: file.read_text(encoding="utf-8") for name, file in found.items() if file.is_file()}


def digest(*parts: str) -> str:
    """Return the hash of several texts."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def hashes(folder: Path) -> dict[str, str]:
    """Return the hashes of all files of a folder, by name."""
    found = (file for file in sorted(folder.rglob("*")) if file.is_file())
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in found}


def compile_library(coq: Coq, texts: Mapping[str, str], kept: Path, folder: Path) -> Library:
    """Return the library, compiled into a new folder; or copied to it from where it is kept, if it is the same.

    What is kept is the same if it was compiled from the same texts by the same version of Coq, and no file of it has
    changed since. Raises ExportError if the library does not compile.
    """
    source = digest(coq.version, *(part for item in texts.items() for part in item))
    names = [f"{name}.vo" for name in texts]
    if not copied(kept, folder, names, source):
        for name, text in texts.items():
            file = folder / f"{name}.v"
            file.write_text(text, encoding="utf-8")
            try:
                run(coq, file, folder, LIBRARY_SECONDS, certificates=False)
            except NotAccepted as failed:
                raise ExportError(f"the library of certificates is not accepted by {coq.name}: {failed}") from None
        compiled_files = {name: (folder / name).read_bytes() for name in names}
        for file in folder.iterdir():
            if file.name not in compiled_files:
                file.unlink()
        for name, content in compiled_files.items():
            write(kept / name, content)
        write(kept / "library.json", json.dumps({"source": source, "compiled": hashes(folder)}, indent=1))
    return Library(folder, source, hashes(folder))


def copied(kept: Path, folder: Path, names: Sequence[str], source: str) -> bool:
    """Copy the compiled library from where it is kept to a new folder; return whether it is there, and the same."""
    try:
        record = json.loads((kept / "library.json").read_text(encoding="utf-8"))
        contents = {name: (kept / name).read_bytes() for name in names}
    except (OSError, ValueError, RecursionError):
        return False
    found = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    if record != {"source": source, "compiled": found}:
        return False
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return True


def compiled(certificate: Certificate, coq: Coq, library: Library, timeout: float) -> Answer:
    """Return what Coq says to a certificate and to the one that stands on it; each file has so many seconds."""
    start = time.perf_counter()
    below: dict[str, bytes] = {}
    try:
        for part in certificate.parts:
            below |= check_certificate(part, coq, library, timeout, below)
        status, detail = "certified", f"certified by {coq.name}"
    except NotAccepted as stopped:
        status, detail = stopped.status, stopped.detail
    return Answer(status, detail, time.perf_counter() - start)


def check_certificate(
    certificate: Certificate, coq: Coq, library: Library, timeout: float, below: Mapping[str, bytes]
) -> dict[str, bytes]:
    """Compile the statement, the proof and the check, in this order; raise NotAccepted if one of them is not accepted.

    `below` are the compiled files that all three may stand on. Returns the compiled statement and proof.
    """
    name = certificate.name
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or not certificate.check.endswith(check_text(name)):
        raise NotAccepted("rejected", f"K_{name}.v does not end with the check that is agreed on")
    if not AXIOMS_OF_THE_REALS.issuperset(certificate.axioms):
        strange = ", ".join(sorted(set(certificate.axioms) - AXIOMS_OF_THE_REALS))
        raise NotAccepted(
            "rejected", f"the certificate would rest on {strange}: only the axioms of the reals may be named"
        )
    if (reason := refusal(certificate.proof)) is not None:
        raise NotAccepted("rejected", f"P_{name}.v: {reason}")
    with temporary_folder() as root:

        def step(kind: str, text: str, **own: bytes) -> tuple[bytes, str]:
            folder, needed = root / kind, {**below, **own}
            folder.mkdir()
            for stem, content in needed.items():
                (folder / f"{stem}.vo").write_bytes(content)
            file = folder / f"{kind}_{name}.v"
            file.write_text(text, encoding="utf-8")
            printed = run(coq, file, library.folder, timeout)
            if hashes(library.folder) != library.hashes:
                raise NotAccepted("rejected", f"{file.name} changed the compiled library")
            if any((folder / f"{stem}.vo").read_bytes() != content for stem, content in needed.items()):
                raise NotAccepted("rejected", f"{file.name} changed a compiled file that it requires")
            return file.with_suffix(".vo").read_bytes(), printed

        try:
            statement, _ = step("S", certificate.statement)
            proof, _ = step("P", certificate.proof, **{f"S_{name}": statement})
            _, printed = step("K", certificate.check, **{f"S_{name}": statement, f"P_{name}": proof})
        except OSError as error:
            raise NotAccepted(
                "rejected", f"a compiled file of {name} cannot be read: {error.strerror or error}"
            ) from None
    if (reason := objection(printed, certificate.axioms)) is not None:
        raise NotAccepted("rejected", f"K_{name}.v: {reason}")
    return {f"S_{name}": statement, f"P_{name}": proof}


def objection(printed: str, axioms: Sequence[str]) -> str | None:
    """Return what is wrong with the two lists of assumptions that a check prints, or None if nothing is.

    Each list is either empty, or of axioms that are all allowed: a line that does not start with a space has to be
    the name of one, with its type behind it or below.
    """
    lines = printed.rstrip().splitlines()
    starts = [k for k, line in enumerate(lines) if line in (CLOSED, OPEN)]
    if len(starts) != 2:
        return f"two lists of assumptions were expected, and {len(starts)} printed"
    for start, stop in zip(starts, [starts[1], len(lines)], strict=True):
        listed = [line for line in lines[start + 1 : stop] if not line.startswith(" ")]
        found = [re.fullmatch(r"([\w.']+)(?: :.*)?", line) for line in listed]
        if lines[start] == CLOSED and stop > start + 1:
            return f"after the list of assumptions: {lines[start + 1]}"
        for line, name in zip(listed, found, strict=True):
            if name is None or name[1] not in axioms:
                return f"the proof rests on {' '.join(line.split())[:MOST_DETAIL]}"
    return None
