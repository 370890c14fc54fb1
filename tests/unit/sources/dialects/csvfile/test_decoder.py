"""Whatever the bytes: rows, refusals or a sentence about the file, and never another error."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.sources.decoder import Message, Refusal
from ldes_shok.sources.dialects.csvfile.decoder import CsvDecoder
from ldes_shok.sources.dialects.csvfile.records import read_records
from ldes_shok.sources.dialects.csvfile.section import CsvSource
from ldes_shok.sources.dialects.csvfile.sheet import read_sheet
from ldes_shok.sources.dialects.csvfile.subject import Subject
from tests.support import controllers
from tests.support.examples import examples

TABLE = CsvSource(name="tabel", tenant="voorbeeldstad")
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HEADERS = {
    Subject.ASSETS: "Kast;Geldig vanaf;Type;Lat;Lon;Stopcontact;Fasen;Ampère;Meter",
    Subject.READINGS: "Kast;Stopcontact;Meter;Datum;Uur;Stand (kWh);Kwaliteit;Klok;Moment",
    Subject.RESERVATIONS: "Kast;Reservatie;Status;Van;Tot;Gewijzigd;Houder;Activiteit;Soort",
}
CELLS = st.one_of(
    st.text(alphabet='ab1;,."\n\r\x00\ufeff é/-:', max_size=12),
    st.sampled_from(
        [
            "VBS-001",
            "2026-05-12",
            "12/05/2026 08:00",
            "1",
            "1.284,5",
            "goed",
            "9" * 40,
            "p1:" + "a" * 26,
        ]
    ),
)


@given(st.binary(max_size=200), st.sampled_from(list(Subject)))
def test_any_bytes_are_rows_or_a_sentence(data: bytes, subject: Subject) -> None:
    try:
        sheet = read_sheet(data, subject, TABLE)
    except ValueError:
        return
    assert all(row.line > 1 for row in sheet.rows)


@examples(2)
@given(st.sampled_from(list(Subject)), st.lists(st.lists(CELLS, max_size=10), max_size=5))
def test_any_cells_are_events_or_refusals(subject: Subject, rows: list[list[str]]) -> None:
    text = HEADERS[subject] + "\n" + "\n".join(";".join(row) for row in rows)
    sheet = read_sheet(text.encode(), subject, msgspec.structs.replace(TABLE, encoding="utf-8"))
    decoder = CsvDecoder(TABLE)
    lines: list[int] = []
    for message in sheet.messages(NOON):
        found = decoder.results(message)
        assert tuple(each.result for each in found) == decoder.decode(message, b"").results
        lines += [line for each in found for line in each.lines]
        assert all(r.result.reason for r in found if isinstance(r.result, Refusal))
    assert sorted(lines) == [row.line for row in sheet.rows]


@given(st.binary(max_size=100), st.sampled_from(["assets", "readings", "nothing", ""]))
def test_any_message_is_refused_or_read(payload: bytes, kind: str) -> None:
    decoder = CsvDecoder(TABLE)
    controllers.said(decoder.decode(Message(payload, NOON, {"as": kind, "delimiter": ";"}), b""))


@given(st.lists(st.lists(st.text(max_size=6), min_size=2, max_size=4), min_size=1, max_size=6))
def test_what_is_quoted_comes_back(rows: list[list[str]]) -> None:
    def quoted(cell: str) -> str:
        doubled = cell.replace('"', '""')
        return f'"{doubled}"'

    text = "\r\n".join(";".join(quoted(cell) for cell in row) for row in rows)
    read = [record.cells for record in read_records(text, ";")]
    assert read == [tuple(row) for row in rows if any(cell.strip() for cell in row)]


def test_a_quote_that_is_never_closed_costs_one_line() -> None:
    text = 'a;b\n1;"2\n3;4\n'
    records = list(read_records(text, ";"))
    assert [(r.line, r.cells) for r in records] == [(1, ("a", "b")), (2, ()), (3, ("3", "4"))]
    assert "a quote is opened" in records[1].problem
