"""What a certificate is: a statement in Coq, its proof, and the check that the one proves the other."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from cnn_symbolic.ground.errors import CnnSymbolicError

MOST_LETTERS = 120
CHECK = """\
(** Checks that the proof proves the statement, and lists the axioms that it rests on.

    What is claimed is written down before anything of the proof is loaded, and nothing of the proof is imported. *)

From Certificates Require S_{name}.
Definition claim : Prop := Certificates.S_{name}.claim.
From Certificates Require P_{name}.
Definition checked : claim := Certificates.P_{name}.certified.
Check (P_{name}.certified : S_{name}.claim).
Print Assumptions checked.
Print Assumptions P_{name}.certified.
"""


@dataclass(frozen=True)
class Certificate:
    """A statement in Coq, its proof, and the check that the one proves the other; each the text of a Coq file.

    `name` is a Coq identifier made by the verifier, and also the stem of the files: `statement` is the text of
    `S_<name>.v`, `proof` that of `P_<name>.v` and `check` that of `K_<name>.v`, which ends with `check_text(name)`.
    `kind` is "gradient", "identity", "shape", "number" or "counterexample"; a "derived gradient" or "derived identity"
    has a derivative in its statement that SymPy carried out. `axioms` are those that the check may name: none, except
    the standard library's for the reals. `derivative` is the certificate of the same gradient over the real numbers,
    whose statement has the right side of this one.
    """

    name: str
    kind: str
    statement: str
    proof: str
    check: str
    axioms: tuple[str, ...] = ()
    derivative: Certificate | None = None

    @property
    def parts(self) -> tuple[Certificate, ...]:
        """This certificate, and the one that stands on it."""
        return (self,) if self.derivative is None else (self, self.derivative)

    @property
    def stated(self) -> str:
        """All that is stated, as one text."""
        return "\n".join(part.statement for part in self.parts)


class NotCertified(CnnSymbolicError):
    """A claim that has no certificate; the message is the reason."""


class NoProofFound(NotCertified):
    """A claim for which no proof was found; the message says where the search stopped."""


def mangled(id: str) -> str:
    """Return the Coq identifier of a claim's id, which may hold any characters; different ids have different ones.

    It starts with `c_`, so that it is no word of Coq; an underscore is doubled, and what is neither a small letter of
    ASCII nor a digit becomes `_xx` for each of its bytes, so that files are not confused where the case of letters
    does not count. Of a long id, the identifier is `h_` and its hash.
    """
    spelled = re.sub(rb"[^a-z0-9]", escaped, id.encode("utf-8", "surrogatepass")).decode("ascii")
    if len(spelled) > MOST_LETTERS:
        return f"h_{hashlib.sha256(spelled.encode()).hexdigest()}"
    return f"c_{spelled}"


def escaped(found: re.Match[bytes]) -> bytes:
    """Return how a byte is spelled that is neither a small letter nor a digit."""
    return b"__" if found.group() == b"_" else b"_%02x" % found.group()[0]


def check_text(name: str) -> str:
    """Return the text that the check of a certificate ends with."""
    return CHECK.format(name=name)
