"""Another city's stream as a source: its members become canonical events again.

Why events and not the members as they are. A member's concepts, entities and shapes have IRIs of
the stream that published it; ours are judged by our shapes, which want our own. And whatever comes
in goes one way: event, mapping, SHACL, log. So the mapping is read backwards.

What comes back: cabinets (type, name, position, state), outlets (socket, state), connections (EAN,
address), meters (model, place), and observations with their value digit for digit, their instant
or period, phase and statistic. An observation keeps its identity: its key is the one in its IRI, so
a correction there is a correction here, and the same member twice is one.

What does not: who gave it (our shapes have no place for a derivation), organisations and networks
(the tenant's settings say them here), a meter's serial (a meter is named by its IRI), ratings,
firmware and initial registers (they are not in any member), quality and flags of a reading. A
version that says both what a cabinet is and how it is becomes two here, one for each. A meter
whose stream is not followed is told of by its first observation, in a version of its cabinet with
that time. Only streams of this service can be read back, because names of cabinets and outlets are
taken from their IRIs. A cabinet that is to be taken later needs a source of another name.

What is theirs to tell of, the settings say (`ldes_shok.cabinet.claim`), and who was first
(`ldes_shok.pipeline.ownership`). A member that tells of an address of this service is refused. How
much their pages may ask of us stands in `limits`.

`techniek` holds the cabinets too: follow it and `verbruik-individueel`, or `kasten` alone.
"""
