"""Every dialect with a decoder, and good messages of it: those of the golden files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from ldes_shok.settings.yaml_text import parse_yaml
from ldes_shok.sources.decoder import Decoder, Message
from ldes_shok.sources.dialects.csvfile.decoder import CsvDecoder
from ldes_shok.sources.dialects.csvfile.section import CsvSource
from ldes_shok.sources.dialects.csvfile.sheet import read_sheet
from ldes_shok.sources.dialects.csvfile.subject import Subject
from ldes_shok.sources.dialects.mapped.decoder import MappedDecoder
from ldes_shok.sources.dialects.p1.decoder import P1Decoder
from ldes_shok.sources.dialects.p1.section import P1
from tests.support import controllers, ocpp
from tests.support.keys import memory_vault
from tests.support.members import member_message, replica_decoder
from tests.support.sections import mapping_section
from tests.support.vertical import NOON, configuration
from tests.unit.mapping.examples import drafts
from tests.unit.sources.dialects.ngsild import support as ngsild

TABLE: Final = CsvSource(name="tabel", tenant="voorbeeldstad")
FIXTURES: Final = Path(__file__).parents[1] / "fixtures"


@dataclass(frozen=True, slots=True)
class Conversation:
    """Messages of one source in order, and what reads them."""

    decoder: Decoder
    messages: Sequence[Message]


def conversations() -> Mapping[str, Sequence[Conversation]]:
    """By the word that asks for the decoder: `as` of a section `decode`, or a source's type."""
    return {
        "mapping": [*_mapped()],
        "p1": [
            Conversation(P1Decoder(P1("VBS-001"), memory_vault()), _golden("p1", quirk))
            for quirk in controllers.quirks("p1")
        ],
        "ngsild": [
            Conversation(ngsild.decoder(), _golden("ngsild", quirk))
            for quirk in controllers.quirks("ngsild")
        ],
        "ocpp16": [*_ocpp16()],
        "csv": [
            Conversation(CsvDecoder(TABLE), tuple(sheet.messages(NOON)))
            for subject in Subject
            for sheet in [read_sheet(table(subject), subject, TABLE)]
        ],
        "ldes": [
            Conversation(
                replica_decoder(), [member_message(draft) for draft in drafts(configuration())]
            )
        ],
    }


def table(subject: Subject) -> bytes:
    """A good file of a subject."""
    return (FIXTURES / "csv" / f"{subject.value}.csv").read_bytes()


def _golden(dialect: str, quirk: str) -> Sequence[Message]:
    at = controllers.golden(dialect, quirk).received
    return [Message(payload, at) for payload in controllers.messages(dialect, quirk)]


def _mapped() -> Iterator[Conversation]:
    for path in sorted((FIXTURES / "controllers" / "mapped").glob("*.yaml")):
        tree = parse_yaml(path.read_text(encoding="utf-8"), path.name)
        rows: list[dict[str, Any]] = tree["messages"]
        yield Conversation(
            MappedDecoder(mapping_section(tree["decode"])),
            [
                Message(
                    bytes.fromhex(row["payload_hex"])
                    if "payload_hex" in row
                    else row["payload"].encode(),
                    NOON,
                    {name: row[name] for name in ("topic", "retained") if name in row},
                )
                for row in rows
            ],
        )


def _ocpp16() -> Iterator[Conversation]:
    for path in sorted((FIXTURES / "ocpp16").glob("*.json")):
        said = json.loads(path.read_text(encoding="utf-8"))
        bare = [
            ocpp.message(each["frame"], datetime.fromisoformat(each["at"]), each["direction"])
            for each in said
        ]
        yield Conversation(ocpp.decoder(), bare)
        yield Conversation(ocpp.decoder(gives_numbers=True), bare)
        envelopes = [
            {name: each[name] for name in ("at", "direction", "frame")} | {"station": ocpp.STATION}
            for each in said
        ]
        yield Conversation(ocpp.decoder(), [Message(json.dumps(envelopes).encode(), NOON)])
