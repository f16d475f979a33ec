"""What is proved of a backward pass, as claims that can be certified and printed.

A claim says that a gradient of the layer is the formula that was read from the code, on one of its paths. The code is
read once more for that; whoever uses a claim decides it again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from cnn_symbolic.backward.proofs.proving import assumed, call_of, names_of, said_shortly
from cnn_symbolic.backward.proofs.readable import readable
from cnn_symbolic.backward.proofs.reading import Question
from cnn_symbolic.backward.proofs.sources import Source
from cnn_symbolic.code.proving import DecidedResult, PathClaim, Proof, prove
from cnn_symbolic.code.reading import File
from cnn_symbolic.expressions import rules
from cnn_symbolic.layers.definitions import definition
from cnn_symbolic.proofs import claiming
from cnn_symbolic.proofs.derivation import Derivation


@dataclass(frozen=True)
class KeptClaim:
    """A result on a path, such as dx, that is proved: `read` has the formula as it was read.

    `readable` has the one that is printed, which is proved equal to it. `source` is the code, `layer` its forward pass.
    """

    name: str
    source: Source
    layer: str
    read: Derivation
    readable: Derivation


def kept_claims(question: Question, names: Collection[str]) -> list[KeptClaim]:
    """Return the claims about results of a function that are proved: those with these names."""
    source, layers = question.source, list(question.layer.chosen())
    found: list[KeptClaim] = []
    for layer in layers:
        defined = definition(layer)
        conditions = list(assumed(question, defined))
        file = File(source.text, source.file)
        proof = prove(file, source.function, defined, call_of(question), source.program, conditions)
        for result in proof.results:
            if result.outcome == "proved" and result.name in names:
                title = f"{result.name} of {source.told}{f' for {layer}' if len(layers) > 1 else ''}"
                found += kept_result(title, result, proof, source)
    return found


def kept_result(title: str, result: DecidedResult, proof: Proof, source: Source) -> Iterator[KeptClaim]:
    """Yield the claims about one result, one for each path."""
    gradient, layer = proof.definition.gradients[result.name], str(proof.definition.layer)
    read = [(claim, claim.formula) for claim in result.claims if claim.formula is not None]
    for claim, formula in read:
        assuming = (*claim.path.world.domain, *claim.path.conditions)
        of = f"{title}{path_of(claim, proof)}" if len(read) > 1 else title
        as_read = claiming.prove(of, gradient, equals=formula, assuming=assuming)
        shown = claiming.prove(of, gradient, equals=readable(formula, assuming), assuming=assuming)
        yield KeptClaim(result.name, source, layer, as_read, shown)


def path_of(claim: PathClaim, proof: Proof) -> str:
    """Return where a path of the code is taken, as the end of a sentence."""
    names, domain = names_of(proof.definition), claim.path.world.domain
    return f", where {said_shortly(rules.all_of(*claim.path.conditions), domain, names)}"
