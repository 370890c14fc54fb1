"""A check that SHACL does not make: statements about subjects other than the member.

A shape judges the node that it is given, and the nodes that this node reaches. A triple about
another subject (a person, a neighbour) would be published unjudged.
"""

from __future__ import annotations

from collections.abc import Sequence

from ldes_shok.ldes.member import Term, Triple


def stray_triple(focus: Term, triples: Sequence[Triple]) -> Triple | None:
    """The first triple whose subject is neither `focus` nor a blank node that it reaches."""
    nested: dict[Term, list[Term]] = {}
    for subject, _, value in triples:
        if value.startswith("_:"):
            nested.setdefault(subject, []).append(value)
    reached = {focus}
    waiting = [focus]
    while waiting:
        for node in nested.get(waiting.pop(), ()):
            if node not in reached:
                reached.add(node)
                waiting.append(node)
    return next((triple for triple in triples if triple[0] not in reached), None)
