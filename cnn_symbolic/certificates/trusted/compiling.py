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
refused for commands that no proof needs (see `refusing`). What was accepted once, with everything as it is now, is not
compiled again if it is kept where nobody else can write (see `kept`).

A proof that the search has not finished is no proof: where one of its tactics fails, no proof was found. Rejected is
what is claimed to be a proof, to its last Qed, and is none. Both need Coq's word for it (see `coqc`), as acceptance
does: three compiled files and the two lists. Whatever else happens means that Coq was not able to answer.

Trusted are the coqc on PATH, its kernel and its lists of assumptions, the definitions of the library, and what writes
the statement.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from cnn_symbolic.certificates.trusted.certificate import Certificate, check_text
from cnn_symbolic.certificates.trusted.coqc import MOST_DETAIL, Coq, NotAccepted, digest, run
from cnn_symbolic.certificates.trusted.kept import keep, kept
from cnn_symbolic.certificates.trusted.refusing import refusal
from cnn_symbolic.ground.files import temporary_folder

LIBRARY = (
    "Definitions", "Sums", "Terms", "Tactics", "Counting", "Numbers", "Differentiation", "Reals", "Counterexamples",
)  # fmt: skip
LIBRARY_SECONDS = 900
AXIOMS_OF_THE_REALS = frozenset((
    "ClassicalDedekindReals.sig_forall_dec", "ClassicalDedekindReals.sig_not_dec", "Classical_Prop.classic",
    "FunctionalExtensionality.functional_extensionality_dep",
))  # fmt: skip
CLOSED, OPEN = "Closed under the global context", "Axioms:"


@dataclass(frozen=True)
class Library:
    """The compiled library in a folder of its own, and the hashes of the files."""

    folder: Path
    hashes: Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """What Coq says to a certificate: "certified", "rejected", "no proof found" or "not run", why, after how long."""

    status: str
    detail: str
    seconds: float


def library_texts() -> dict[str, str]:
    """Return the texts of the library by name, in the order in which they are compiled."""
    folder = files("cnn_symbolic.certificates.trusted") / "coq"
    found = {name: folder / f"{name}.v" for name in LIBRARY}
    return {name: file.read_text(encoding="utf-8") for name, file in found.items() if file.is_file()}


def hashes(folder: Path, pattern: str = "*") -> dict[str, str]:
    """Return the hashes of all files of a folder, by name; or of those whose names are like a pattern."""
    found = (file for file in sorted(folder.rglob(pattern)) if file.is_file())
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in found}


def compile_library(coq: Coq, texts: Mapping[str, str], folder: Path, again: bool = False) -> Library:
    """Return the library, compiled into a new folder; or copied to it from what this user keeps, if it is the same.

    What is kept is the same if it was compiled from the same texts by the same Coq, and no file of it has changed
    since. `again` has it compiled in any case. Raises NotAccepted, as not run, if it does not compile.
    """
    source = digest("library", acceptor(), coq.digest, list(texts.items()))
    names = [f"{name}.vo" for name in texts]
    try:
        if again or not copied(folder, names, source):
            for name, text in texts.items():
                file = folder / f"{name}.v"
                file.write_text(text, encoding="utf-8")
                run(coq, file, [(folder, "CnnSymbolic")], LIBRARY_SECONDS)
            contents = {name: (folder / name).read_bytes() for name in names}
            for file in folder.iterdir():
                if file.name not in contents:
                    file.unlink()
            for content in contents.values():
                keep(f"{hashlib.sha256(content).hexdigest()}.vo", content)
            keep(f"{source}.json", json.dumps({"source": source, "compiled": hashes(folder)}).encode())
        return Library(folder, hashes(folder))
    except (NotAccepted, OSError) as failed:
        raise NotAccepted("not run", f"the library of certificates is not compiled by {coq.name}: {failed}") from None


