"""A run: pages in order, each committed with the position after it, whatever the server does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta

import msgspec
import pytest
from structlog.testing import capture_logs
from yarl import URL

from ldes_shok.cabinet.encode import instant_text
from ldes_shok.cabinet.event import Measurement, Status, StatusData
from ldes_shok.cabinet.incoming import Delivery, Memory, Origin
from ldes_shok.cabinet.measurement import MeasurementData, Reading
from ldes_shok.errors import LogUnavailable, Overloaded, ShuttingDown
from ldes_shok.sources.base import SourceState
from ldes_shok.sources.common.registers.memory import subject_of
from ldes_shok.sources.decoder import Decoded, Message
from ldes_shok.sources.decoding import Decoding
from ldes_shok.sources.transports.poll.position import SUBJECT, Position, Validator
from ldes_shok.sources.transports.poll.section import (
    BodyUrlNext,
    CursorNext,
    LinkNext,
    Next,
    Window,
)
from tests.support.rest import Asked, Told
from tests.unit.sources.transports.poll.conftest import NOON, Bench, Once


def event(number: int) -> bytes:
    return json.dumps({"n": number}).encode()


def page(numbers: Sequence[int], following: object = None) -> bytes:
    items = b",".join(event(number) for number in numbers)
    return (
        b'{"data": [' + items + b'], "paging": {"next": ' + json.dumps(following).encode() + b"}}"
    )


CURSOR = {"items": "data", "next": CursorNext("paging.next")}
QUERY = {"query": {"after": "{cursor}", "limit": "2"}}


def paged(asked: Asked) -> Told:
    """Six events, two a page; the last page has no cursor."""
    after = int(asked.query.get("after", "0"))
    following = str(after + 2) if after < 4 else None
    return Told(page([after + 1, after + 2], following))


async def test_a_page_without_a_next_one_is_all(bench: Bench) -> None:
    bench.server.answer = lambda _: Told(b'[{"n": 1},{"n": 2}]')
    source = bench.source()
    await source.run_once(bench.client)
    assert bench.committed == [event(1), event(2)]
    assert source.status.state is SourceState.CONNECTED
    assert len(bench.server.asked) == 1


async def test_pages_are_followed_to_the_end_and_gone_on_with(bench: Bench) -> None:
    bench.use(**CURSOR, **QUERY)
    bench.server.answer = paged
    await bench.source().run_once(bench.client)
    assert bench.committed == [event(number) for number in range(1, 7)]
    assert [asked.query.get("after") for asked in bench.server.asked] == [None, "2", "4"]
    assert bench.position.cursor == "4"
    assert not bench.position.under_way


async def test_the_position_is_in_the_commit_of_the_last_event_of_its_page(bench: Bench) -> None:
    bench.use(**CURSOR, **QUERY)
    bench.max_batch_events = 1
    bench.server.answer = paged
    await bench.source().run_once(bench.client)
    carrying = [d.payload for d in bench.sink.deliveries if d.notes]
    assert carrying == [event(2), event(4), event(6)]
    assert set(bench.sink.batches) == {1}


async def test_a_new_process_goes_on_in_the_middle_of_a_run(bench: Bench) -> None:
    bench.use(**CURSOR, **QUERY)

    def dies(asked: Asked) -> Told:
        if asked.query.get("after") == "4":
            bench.sink.refusals.append(ShuttingDown("killed"))
        return paged(asked)

    bench.server.answer = dies
    with pytest.raises(ShuttingDown):
        await bench.source().run_once(bench.client)
    assert bench.position.under_way
    bench.server.answer = paged
    asked_before = len(bench.server.asked)
    await bench.source().deliver(bench.client, Once())
    assert [a.query["after"] for a in bench.server.asked[asked_before:]] == ["4"]
    assert bench.committed == [event(number) for number in range(1, 7)]


async def test_a_run_ends_at_its_page_limit_and_the_next_goes_on(bench: Bench) -> None:
    bench.use(**CURSOR, **QUERY, max_pages=2)
    bench.server.answer = paged
    source = bench.source()
    await source.run_once(bench.client)
    assert len(bench.committed) == 4
    await source.run_once(bench.client)
    assert bench.committed == [event(number) for number in range(1, 7)]


async def test_a_cursor_that_changes_for_ever_ends_with_an_empty_page(bench: Bench) -> None:
    bench.use(**CURSOR, **QUERY)
    bench.server.answer = lambda asked: Told(page([], asked.query.get("after", "") + "x"))
    await bench.source().run_once(bench.client)
    assert len(bench.server.asked) == 1
    assert bench.position.cursor == "x"
    assert bench.committed == []


async def test_a_cursor_that_is_not_kept_begins_again(bench: Bench) -> None:
    bench.use(items="data", next=CursorNext("paging.next", keep=False), **QUERY)
    bench.server.answer = paged
    source = bench.source()
    await source.run_once(bench.client)
    await source.run_once(bench.client)
    assert [asked.query.get("after") for asked in bench.server.asked] == [None, "2", "4"] * 2


@pytest.mark.parametrize("status", [400, 404, 410, 414, 422, 431])
async def test_a_cursor_that_the_server_forgot_begins_again(bench: Bench, status: int) -> None:
    bench.use(**CURSOR, **QUERY)
    bench.server.answer = paged
    source = bench.source()
    await source.run_once(bench.client)
    bench.server.answer = lambda a: Told(status=status) if a.query.get("after") else Told(page([7]))
    await source.run_once(bench.client)
    assert bench.committed[-1] == event(7)
    assert source.status.state is SourceState.CONNECTED


async def test_links_are_followed(bench: Bench) -> None:
    bench.use(next=LinkNext())

    def linked(asked: Asked) -> Told:
        number = int(asked.query.get("p", "1"))
        link = f'</v1/events?p={number + 1}>; rel="next", </v1/events>; rel="first"'
        return Told(event(number), headers={"Link": link} if number < 3 else {})

    bench.server.answer = linked
    await bench.source().run_once(bench.client)
    assert bench.committed == [event(1), event(2), event(3)]
    assert bench.position.next_url == ""


async def test_addresses_in_the_body_are_followed(bench: Bench) -> None:
    bench.use(items="data", next=BodyUrlNext("paging.next"))
    last = f"{bench.server.url}/v1/events?sig=a%2Fb+c"
    bench.server.answer = lambda a: Told(page([2]) if "sig" in a.query else page([1], last))
    await bench.source().run_once(bench.client)
    assert bench.committed == [event(1), event(2)]
    assert bench.server.asked[-1].query["sig"] == "a/b c"


REFUSED = [
    ("http://127.0.0.2:1/v1/events", "only the server of `url` is asked"),
    ("http://user@127.0.0.1:{port}/v1/events?p=2", "a user name or a password in it"),
    ("http://user:secret@127.0.0.1:{port}/v1/events?p=2", "a user name or a password in it"),
    ("/v1/events?p=2 3", "spaces or accents in it"),
    ("/v1/events?p=" + "2" * 8_000, "at most 8000 are asked"),
    ("http://127.0.0.1:x/", "that is no URL"),
]


@pytest.mark.parametrize("following", [BodyUrlNext("paging.next"), LinkNext()])
@pytest.mark.parametrize(("reference", "said"), REFUSED)
async def test_a_next_page_that_cannot_be_asked_for_is_refused_when_it_is_named(
    bench: Bench, following: Next, reference: str, said: str
) -> None:
    """The events of its page are taken, and the page is asked for again until it leads on."""
    named = reference.format(port=URL(bench.server.url).port)
    bench.use(items="data", next=following)
    link = {"Link": f'<{named}>; rel="next"'}
    bench.server.answer = lambda _: Told(page([1], named), headers=link)
    source = bench.source()
    with capture_logs() as lines:
        for _ in range(6):
            await source.run_once(bench.client)
    assert bench.committed == [event(1)] * 6
    assert bench.kept is None, "nothing is stored of where it cannot go"
    assert {asked.path for asked in bench.server.asked} == {"/v1/events"}
    assert all(not asked.query for asked in bench.server.asked)
    assert all("Authorization" not in asked.headers for asked in bench.server.asked)
    assert source.status.state is SourceState.DISCONNECTED
    assert said in source.status.detail
    assert source.status.stuck.startswith("failed 6 times at the same position: ")
    assert "secret" not in source.status.stuck
    assert [line["event"] for line in lines] == ["source_disconnected", "source_stuck"]
    bench.server.answer = lambda asked: Told(page([1], None if asked.query else "?p=2"))
    bench.use(next=BodyUrlNext("paging.next"))
    with capture_logs() as lines:
        await source.run_once(bench.client)
    assert source.status.stuck == ""
    assert [line["event"] for line in lines] == ["source_connected", "source_recovered"]


@pytest.mark.parametrize("following", ["x" * 8_001, "\N{BLACK STAR}" * 1_000, {"a": 1}])
async def test_a_cursor_that_cannot_be_asked_with_is_refused_when_it_is_named(
    bench: Bench, following: object
) -> None:
    bench.use(**CURSOR, **QUERY)
    bench.server.answer = lambda _: Told(page([1], following))
    source = bench.source()
    await source.run_once(bench.client)
    await source.run_once(bench.client)
    assert bench.committed == [event(1)] * 2
    assert bench.kept is None
    assert source.status.state is SourceState.DISCONNECTED


@pytest.mark.parametrize(
    "stored",
    [
        Position(next_url="http://user@127.0.0.1:1/v1/events", under_way=True),
        Position(next_url="http://127.0.0.2:1/v1/events", under_way=True),
        Position(next_url="http://127.0.0.1:x/", under_way=True),
        Position(cursor="x" * 9_000, under_way=True),
        Position(cursor="\x00" * 4_000),
        Position(validator=Validator("{url}", "\n: \x00")),
    ],
)
async def test_a_position_of_an_earlier_version_that_cannot_be_asked_for_is_left(
    bench: Bench, stored: Position
) -> None:
    """It starts again from its first page; nothing is lost, and what was read is recognised."""
    bench.use(**CURSOR, **QUERY)
    url = bench.section.url
    validator = stored.validator
    if validator is not None:
        asked_for = f"{url}?limit=2"
        validator = Validator(asked_for, validator.etag)
    kept = msgspec.structs.replace(stored, url=url, validator=validator)
    origin = Origin("poll", "voorbeeldstad", "verkoper")
    bench.sink.deliveries.append(Delivery(b"", origin, NOON, notes=(kept.remembered(),)))
    bench.server.answer = paged
    source = bench.source()
    with capture_logs() as lines:
        await source.deliver(bench.client, Once())
    assert bench.committed == [event(number) for number in range(1, 7)]
    assert [asked.query.get("after") for asked in bench.server.asked] == [None, "2", "4"]
    (left,) = [line for line in lines if line["event"] == "source_begins_again"]
    assert left["reason"]
    assert left["log_level"] == "warning"
    assert bench.position.cursor == "4"


async def test_a_page_that_redirects_elsewhere_is_left_once_in_a_run(bench: Bench) -> None:
    bench.use(items="data", next=LinkNext())
    away = Told(status=302, headers={"Location": f"http://user@{URL(bench.server.url).authority}/"})
    link = {"Link": "<?p=2>; rel=next"}
    bench.server.answer = lambda a: away if a.query else Told(page([1]), headers=link)
    source = bench.source()
    await source.run_once(bench.client)
    assert [asked.query.get("p") for asked in bench.server.asked] == [None, "2", None, "2"]
    assert "set `url` to where it is now" in source.status.detail
    assert all("Authorization" not in asked.headers for asked in bench.server.asked)
    for _ in range(4):
        await source.run_once(bench.client)
    assert source.status.stuck
    bench.server.answer = lambda a: Told(page([2])) if a.query else Told(page([1]), headers=link)
    await source.run_once(bench.client)
    assert source.status.stuck == ""
    assert bench.committed[-1] == event(2)


async def test_a_server_that_is_down_for_long_is_said_once(bench: Bench) -> None:
    answers = [Told(status=503)] * 7 + [Told(event(1))]
    bench.server.answer = lambda _: answers.pop(0)
    source = bench.source()
    with capture_logs() as lines:
        await source.run_once(bench.client)
    said = [line["event"] for line in lines]
    assert said == [
        "source_disconnected", "source_stuck", "source_connected", "source_recovered",
    ]  # fmt: skip
    assert bench.committed == [event(1)]


async def test_a_tag_that_cannot_be_said_back_is_no_validator(bench: Bench) -> None:
    told = [
        Told(event(1), headers={"ETag": '"\N{BLACK STAR}"'}),
        Told(event(1), headers={"ETag": f'"{"x" * 2_000}"'}),
        Told(event(1)),
    ]
    bench.server.answer = lambda _: told.pop(0)
    source = bench.source()
    for _ in range(3):
        await source.run_once(bench.client)
    assert source.status.state is SourceState.CONNECTED
    assert all("If-None-Match" not in asked.headers for asked in bench.server.asked)


async def test_what_has_not_changed_is_not_sent_again(bench: Bench) -> None:
    def unchanged(asked: Asked) -> Told:
        if asked.headers.get("If-None-Match") == '"1"':
            return Told(status=304, headers={"ETag": '"1"'})
        return Told(event(1), headers={"ETag": '"1"'})

    bench.server.answer = unchanged
    await bench.source().run_once(bench.client)
    commits = len(bench.sink.batches)
    await bench.source().run_once(bench.client)  # of a new process: it stands in the log
    assert len(bench.server.asked) == 2
    await bench.source().deliver(bench.client, Once(1))
    assert [a.headers.get("If-None-Match") for a in bench.server.asked[2:]] == ['"1"', '"1"']
    assert len(bench.sink.batches) == commits + 1


async def test_last_modified_serves_where_there_is_no_tag(bench: Bench) -> None:
    at = "Tue, 12 May 2026 11:00:00 GMT"
    bench.server.answer = lambda _: Told(event(1), headers={"Last-Modified": at})
    source = bench.source()
    await source.run_once(bench.client)
    await source.run_once(bench.client)
    assert bench.server.asked[1].headers["If-Modified-Since"] == at


async def test_a_tag_of_the_first_of_several_pages_says_nothing_of_the_others(
    bench: Bench,
) -> None:
    bench.use(next=LinkNext())
    link = {"Link": '<?p=2>; rel="next"', "ETag": '"first"'}
    bench.server.answer = lambda a: Told(event(2) if a.query else event(1), headers=link)
    source = bench.source()
    await source.run_once(bench.client)
    await source.run_once(bench.client)
    assert all("If-None-Match" not in asked.headers for asked in bench.server.asked)
    assert len(bench.server.asked) == 4


async def test_windows_follow_each_other_without_a_gap(bench: Bench) -> None:
    start = NOON - timedelta(hours=5, minutes=30)
    bench.use(
        window=Window(instant_text(start), overlap_seconds=60, lag_seconds=30, most_seconds=7200),
        query={"date_from": "{since}", "date_to": "{until}"},
    )
    bench.server.answer = lambda _: Told(b"[]")
    source = bench.source()
    await source.run_once(bench.client)
    asked = [(a.query["date_from"], a.query["date_to"]) for a in bench.server.asked]
    assert asked == [
        ("2026-05-12T06:30:00Z", "2026-05-12T08:30:00Z"),
        ("2026-05-12T08:29:00Z", "2026-05-12T10:30:00Z"),
        ("2026-05-12T10:29:00Z", "2026-05-12T11:59:30Z"),
    ]
    await source.run_once(bench.client)
    assert len(bench.server.asked) == 3, "no time has passed, so nothing is asked"
    bench.clock.set(NOON - timedelta(hours=1))
    await source.run_once(bench.client)
    assert len(bench.server.asked) == 3, "a clock that goes back asks nothing"
    bench.clock.set(NOON + timedelta(minutes=1))
    await bench.source().deliver(bench.client, Once())
    assert bench.server.asked[-1].query["date_from"] == "2026-05-12T11:58:30Z"


async def test_a_window_of_several_pages_stays_the_same_window(bench: Bench) -> None:
    bench.use(
        window=Window("2026-05-12T11:00:00Z"),
        next=CursorNext("paging.next"),
        items="data",
        query={"from": "{since}", "to": "{until}", "after": "{cursor}"},
    )

    def paged_later(asked: Asked) -> Told:
        bench.clock.set(bench.clock.now() + timedelta(minutes=1))
        return Told(page([1], "p2") if "after" not in asked.query else page([2]))

    bench.server.answer = paged_later
    bench.use(max_pages=2)
    await bench.source().run_once(bench.client)
    assert [a.query["to"] for a in bench.server.asked] == ["2026-05-12T12:00:00Z"] * 2
    assert bench.position.until == NOON
    assert bench.position.cursor == ""


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
async def test_a_server_that_is_down_is_asked_again(bench: Bench, status: int) -> None:
    answers = [Told(status=status, headers={"Retry-After": "7"})] * 2 + [Told(event(1))]
    bench.server.answer = lambda _: answers.pop(0)
    source = bench.source()
    await source.run_once(bench.client)
    assert bench.committed == [event(1)]
    assert len(bench.waited_seconds) == 2
    assert all(7 <= waited <= 9 for waited in bench.waited_seconds)
    assert source.status.state is SourceState.CONNECTED


async def test_a_page_that_breaks_off_is_asked_for_again(bench: Bench) -> None:
    body = b"[" + b",".join([event(1)] * 1000) + b"]"
    answers = [Told(body, cut_after_bytes=4000), Told(event(1))]
    bench.server.answer = lambda _: answers.pop(0)
    await bench.source().run_once(bench.client)
    assert bench.committed == [event(1)]
    assert len(bench.waited_seconds) == 1


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (Told(b"<html>maintenance</html>"), "the answer holds no events"),
        (Told(status=403), "refuses our credentials, 403: see auth"),
        (Told(status=401), "refuses our credentials, 401: see auth"),
        (Told(status=418), "the server answers 418; see url"),
        (Told(b"[" + b" " * 3000 + b"]"), "a page has more than 2000 bytes"),
        (Told(status=302, headers={"Location": "http://127.0.0.2:1/"}), "set `url` to where it"),
        (Told(status=302, headers={"Location": "/v1/events"}), "redirects more than 5 times"),
    ],
)
async def test_an_answer_that_cannot_be_used_ends_the_run(
    bench: Bench, told: Told, said: str
) -> None:
    bench.use(max_body_bytes=2000)
    bench.server.answer = lambda _: told
    source = bench.source()
    await source.run_once(bench.client)
    assert source.status.state is SourceState.DISCONNECTED
    assert said in source.status.detail
    assert bench.sink.deliveries == []


async def test_a_redirect_on_the_same_server_is_followed(bench: Bench) -> None:
    bench.use(next=LinkNext())
    moved = Told(status=307, headers={"Location": "/v2/a/events"})
    link = {"Link": "<more>; rel=next"}

    def answer(asked: Asked) -> Told:
        if asked.path == "/v1/events":
            return moved
        return Told(event(2)) if asked.path == "/v2/a/more" else Told(event(1), headers=link)

    bench.server.answer = answer
    await bench.source().run_once(bench.client)
    assert bench.committed == [event(1), event(2)]


async def test_what_the_pipeline_does_not_take_is_offered_again(bench: Bench) -> None:
    bench.server.answer = lambda _: Told(event(1))
    bench.sink.refusals += [Overloaded(1), LogUnavailable("the disk is full")]
    await bench.source().run_once(bench.client)
    assert bench.committed == [event(1)]
    assert len(bench.server.asked) == 1
    assert len(bench.waited_seconds) == 2


async def test_a_run_at_a_set_time_that_was_missed_is_caught_up(bench: Bench) -> None:
    bench.use(every_seconds=None, cron="0 2 * * *", zone="Europe/Brussels")
    bench.server.answer = lambda _: Told(b"[]")
    await bench.source().deliver(bench.client, Once())
    assert bench.server.asked == [], "the first run waits for its time"
    await bench.source().deliver(bench.client, Once(1))
    assert len(bench.server.asked) == 1
    bench.clock.set(NOON + timedelta(hours=11))
    await bench.source().deliver(bench.client, Once())
    assert len(bench.server.asked) == 1, "nothing was missed yet"
    bench.clock.set(NOON + timedelta(hours=12, seconds=1))
    await bench.source().deliver(bench.client, Once())
    assert len(bench.server.asked) == 2
    assert bench.position.ran_at == bench.clock.now()


async def test_a_position_of_another_url_is_forgotten(bench: Bench) -> None:
    bench.use(**CURSOR, **QUERY, max_pages=2)
    bench.server.answer = paged
    await bench.source().run_once(bench.client)
    assert bench.position.cursor == "4"
    bench.use(url=f"{bench.server.url}/v2/events")
    await bench.source().deliver(bench.client, Once())
    assert bench.server.asked[-2].path == "/v2/events"
    assert "after" not in bench.server.asked[-2].query
    assert bench.position.url == bench.section.url


class _Numbering:
    """An event of each message says how many came before it."""

    def subject(self, message: Message) -> str | None:  # noqa: ARG002  the protocol
        return "a"

    def decode(self, message: Message, memory: bytes) -> Decoded:  # noqa: ARG002
        number = int(memory or b"0")
        event = Status(
            v=1, cabinet="x", observed_at="2026-05-12T12:00:00Z", clock="S",
            data=StatusData(operation="operational", vendor_state=str(number)),
        )  # fmt: skip
        return Decoded((event,), str(number + 1).encode())


class _Metering:
    """Each message is a reading of a meter."""

    historical_after = None

    def subject(self, message: Message) -> str | None:  # noqa: ARG002  the protocol
        return None

    def decode(self, message: Message, memory: bytes) -> Decoded:  # noqa: ARG002
        readings = (
            Reading("energy.import.register", "total", "1000", "Wh"),
            Reading("power.import", "total", "2000", "W"),
        )
        event = Measurement(
            v=1, cabinet="x", observed_at="2026-05-12T12:00:00Z", clock="S",
            data=MeasurementData(readings, "SN-1"),
        )  # fmt: skip
        return Decoded((event,))


async def test_what_a_meter_said_is_in_the_same_commit_as_the_position(bench: Bench) -> None:
    bench.use(**CURSOR, **QUERY)
    bench.server.answer = lambda asked: Told(page([]) if "after" in asked.query else page([1], "2"))
    origin = Origin("poll", "voorbeeldstad", "verkoper")
    decoding = Decoding(_Metering(), origin, lambda _source, _subject: None)
    await bench.source(decoding=decoding).run_once(bench.client)
    subjects = [note.subject for note in bench.sink.deliveries[0].notes]
    assert subjects == [subject_of("x", None, "SN-1"), SUBJECT]


async def test_a_decoders_memory_is_in_the_same_commit_as_the_position(bench: Bench) -> None:
    bench.use(**CURSOR, **QUERY)
    bench.server.answer = paged
    origin = Origin("poll", "voorbeeldstad", "verkoper")
    decoding = Decoding(_Numbering(), origin, lambda _source, _subject: None)
    bench.sink.refusals += [LogUnavailable("the disk is full")] * 2
    await bench.source(decoding=decoding).run_once(bench.client)
    last = bench.sink.deliveries[1]
    assert last.memory == Memory("a", b"2")
    assert last.notes
    assert last.raw is not None
    assert last.raw.payload == event(2)
    states = [d.payload.rpartition(b'vendorState":"')[2][:1] for d in bench.sink.deliveries]
    assert states == [b"0", b"1", b"2", b"3", b"4", b"5"]


async def test_headers_of_the_settings_stand_once(bench: Bench) -> None:
    bench.use(headers={"accept": "application/geo+json", "X-Tenant": "a"})
    bench.server.answer = lambda _: Told(event(1))
    await bench.source().run_once(bench.client)
    headers = bench.server.asked[0].headers
    assert headers["Accept"] == "application/geo+json"
    assert headers["X-Tenant"] == "a"
