"""Another city's stream as a source: its members become canonical events again.

The source makes events, and does not copy the members, for two reasons. A member's concepts,
entities and shapes have IRIs of the stream that published it; our shapes require our own IRIs. And
all input takes one way: event, mapping, SHACL, log. So the mapping is inverted.

These come back: cabinets (type, name, position, state), outlets (socket, state), connections (EAN,
address), meters (model, place), and observations with the exact digits of their value, their
instant or period, phase and statistic. An observation keeps its identity: its key is the one in its
IRI. So a correction there is a correction here, and the same member twice is one.

These do not come back: the publisher (our shapes have no place for a derivation), organisations and
networks (the tenant's settings give them here), a meter's serial (its IRI names the meter),
ratings, firmware and initial registers (no member holds them), quality and flags of a reading. A
version with both the configuration and the state of a cabinet becomes two versions here. If the
stream of a meter is not followed, the meter's first observation adds the meter, in a version of its
cabinet with that time. Only streams of this service can be inverted, because names of cabinets and
outlets come from their IRIs. A cabinet that is to be taken later needs a source of another name.

The settings define the cabinets of the other city (`ldes_shok.cabinet.claim`), and the first source
of a cabinet owns it (`ldes_shok.pipeline.ownership`). A member about an IRI of this service is
refused. `limits` bounds the cost of their pages.

`techniek` holds the cabinets too: follow it and `verbruik-individueel`, or `kasten` alone.
"""