def copied(folder: Path, names: Sequence[str], source: str) -> bool:
    """Copy the compiled library from where it is kept to a new folder; return whether it is there, and the same."""
    found = record(source).get("compiled")
    if not isinstance(found, dict) or set(found) != set(names):
        return False
    contents = {name: kept(f"{found[name]}.vo") for name in names}
    if any(c is None or hashlib.sha256(c).hexdigest() != found[name] for name, c in contents.items()):
        return False
    for name, content in contents.items():
        (folder / name).write_bytes(content or b"")
    return True


def record(source: str) -> dict[str, object]:
    """Return what is kept of the outcome that depends on all that this digest is of; empty if nothing is."""
    with suppress(ValueError, RecursionError):
        found = json.loads(kept(f"{source}.json") or b"")
        if isinstance(found, dict) and found.get("source") == source:
            return found
    return {}


@cache
def acceptor() -> dict[str, str]:
    """Return the hashes of the files of this folder: of what decides whether a certificate is accepted."""
    return hashes(Path(__file__).parent, "*.py")


def certified(certificate: Certificate, coq: Coq, library: Library, timeout: float, again: bool = False) -> Answer:
    """Return what Coq says to a certificate, or said before if it accepted it, and everything is the same.

    Everything is all texts of the certificate and the axioms that it may name, Coq, the compiled library, and what
    decides here whether a certificate is accepted. `again` has Coq asked in any case.
    """
    texts = [(p.name, p.statement, p.proof, p.check, p.axioms) for p in certificate.parts]
    source = digest("certificate", acceptor(), coq.digest, library.hashes, texts)
    seconds = None if again else record(source).get("seconds")
    if isinstance(seconds, float) and 0 <= seconds < math.inf:
        return Answer("certified", f"certified by {coq.name}", seconds)
    answer = compiled(certificate, coq, library, timeout)
    if answer.status == "certified":
        keep(f"{source}.json", json.dumps({"source": source, "seconds": answer.seconds}).encode())
    return answer


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
    except OSError as error:
        status, detail = "not run", f"{certificate.name}: {error.strerror or error}"
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
            printed = run(coq, file, [(library.folder, "CnnSymbolic"), (folder, "Certificates")], timeout)
            if hashes(library.folder) != library.hashes:
                raise NotAccepted("rejected", f"{file.name} changed the compiled library")
            if any((folder / f"{stem}.vo").read_bytes() != content for stem, content in needed.items()):
                raise NotAccepted("rejected", f"{file.name} changed a compiled file that it requires")
            return file.with_suffix(".vo").read_bytes(), printed

        statement, _ = step("S", certificate.statement)
        proof, _ = step("P", certificate.proof, **{f"S_{name}": statement})
        _, printed = step("K", certificate.check, **{f"S_{name}": statement, f"P_{name}": proof})
    if (objected := objection(printed, certificate.axioms)) is not None:
        status, reason = objected
        raise NotAccepted(status, f"K_{name}.v: {reason}")
    return {f"S_{name}": statement, f"P_{name}": proof}


def objection(printed: str, axioms: Sequence[str]) -> tuple[str, str] | None:
    """Return what is wrong with the two lists of assumptions that a check prints, or None if nothing is.

    Each list is either empty, or of axioms that are all allowed: a line that does not start with a space has to be
    the name of one, with its type behind it or below. What is wrong is a status and the reason: without the two lists
    Coq has neither accepted nor refused.
    """
    lines = printed.rstrip().splitlines()
    starts = [k for k, line in enumerate(lines) if line in (CLOSED, OPEN)]
    if len(starts) != 2:
        return "not run", f"two lists of assumptions were expected, and {len(starts)} printed"
    for start, stop in zip(starts, [starts[1], len(lines)], strict=True):
        listed = [line for line in lines[start + 1 : stop] if not line.startswith(" ")]
        found = [re.fullmatch(r"([\w.']+)(?: :.*)?", line) for line in listed]
        if lines[start] == CLOSED and stop > start + 1:
            return "rejected", f"after the list of assumptions: {lines[start + 1]}"
        for line, name in zip(listed, found, strict=True):
            if name is None or name[1] not in axioms:
                return "rejected", f"the proof rests on {' '.join(line.split())[:MOST_DETAIL]}"
    return None
