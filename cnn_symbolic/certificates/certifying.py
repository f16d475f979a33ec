"""Certifies claims: writes their certificates to a folder, and has Coq check them, several at a time.

The folder is written to and, but for two records, never read: `certificates.json` says which certificates were
accepted, and `library/library.json` what the compiled library was compiled from. A certificate is not compiled again
while its three texts, the library and the version of Coq are the same as in the record.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cnn_symbolic.certificates.trusted.certificate import Certificate, NoProofFound, NotCertified, mangled
from cnn_symbolic.certificates.trusted.compiling import (
    Coq,
    Library,
    compile_library,
    compiled,
    digest,
    find_coq,
    library_texts,
)
from cnn_symbolic.ground.bounds import check_seconds
from cnn_symbolic.ground.errors import CnnSymbolicError, ExportError, MissingPackageError
from cnn_symbolic.ground.files import make_folder, temporary_folder, write
from cnn_symbolic.ground.limits import NO_LIMITS
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
    where Coq is not there, was ended, or had no time or memory left; or "not emitted" for what cannot be certified.
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
    """What every process needs: the claims, the folder, Coq with the library or why there is none, and the record."""

    claims: tuple[Claim, ...]
    folder: Path
    coq: Coq | None
    library: Library | None
    missing: str
    timeout: float
    record: Mapping[str, Any]

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
        if self.coq is None or self.library is None:
            return Outcome(claim.id, certificate, "not run", self.missing, 0.0), ""
        source = source_of(certificate, self.library)
        if (seconds := recorded(self.record.get(certificate.name), source)) is not None:
            return Outcome(claim.id, certificate, "certified", f"certified by {self.coq.name}", seconds), source
        answer = compiled(certificate, self.coq, self.library, self.timeout)
        return Outcome(claim.id, certificate, **asdict(answer)), source


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
    outcomes on as they come, for a progress bar. `again` has everything compiled, whatever the records say. Raises
    ExportError if the folder cannot be written to, or the library does not compile.
    """
    check_seconds(timeout)
    names = [mangled(claim.id) for claim in claims]
    if len(set(names)) < len(names):
        raise CnnSymbolicError(f"the ids of the claims have to differ, found {sorted(claim.id for claim in claims)}")
    kept, texts = folder / "library", library_texts()
    make_folder(kept, parents=True)
    put(folder / "_CoqProject", PROJECT)
    for name, text in texts.items():
        put(kept / f"{name}.v", text)
    record = read_record(folder / RECORD)
    with temporary_folder() as private:
        coq, library, missing = None, None, ""
        try:
            coq = find_coq()
            if again:
                (kept / "library.json").unlink(missing_ok=True)
            library = compile_library(coq, texts, kept, private)
        except MissingPackageError as absent:
            missing = str(absent)
        found: dict[int, Outcome] = {}

        def outcomes() -> Generator[Outcome, None, None]:
            known = {} if again else dict(record)
            work = CertifyingWork(tuple(claims), folder, coq, library, missing, timeout, known)
            with closing(in_processes(work.certified_at, len(claims), jobs or cores(), NO_LIMITS)) as done:
                for k, (outcome, source) in done:
                    found[k] = outcome
                    if outcome.certificate is not None:
                        record[names[k]] = entry(outcome, source)
                        write(folder / RECORD, record_text(record))
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


def source_of(certificate: Certificate, library: Library) -> str:
    """Return the hash of all that an outcome depends on: the library and Coq's version, the texts and the axioms."""
    parts = [(p.name, p.statement, p.proof, p.check, *p.axioms) for p in certificate.parts]
    return digest(library.source, *(text for part in parts for text in part))


def recorded(kept: Any, source: str) -> float | None:
    """Return the seconds that a record says a certificate took, if it was accepted as it is now."""
    if not isinstance(kept, dict) or kept.get("source") != source or kept.get("status") != "certified":
        return None
    seconds = kept.get("seconds")
    return float(seconds) if isinstance(seconds, int | float) else None


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
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ExportError(f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError):
        return {}
    if not isinstance(value, dict) or value.get("schema_version") != SCHEMA_VERSION:
        return {}
    found = value.get("certificates")
    return dict(found) if isinstance(found, dict) else {}


def put(path: Path, text: str) -> None:
    """Write a file, unless it is there with the same text."""
    try:
        if path.read_bytes() == text.encode():
            return
    except OSError:
        pass
    write(path, text)
