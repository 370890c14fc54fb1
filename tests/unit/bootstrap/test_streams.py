"""The event streams of the settings, and of a log that keeps what an earlier rule published."""

from __future__ import annotations

from ldes_shok.bootstrap.streams import event_streams
from ldes_shok.ldes.stream import Access
from ldes_shok.settings.model import Settings
from tests.unit.conftest import MakeSettings

NOTHING: frozenset[str] = frozenset()


def test_streams_have_their_addresses_below_the_public_url(settings: Settings) -> None:
    streams = {stream.name: stream for stream in event_streams(settings, NOTHING)}
    kasten, individual = streams["kasten"], streams["verbruik-individueel"]
    assert kasten.iri == f"{settings.public_url}/kasten"
    assert kasten.view_iri == f"{settings.public_url}/kasten/by-time"
    assert kasten.shape_iri == f"{settings.public_url}/shapes/kasten"
    assert kasten.access is Access.OPEN
    assert kasten.versioned_by == "http://purl.org/dc/terms/modified"
    assert individual.versioned_by == ""


def test_the_rule_of_public_sums_stands_in_their_description(make_settings: MakeSettings) -> None:
    settings = make_settings({"privacy": {"k": 12, "largest_two_percent": 80, "delay_hours": 9}})
    verbruik = {s.name: s for s in event_streams(settings, NOTHING)}["verbruik"]
    assert "minstens 12 gebruikers" in verbruik.description_nl
    assert "hoogstens 80 %" in verbruik.description_nl
    assert "9 hours" in verbruik.description_en
    assert "kwartieren" not in verbruik.description_nl
    finer = make_settings({"privacy": {"quarters": True, "cabinets": True, "fine_k": 25}})
    verbruik = {s.name: s for s in event_streams(finer, NOTHING)}["verbruik"]
    assert "kwartieren en kasten, van minstens 25 gebruikers" in verbruik.description_nl


def test_a_closed_stream_keeps_its_address_and_has_a_successor(
    make_settings: MakeSettings,
) -> None:
    settings = make_settings({"demo": False, "streams": {"verbruik": {"access": "open"}}})
    names = [stream.name for stream in event_streams(settings, frozenset({"verbruik"}))]
    assert names[names.index("verbruik") + 1] == "verbruik-2"
    streams = {s.name: s for s in event_streams(settings, frozenset({"verbruik"}))}
    old, new = streams["verbruik"], streams["verbruik-2"]
    assert (old.access, new.access) == (Access.TOKEN, Access.OPEN)
    assert (new.kind, new.shape_iri) == ("verbruik", old.shape_iri)
    assert (new.replaces, old.replaced_by) == (old.iri, new.iri)
    assert "minstens 10 gebruikers" in new.description_nl
    assert "eerdere regel" in old.description_nl


def test_in_a_demo_nothing_is_closed(make_settings: MakeSettings) -> None:
    settings = make_settings({"demo": True})
    streams = {s.name: s for s in event_streams(settings, frozenset({"verbruik"}))}
    assert streams["verbruik"].access is Access.OPEN
