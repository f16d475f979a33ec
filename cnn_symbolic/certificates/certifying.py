"""Certifies claims: writes their certificates to a folder, and has Coq check them, several at a time.

The folder is for readers: it is written to, and nothing in it is believed. Only where Coq does not answer, the record
`certificates.json` is looked at: a certificate that it says was accepted, with the texts as they are, is recorded, and
not checked in this run. What Coq accepted in earlier runs is kept elsewhere (see `trusted/kept`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from cnn_symbolic.certificates.trusted.certificate import Certificate, NoProofFound, NotCertified, mangled
from cnn_symbolic.certificates.trusted.compiling import Answer, Library, certified, compile_library, library_texts
from cnn_symbolic.certificates.trusted.coqc import Coq, NotAccepted, digest, find_coq
from cnn_symbolic.ground.errors import CnnSymbolicError, ExportError, MissingPackageError
from cnn_symbolic.ground.files import make_folder, temporary_folder, write
from cnn_symbolic.ground.limits import NO_LIMITS, check_seconds
from cnn_symbolic.ground.processes import cores, in_processes
from cnn_symbolic.ground.version import __version__
from cnn_symbolic.library.loading import Claim
from cnn_symbolic.proofs.derivation import Derivation

CERTIFICATES, SECONDS = Path("certificates"), 300.0
RECORD, SCHEMA_VERSION = "certificates.json", 1
NUMERICAL = "a numerical check, not a theorem"
NO_THEOREM = {"identity": "an identity of functions that SymPy decides, not a theorem about tensors"}
PROJECT = "-Q . Certificates\n-Q library CnnSymbolic\n"


@dataclass(frozen=True)
class Outcome:
    """What became of the certificate of a claim, for which reason, and after how many seconds of Coq's.

    `status` is "certified"; "no proof found"; "rejected" where Coq refuses what is claimed to be a proof; "not run"
    where Coq is not there, was ended, or had no time or memory left; "recorded" where Coq was not run either, but the
    record in the folder says that it accepted the same before; or "not emitted" for what cannot be certified.
    """

    claim: str
    certificate: Certificate | None
    status: str
    detail: str
    seconds: float

    def evidence(self, verdict: str) -> str:
        """Return the evidence for a claim: that of its verdict, and what Coq adds to it."""
        return f"{verdict}, {self.detail}" if self.status == "certified" else verdict


@dataclass(frozen=True)
class CertifyingWork:
    """What every process needs: the claims, the folder, Coq with the library or why there is none, and the record.

    `texts` are those of the library. `again` has everything compiled that was accepted before, too.
    """

    claims: tuple[Claim, ...]
    folder: Path
    coq: Coq | None
    library: Library | None
    missing: str
    timeout: float
    record: Mapping[str, Any]
    texts: Mapping[str, str]
    again: bool

    def certified_at(self, k: int) -> tuple[Outcome, str]:
        """Return what becomes of the certificate of a claim, and what it is of."""
        claim, made = self.claims[k], self.claims[k].derivation
        if not isinstance(made, Derivation):
            return Outcome(claim.id, None, "not emitted", NO_THEOREM.get(made.strength, NUMERICAL), 0.0), ""
        try:
            certificate = emitted(made, mangled(claim.id))
        except CnnSymbolicError as reason:
            status = "no proof found" if isinstance(reason, NoProofFound) else "not emitted"
            return Outcome(claim.id, None, status, str(reason), 0.0), ""
        for part in certificate.parts:
            for kind, text in (("S", part.statement), ("P", part.proof), ("K", part.check)):
                put(self.folder / f"{kind}_{part.name}.v", text)
        answer = Answer("not run", self.missing, 0.0)
        if self.coq is not None and self.library is not None:
            answer = certified(certificate, self.coq, self.library, self.timeout, self.again)
        outcome, source = Outcome(claim.id, certificate, **asdict(answer)), source_of(certificate, self.texts)
        if answer.status == "not run" and is_recorded(self.record.get(certificate.name), source):
            return replace(outcome, status="recorded"), source
        return outcome, source


Watch = Callable[[Iterable[Outcome]], Iterable[Outcome]]


def certify(
    claims: Sequence[Claim],
    folder: Path = CERTIFICATES,
    jobs: int = 0,
    timeout: float = SECONDS,
    watch: Watch = iter,
    again: bool = False,
) -> list[Outcome]:
    """Return what becomes of the claims' certificates, which are written to a folder and checked there by Coq.

    `jobs` is the number of processes; 0 takes one for each core. Each file has `timeout` seconds. `watch` passes the
    outcomes on as they come, for a progress bar. `again` has everything compiled, whatever was accepted before. Raises
    ExportError if the folder cannot be written to.
    """
    check_seconds(timeout)
    names = [mangled(claim.id) for claim in claims]
    if len(set(names)) < len(names):
        raise CnnSymbolicError(f"the ids of the claims have to differ, found {sorted(claim.id for claim in claims)}")
    for_readers, texts = folder / "library", library_texts()
    make_folder(for_readers, parents=True)
    put(folder / "_CoqProject", PROJECT)
    for name, text in texts.items():
        put(for_readers / f"{name}.v", text)
    record = read_record(folder / RECORD)
    with temporary_folder() as private:
        coq, library, missing = None, None, ""
        try:
            coq = find_coq()
            library = compile_library(coq, texts, private, again)
            for name in library.hashes:
                put(for_readers / name, (library.folder / name).read_bytes())
        except (MissingPackageError, NotAccepted, OSError) as reason:
            missing = str(reason)
        found: dict[int, Outcome] = {}

        def outcomes() -> Generator[Outcome, None, None]:
            work = CertifyingWork(tuple(claims), folder, coq, library, missing, timeout, dict(record), texts, again)
            with closing(in_processes(work.certified_at, len(claims), jobs or cores(), NO_LIMITS)) as done:
                for k, (outcome, source) in done:
                    found[k] = outcome
                    if outcome.certificate is not None and outcome.status != "recorded":
                        record[names[k]] = entry(outcome, source)
                        put(folder / RECORD, record_text(record))
                    yield outcome

        with closing(outcomes()) as made:
            for _ in watch(made):
                pass
    return [found[k] for k in range(len(claims))]


def emitted(made: Derivation, name: str) -> Certificate:
    """Return the certificate of a derivation; raise NotCertified if it has none."""
    from cnn_symbolic.certificates.search.emitting import certificate

    if made.outcome == "undecided":
        raise NotCertified("undecided: there is nothing to certify")
    if made.literally:
        raise NotCertified("decided at listed values only, and certificates are for all values")
    return certificate(made, name)


def source_of(certificate: Certificate, library: Mapping[str, str]) -> str:
    """Return the hash of what a reader of the folder finds there: the texts of a certificate and of the library."""
    parts = [(p.name, p.statement, p.proof, p.check, p.axioms) for p in certificate.parts]
    return digest(list(library.items()), parts)


def is_recorded(kept: Any, source: str) -> bool:
    """Return whether a record says that a certificate was accepted as it is now."""
    return isinstance(kept, dict) and kept.get("source") == source and kept.get("status") == "certified"


def entry(outcome: Outcome, source: str) -> dict[str, Any]:
    """Return what the record says of a certificate."""
    kind = None if outcome.certificate is None else outcome.certificate.kind
    return {
        "claim": outcome.claim,
        "kind": kind,
        "source": source,
        "status": outcome.status,
        "detail": outcome.detail,
        "seconds": round(outcome.seconds, 3),
    }


def record_text(record: Mapping[str, Any]) -> str:
    """Return the text of the record."""
    head = {"schema_version": SCHEMA_VERSION, "generator": f"cnn-symbolic {__version__}"}
    return json.dumps(head | {"certificates": dict(sorted(record.items()))}, ensure_ascii=False, indent=1) + "\n"


def read_record(path: Path) -> dict[str, Any]:
    """Return the record of earlier runs: empty if there is none, or if it is not one that this version writes."""
    with suppress(OSError, ValueError, RecursionError):
        value = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
        if isinstance(value, dict) and value.get("schema_version") == SCHEMA_VERSION:
            found = value.get("certificates")
            if isinstance(found, dict) and record_text(found).encode():
                return found
    return {}


def put(path: Path, content: str | bytes) -> None:
    """Write a file, unless it is there with the same content; raise ExportError for what is there and is no file."""
    with suppress(OSError):
        there = path.read_bytes() if path.is_file() else None
        if there == (content.encode() if isinstance(content, str) else content):
            return
    if path.exists() and not path.is_file():
        raise ExportError(f"{path} cannot be written: it is there, and no file")
    write(path, content)
