"""The current state: the latest word on each axis, in whatever order the words arrived."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.cabinet.configuration import (
    CabinetConfiguration,
    ConfigurationData,
    MeterConfiguration,
    OutletConfiguration,
)
from ldes_shok.cabinet.event import StatusData
from ldes_shok.mapping.precedence import ReportedBy
from ldes_shok.mapping.state import (
    Axes,
    AxisValue,
    CabinetState,
    OutletState,
    Upsert,
    axes_of,
    bounded_link,
    order_of,
    overruled,
    values,
    with_configuration,
    with_link,
    with_removal,
    with_status,
)

EMPTY = CabinetState("voorbeeldstad", "VBS-001")


def _at(day: int) -> str:
    return f"2026-05-{day:02d}T00:00:00Z"


def _upsert(
    day: int,
    cabinet: CabinetConfiguration | None = None,
    outlets: tuple[OutletConfiguration, ...] = (),
    meters: tuple[MeterConfiguration, ...] = (),
) -> Upsert:
    data = ConfigurationData("upsert", _at(day), cabinet, outlets, meters)
    return Upsert.of(data, ReportedBy(_at(day), "c:1", ""))


statuses = st.builds(
    StatusData,
    operation=st.sampled_from([None, "operational", "defect"]),
    occupancy=st.sampled_from(["free", "in_use"]),
    door=st.sampled_from([None, "open", "closed"]),
)


@given(st.lists(st.tuples(statuses, st.integers(1, 5)), max_size=6), st.randoms())
def test_the_axes_do_not_depend_on_the_order_of_arrival(
    reports: list[tuple[StatusData, int]], random: object
) -> None:
    keyed = [(data, _at(day), f"s:{number}") for number, (data, day) in enumerate(reports)]
    shuffled = list(keyed)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    results: list[Axes] = []
    for order in (keyed, shuffled):
        axes: Axes = {}
        for data, at, key in order:
            axes = with_status(axes, data, ReportedBy(at, key, ""))
        results.append(axes)
    assert results[0] == results[1]


def test_a_late_report_does_not_move_what_is_current_back() -> None:
    now = with_status({}, StatusData(occupancy="in_use"), ReportedBy(_at(5), "s:1", ""))
    late = with_status(
        now, StatusData(occupancy="free", door="open"), ReportedBy(_at(4), "s:2", "")
    )
    assert values(late) == {"occupancy": "in_use", "door": "open"}


def test_times_are_compared_as_times_not_as_text() -> None:
    whole = AxisValue("free", "2026-05-01T00:00:00Z", "s:1")
    fraction = AxisValue("in_use", "2026-05-01T00:00:00.5Z", "s:0")
    assert fraction.rank > whole.rank


def test_only_what_is_said_counts() -> None:
    data = StatusData(occupancy="free", cause="boot", vendor_state="7")
    assert axes_of(data) == {"occupancy": "free"}


def test_an_upsert_replaces_what_it_gives_and_leaves_the_rest() -> None:
    first = with_configuration(EMPTY, _upsert(1, CabinetConfiguration(name="A", network="n1")))
    second = with_configuration(first, _upsert(2, CabinetConfiguration(name="B")))
    assert (second.configuration.name, second.configuration.network) == ("B", "n1")
    assert (second.configured, second.valid_from) == (True, _at(2))


def test_a_late_upsert_only_replaces_what_is_older() -> None:
    current = with_configuration(EMPTY, _upsert(2, CabinetConfiguration(name="B")))
    late = with_configuration(current, _upsert(1, CabinetConfiguration(name="A", network="n1")))
    assert (late.configuration.name, late.configuration.network) == ("B", "n1")
    assert late.valid_from == _at(2)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_upserts_end_the_same_in_any_order(order: tuple[int, ...]) -> None:
    upserts = [
        _upsert(
            1,
            CabinetConfiguration(name="A", network="n1"),
            (OutletConfiguration("1", socket="CEE7/5", meter="M1"),),
            (MeterConfiguration("M1", model="X"),),
        ),
        _upsert(2, CabinetConfiguration(name="B"), (OutletConfiguration("1", meter="M2"),)),
        _upsert(3, None, (OutletConfiguration("2"),), (MeterConfiguration("M1", model="Y"),)),
    ]
    state = EMPTY
    for index in order:
        state = with_configuration(state, upserts[index])
    assert (state.configuration.name, state.configuration.network) == ("B", "n1")
    one = state.outlets["1"].configuration
    assert (one.socket, one.meter) == ("CEE7/5", "M2")
    assert set(state.outlets) == {"1", "2"}


def test_what_an_earlier_version_kept_of_a_configuration_still_has_its_place() -> None:
    """It kept no more than `validFrom`: what says more of the same instant counts before it."""
    state = CabinetState(
        "voorbeeldstad", "VBS-001", configured=True, valid_from=_at(2),
        configuration=CabinetConfiguration(name="A", network="n1"),
        since={f"cabinet/{field}": _at(2) for field in ("name", "network")},
    )  # fmt: skip
    same = with_configuration(state, _upsert(2, CabinetConfiguration(name="B")))
    late = with_configuration(same, _upsert(1, CabinetConfiguration(name="C", network="n2")))
    assert (late.configuration.name, late.configuration.network) == ("B", "n1")
    stored = b'{"op":"upsert","validFrom":"2026-05-02T00:00:00Z","cabinet":{"name":"A"}}'
    upsert = msgspec.json.decode(stored, type=Upsert)
    assert order_of(upsert.order) < order_of(_upsert(2).order.replace(" ", f" {_at(3)}", 1))


def test_meters_are_found_by_outlet_and_outlets_by_meter() -> None:
    state = with_configuration(
        EMPTY,
        _upsert(
            1,
            None,
            (OutletConfiguration("1", meter="M1"), OutletConfiguration("2"),
             OutletConfiguration("3")),
            (MeterConfiguration("M2", outlet="2"), MeterConfiguration("HEAD")),
        ),
    )  # fmt: skip
    assert [state.meter_for(outlet) for outlet in ("1", "2", "3", None)] == [
        "M1", "M2", None, "HEAD",
    ]  # fmt: skip
    assert [state.host_of(serial) for serial in ("M1", "M2", "HEAD", "?")] == [
        "1", "2", None, None,
    ]  # fmt: skip
    assert state.meter_serials == {"M1", "M2", "HEAD"}


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_removals_and_revivals_end_the_same_in_any_order(order: tuple[int, ...]) -> None:
    def upsert(day: int) -> object:
        return lambda s: with_configuration(s, _upsert(day))

    steps = [upsert(1), lambda s: with_removal(s, _at(3)), upsert(4),
             lambda s: with_removal(s, _at(6))]  # fmt: skip
    state = with_configuration(EMPTY, _upsert(1))
    for index in order:
        state = steps[index](state)  # type: ignore[operator]
    assert state.removed_at == _at(6)
    assert with_configuration(state, _upsert(7)).removed_at == ""


def test_a_late_removal_does_not_remove_what_was_revived() -> None:
    revived = with_configuration(with_configuration(EMPTY, _upsert(1)), _upsert(4))
    assert with_removal(revived, _at(3)).removed_at == ""


def test_a_late_upsert_does_not_revive() -> None:
    removed = with_removal(with_configuration(EMPTY, _upsert(1)), _at(6))
    assert with_configuration(removed, _upsert(5)).removed_at == _at(6)


def test_the_state_survives_the_log() -> None:
    axes = with_status({}, StatusData(occupancy="free"), ReportedBy(_at(1), "s:1", ""))
    outlet = OutletState(OutletConfiguration("1", socket="CEE7/5"), axes)
    state = msgspec.structs.replace(EMPTY, outlets={"1": outlet}, configured=True)
    assert msgspec.json.decode(msgspec.json.encode(state), type=CabinetState) == state


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("s:1", "aa"), ("s:2", "aa")),
        (("s:1", "bb"), ("s:2", "aa")),  # the key comes before the content
        (("s:1", "aa"), ("s:1", "bb")),
        (("s:1", ""), ("s:1", "aa")),  # the first one by an earlier version
    ],
)
@pytest.mark.parametrize("is_turned_round", [False, True])
def test_of_two_reports_of_one_instant_the_same_one_counts_whichever_came_first(
    first: tuple[str, str], second: tuple[str, str], is_turned_round: bool
) -> None:
    """The key decides, then the content; that an earlier version kept comes first."""
    free, in_use = StatusData(occupancy="free"), StatusData(occupancy="in_use")
    reports = [(free, first), (in_use, second)]
    axes: Axes = {}
    for data, (key, digest) in reversed(reports) if is_turned_round else reports:
        axes = with_status(axes, data, ReportedBy(_at(5), key, digest))
    assert values(axes) == {"occupancy": "in_use"}


def test_what_a_list_of_meters_gives_counts_over_what_an_outlet_implies() -> None:
    """Both stand in one upsert: its more explicit part is the last one."""
    moved = _upsert(
        1, None, (OutletConfiguration("1", meter="M"),), (MeterConfiguration("M", outlet="2"),)
    )
    assert with_configuration(EMPTY, moved).meters["M"].outlet == "2"


def test_a_removal_at_the_instant_of_an_upsert_gives_way_in_either_order() -> None:
    known = with_configuration(EMPTY, _upsert(1, CabinetConfiguration(name="A")))
    upsert = _upsert(2, CabinetConfiguration(name="B"))
    after = with_removal(with_configuration(known, upsert), _at(2))
    before = with_configuration(with_removal(known, _at(2)), upsert)
    assert (after.removed_at, before.removed_at) == ("", "")


def test_an_instant_that_is_written_in_two_ways_is_kept_in_one() -> None:
    known = with_configuration(EMPTY, _upsert(1))
    ways = ("2026-05-02T00:00:00Z", "2026-05-02T00:00:00.0Z")
    for one, other in itertools.permutations(ways):
        assert with_removal(with_removal(known, one), other).removed_at == ways[0]
    half = "2026-05-02T00:00:00.5Z"
    assert with_removal(with_removal(known, half), ways[0]).removed_at == half


def test_of_two_upserts_of_one_time_what_was_said_later_counts() -> None:
    early, late = (
        Upsert.of(
            ConfigurationData("upsert", _at(1), CabinetConfiguration(name=name)),
            ReportedBy(_at(said_on), "c:1", "f"),
        )
        for name, said_on in (("A", 3), ("B", 4))
    )
    for upserts in ((early, late), (late, early)):
        state = EMPTY
        for upsert in upserts:
            state = with_configuration(state, upsert)
        assert state.configuration.name == "B"


def test_words_on_a_link_are_kept_by_rank_and_the_newest_of_them() -> None:
    words = [AxisValue("online", f"2026-05-01T00:{n:02d}:00Z", f"s:{n}") for n in range(40)]
    link: tuple[AxisValue, ...] = ()
    for word in (*words[20:], *words[:20]):
        link = with_link(link, word)
    assert link == tuple(words)
    assert bounded_link(link) == tuple(words[8:])


def test_of_two_words_with_one_key_one_corrects_the_other_and_other_keys_stay() -> None:
    at = _at(1)
    first, correction, other = (
        AxisValue("online", at, "s:1", "aa"),
        AxisValue("offline", at, "s:1", "bb"),
        AxisValue("online", at, "s:2", "cc"),
    )
    link: tuple[AxisValue, ...] = ()
    for word in (correction, other, first):
        link = with_link(link, word)
    assert link == (correction, other)


def test_only_another_word_of_the_same_instant_overrules() -> None:
    """Its sender is told; a later word and the same word overrule nothing."""
    by = ReportedBy(_at(5), "s:1", "aa")
    data = StatusData(occupancy="free")
    for at, other, sentences in (
        (_at(5), StatusData(occupancy="in_use"), 1),
        (_at(5), data, 0),
        (_at(6), StatusData(occupancy="in_use"), 0),
    ):
        axes = with_status({}, data, by)
        axes = with_status(axes, other, ReportedBy(at, "s:2", "bb"))
        assert len(list(overruled(axes, data, by))) == sentences
