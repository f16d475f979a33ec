"""The site as texts: every page by its path, from the guide, the docstrings, the claims and the pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from cnn_symbolic.ground.names import HOMES, TOPICS
from cnn_symbolic.library.files import GROUPS, bundled_folder
from cnn_symbolic.library.loading import Claim
from cnn_symbolic.present.content.words import in_words
from cnn_symbolic.present.site.claims import ClaimFinding, ShownClaim, by_file, derivation_page, module_of
from cnn_symbolic.present.site.guide_pages import guide_pages, start_page
from cnn_symbolic.present.site.layers import layer_pages, names_on
from cnn_symbolic.present.site.markdown import contents, page
from cnn_symbolic.present.site.reference import gallery, operation_page, topic_page
from cnn_symbolic.tensors.operation import RECORDS


def pages(claims: Sequence[Claim], findings: Mapping[str, ClaimFinding]) -> dict[str, str]:
    """Return the files of the site that Sphinx reads, by path, for the bundled claims and what was found of each."""
    shown = [ShownClaim(claim, findings[claim.id]) for claim in claims]
    made = {"index": start_page(), "gallery": gallery(), **guide_pages(), **reference(shown), **derivations(shown)}
    notebook = (bundled_folder() / "tutorial.ipynb").read_text(encoding="utf-8")
    return {f"{name}.md": text for name, text in made.items()} | {"tutorial.ipynb": notebook}


def reference(claims: Sequence[ShownClaim]) -> dict[str, str]:
    """Return the pages of the reference: topics, operations, layers."""
    operations = {name: operation_page(name, claims) for name in sorted(RECORDS)}
    layers = layer_pages(claims)
    elsewhere = {name: f"operations/{name}" for name in operations if name in HOMES}
    elsewhere |= {name: f"layers/{on}" for on in layers for name in names_on(on)}
    made = {topic: topic_page(topic, elsewhere) for topic in TOPICS}
    made |= {f"operations/{name}": text for name, text in operations.items()}
    made |= {f"layers/{name}": text for name, text in layers.items()}
    made["operations/index"] = page(
        "# Operations",
        "What tensors are made with: each with its entry formulas, and the claims that it occurs in.",
        contents(operations),
    )
    made["layers/index"] = page(
        "# Layers",
        "Those with capitals are made of symbols, for derivation files; with the others backward passes are compared.",
        contents(layers),
    )
    made["index"] = page(
        "# Reference",
        "Every public name by the topic that it is imported from; operations and layers have pages of their own.",
        contents([*TOPICS, "operations/index", "layers/index"]),
    )
    return {f"reference/{name}": text for name, text in made.items()}


def derivations(claims: Sequence[ShownClaim]) -> dict[str, str]:
    """Return the pages of the derivation files, and the one that leads to them."""
    files = {module_of(file): (file, stated) for file, stated in by_file(claims).items()}
    groups: dict[str, list[str]] = {}
    for name in files:
        groups.setdefault(GROUPS[name.partition("/")[0]], []).append(name)
    counts = Counter(one.finding.outcome for one in claims)
    number = ", ".join(f"{count} {in_words(outcome)}" for outcome, count in counts.most_common())
    index = page(
        "# Derivations",
        f"The files that state theorems, and formulas that are wrong, in the order of the article; behind it, "
        f"convolutions as people use them. Every claim was decided when this site was made: {number}.",
        *(contents(names, title, depth=2) for title, names in groups.items()),
    )
    made = {f"derivations/{name}": derivation_page(file, stated) for name, (file, stated) in files.items()}
    return {"derivations/index": index, **made}
