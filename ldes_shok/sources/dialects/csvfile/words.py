"""The words of a city's lists, Dutch and English, and the words of the canonical event.

A word in no list goes through unchanged. The canonical event's own check then refuses it and lists
the known words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ldes_shok.sources.dialects.csvfile.columns import plain_name

_SOCKETS: Final = {
    "IEC60309-2P+E-16": "ceeblauw16a ceeblauw16 cee16ablauw blauw16a cee2pe16a cee2p16a",
    "IEC60309-2P+E-32": "ceeblauw32a ceeblauw32 cee32ablauw blauw32a cee2pe32a",
    "IEC60309-3P+N+E-16": "ceerood16a ceerood16 cee16arood rood16a cee16a5p krachtstroom16a",
    "IEC60309-3P+N+E-32": "ceerood32a ceerood32 cee32arood rood32a cee32a5p krachtstroom32a",
    "IEC60309-3P+N+E-63": "ceerood63a ceerood63 cee63arood rood63a cee63a cee63 krachtstroom63a",
    "IEC60309-3P+N+E-125": "ceerood125a ceerood125 cee125arood rood125a cee125a cee125",
    "CEE7/5": "cee75 penaarde huishoudelijk typee",
    "CEE7/3": "cee73 schuko randaarde typef",
    "powerlock": "powerlock",
    "IEC62196-2": "iec621962 type2 laadpunt mennekestype2",
    "terminal": "terminal klemmen klem rijgklemmen",
    "other": "other ander andere",
}

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "type": {
        "marktkast": "marktkast market",
        "foorkast": "foorkast kermiskast fair",
        "evenementenkast": "evenementenkast eventkast evenement",
        "walstroomkast": "walstroomkast walstroom shore",
        "other": "other ander andere",
    },
    "socket": _SOCKETS,
    "quality": {
        "good": "good goed ok",
        "suspect": "suspect verdacht twijfel twijfelachtig",
        "estimated": "estimated geschat schatting raming",
        "bad": "bad slecht fout ongeldig",
    },
    "clock": {"N": "n geen none", "I": "i informatief informative"},
    "context": {
        "begin": "begin start aanvang beginstand startstand",
        "end": "end einde eind eindstand",
        "periodic": "periodic periodiek maandelijks jaarlijks",
        "other": "other ander andere",
    },
    "state": {
        "requested": "requested aangevraagd aanvraag",
        "confirmed": "confirmed bevestigd goedgekeurd",
        "active": "active actief lopend",
        "used": "used gebruikt afgerond",
        "cancelled": "cancelled canceled geannuleerd",
        "expired": "expired vervallen verlopen",
        "no_show": "noshow nietopgedaagd",
    },
    "activity_type": {
        "market": "market markt",
        "fair": "fair kermis foor",
        "event": "event evenement",
        "standing_trade": "standingtrade standplaats",
        "works": "works werken werf",
        "other": "other ander andere",
    },
}
"""By field: our word, and its names in lists, as `plain_name` makes them."""


def word(field: str, text: str) -> str:
    """Our word for a cell; the cell itself if it is in no list."""
    plain = plain_name(text)
    for ours, theirs in WORDS[field].items():
        if plain == plain_name(ours) or plain in theirs.split():
            return ours
    return text
