"""Files as spreadsheets write them, and the events that they must give."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ldes_shok.cabinet.encode import canonical_json
from ldes_shok.sources.decoder import Refusal
from ldes_shok.sources.dialects.csvfile.decoder import CsvDecoder, FromLines
from ldes_shok.sources.dialects.csvfile.section import CsvSource
from ldes_shok.sources.dialects.csvfile.sheet import read_sheet
from ldes_shok.sources.dialects.csvfile.subject import Subject

TABLE = CsvSource(name="tabel", tenant="voorbeeldstad")
FIXTURES = Path(__file__).parents[4] / "fixtures" / "csv"
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def results(data: bytes, subject: Subject, layout: CsvSource | None = None) -> list[FromLines]:
    layout = layout or TABLE
    decoder = CsvDecoder(layout)
    messages = read_sheet(data, subject, layout).messages(NOON)
    return [found for message in messages for found in decoder.results(message)]


def said(found: FromLines) -> str:
    result = found.result
    return result.reason if isinstance(result, Refusal) else canonical_json(result).decode()


@pytest.mark.parametrize("subject", list(Subject))
def test_a_file_gives_the_events_that_are_kept_beside_it(subject: Subject) -> None:
    given = results((FIXTURES / f"{subject.value}.csv").read_bytes(), subject)
    expected = (FIXTURES / f"{subject.value}.ndjson").read_text(encoding="utf-8").splitlines()
    assert [said(found) for found in given] == expected


def test_each_bad_row_has_its_own_sentence_and_spoils_no_other() -> None:
    given = results((FIXTURES / "bad-readings.csv").read_bytes(), Subject.READINGS)
    expected = (FIXTURES / "bad-readings.txt").read_text(encoding="utf-8").splitlines()
    assert [said(found) for found in given] == expected
    assert [found.lines for found in given] == [(line,) for line in range(2, 20)]
    assert sum(isinstance(found.result, Refusal) for found in given) == 17


def test_the_rows_of_a_cabinet_are_one_configuration() -> None:
    given = results((FIXTURES / "assets.csv").read_bytes(), Subject.ASSETS)
    assert [found.lines for found in given] == [(2, 3, 5), (7,)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b";", b","),
        (b";", b"\t"),
        (b"\n", b"\r\n"),
        (b"Kast;", b"\xef\xbb\xbfKast;"),
    ],
)
def test_how_a_spreadsheet_saved_it_changes_nothing(before: bytes, after: bytes) -> None:
    data = (FIXTURES / "readings.csv").read_bytes()
    # Decimal commas are quoted where the delimiter is one.
    changed = data.replace(b"1284,50", b'"1284,50"').replace(b"1290,1", b'"1290,1"')
    changed = changed.replace(b"0,07", b'"0,07"').replace(before, after)
    assert [said(f) for f in results(changed, Subject.READINGS)] == [
        said(f) for f in results(data, Subject.READINGS)
    ]


@pytest.mark.parametrize("encoding", ["windows-1252", "utf-16"])
def test_other_encodings_are_found(encoding: str) -> None:
    text = (FIXTURES / "assets.csv").read_text(encoding="utf-8")
    assert [said(f) for f in results(text.encode(encoding), Subject.ASSETS)] == [
        said(f) for f in results(text.encode(), Subject.ASSETS)
    ]


def test_english_headers_and_iso_times_mean_the_same() -> None:
    data = (
        b"cabinet,outlet,meter,timestamp,reading (Wh),quality,context\n"
        b"VBS-001,1,M-1001,2026-05-12T06:30:00+02:00,1284500,good,begin\n"
    )
    (found,) = results(data, Subject.READINGS)
    first = (FIXTURES / "readings.ndjson").read_text(encoding="utf-8").splitlines()[0]
    assert said(found) == first


def test_a_city_names_its_own_columns_and_defaults() -> None:
    layout = CsvSource(
        name="tabel",
        tenant="voorbeeldstad",
        columns={"Paal": "cabinet", "Teller": "meter"},
        defaults={"time": "12:00", "unit": "kWh", "quality": "geschat"},
    )
    data = b"Paal;Teller;Datum;Stand\nVBS-001;M-1;2026-05-12;7\n"
    (found,) = results(data, Subject.READINGS, layout)
    assert '"observedAt":"2026-05-12T10:00:00Z"' in said(found)
    assert '"quality":"estimated"' in said(found)
    assert '"value":"7000"' in said(found)


def test_rows_that_contradict_each_other_are_refused_one_by_one() -> None:
    data = (
        b"Kast;Geldig vanaf;Type;Stopcontact;Type stopcontact\n"
        b"VBS-001;2026-01-01;marktkast;1;schuko\n"
        b"VBS-001;2026-01-01;foorkast;2;schuko\n"
        b"VBS-001;2026-01-01;;1;CEE rood 32A\n"
        b"VBS-001;2026-01-01;;3;schuko\n"
    )
    good, type_, socket = results(data, Subject.ASSETS)
    assert good.lines == (2, 5)
    assert said(type_).startswith("line 3, column Type: says foorkast")
    assert said(socket).startswith("line 4, column Type stopcontact: says IEC60309")


def test_a_cabinet_that_changed_later_has_a_second_configuration() -> None:
    data = (
        b"Kast;Geldig vanaf;Stopcontact;Type stopcontact\n"
        b"VBS-001;2026-01-01;1;schuko\n"
        b"VBS-001;2026-06-01;1;CEE rood 32A\n"
    )
    assert [found.lines for found in results(data, Subject.ASSETS)] == [(2,), (3,)]


def test_a_name_in_the_holder_column_is_refused_and_not_kept() -> None:
    data = (FIXTURES / "reservations.csv").read_bytes().replace(b"Huurder", b"Houder")
    sheet = read_sheet(data, Subject.RESERVATIONS, TABLE)
    kept = b"".join(message.payload for message in sheet.messages(NOON))
    assert b"Verzonnen" not in kept
    for found in results(data, Subject.RESERVATIONS):
        assert "must be a pseudonym" in said(found)


def test_columns_that_are_not_read_are_not_kept() -> None:
    sheet = read_sheet((FIXTURES / "reservations.csv").read_bytes(), Subject.RESERVATIONS, TABLE)
    assert sheet.unread == ("Huurder",)
    assert b"Verzonnen" not in b"".join(m.payload for m in sheet.messages(NOON))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "holds no names of columns"),
        (b"\n\n;;\n", "holds no names of columns"),
        (b"Kast;Datum\nVBS-001;2026-05-12\n", "it has no column meter"),
        (b"Kast;Cabinet;Meter;At;Stand\n", "both hold cabinet"),
        (b"\xff\xfe\x00", "is not text in utf-16"),
    ],
)
def test_a_file_that_is_no_such_table_says_why(data: bytes, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        read_sheet(data, Subject.READINGS, TABLE)
