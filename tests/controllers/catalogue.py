"""The faults that are shown by bytes in, outcome out; README.md has them all."""

from __future__ import annotations

from collections.abc import Iterator

from tests.controllers.ends import (
    THREE,
    Fault,
    accepted,
    corrected,
    duplicate,
    noted,
    quarantined,
    rejected,
)
from tests.support.faults import delivery, sessions, times, values
from tests.support.faults.dialects import (
    CANONICAL,
    GATEWAY,
    OCPP16,
    P1,
    SHELLY,
    UPLINK,
)
from tests.support.faults.passed_on import CSV, NGSILD

SWITCHED = accepted(members="techniek 1")
"""The state of a switch, which a Shelly says beside its readings."""

REGISTER = "verbruik-individueel 1"
ROW = accepted(members=REGISTER)
"""A reading in a table: nothing but the register."""

STARTED = (
    accepted(members="kasten 1, techniek 2, verbruik-individueel 1"),
    accepted(members="kasten 1, techniek 1"),
)
"""A session, and the outlet that is in use."""

ENDED = "kasten 1, techniek 2, verbruik-individueel 2"


def faults() -> tuple[Fault, ...]:
    """All of them."""
    return (*_clocks(), *_hours(), *_delivery(), *_registers(), *_values(), *_sessions())


def _clocks() -> Iterator[Fault]:
    name = "the clock counts from 1970"
    too_old, unset = quarantined("time_too_old"), quarantined("clock_unset", "clock_unset")
    yield Fault(1, name, CANONICAL, times.never_set, (too_old,))
    yield Fault(1, name, GATEWAY, times.never_set, (unset.historical,))
    told_now = accepted("receipt_time", members="techniek 1")
    yield Fault(1, name, SHELLY, times.never_set, (told_now, unset))
    yield Fault(1, name, OCPP16, times.never_set, (unset.historical,))
    # A year of two digits: 70 is 2070.
    future = quarantined("time_in_future", "time_in_future")
    yield Fault(1, name, P1, times.never_set, (future,))
    yield Fault(1, name, NGSILD, times.never_set, (unset.historical,))
    yield Fault(1, name, CSV, times.never_set, (too_old,))
    name = "the clock counts from 2000"
    yield Fault(2, name, CANONICAL, times.factory_date, (too_old,))
    yield Fault(2, name, CSV, times.factory_date, (too_old,))
    for dialect in (GATEWAY, OCPP16, P1, NGSILD):
        yield Fault(2, name, dialect, times.factory_date, (unset.historical,))
    name = "local time without a zone"
    yield Fault(3, name, CANONICAL, times.without_zone, (rejected("observedAt: must be a UTC"),))
    naive = quarantined("time_naive", "time_naive")
    for dialect in (GATEWAY, OCPP16, NGSILD):
        yield Fault(3, name, dialect, times.without_zone, (naive,), has_zone=False)
    at_noon = accepted().saying('"observedAt":"2026-05-12T12:00:00Z"')
    for dialect in (GATEWAY, OCPP16):
        yield Fault(3, f"{name}, zone set", dialect, times.without_zone, (at_noon,))
    row = ROW.saying('"observedAt":"2026-05-12T12:00:00Z"')
    yield Fault(3, f"{name}, zone set", CSV, times.without_zone, (row,))
    name = "local time with a Z"
    yield Fault(4, name, CANONICAL, times.local_as_utc, (quarantined("time_in_future"),))
    offset = quarantined("time_in_future", "clock_offset")
    for dialect in (GATEWAY, OCPP16, NGSILD):
        yield Fault(4, name, dialect, times.local_as_utc, (offset,))
    name = "a year that is still to come"
    yield Fault(5, name, CANONICAL, times.year_ahead, (quarantined("time_in_future"),))
    yield Fault(5, name, CSV, times.year_ahead, (quarantined("time_in_future"),))
    for dialect in (GATEWAY, OCPP16, P1, NGSILD):
        yield Fault(5, name, dialect, times.year_ahead, (future,))


def _hours() -> Iterator[Fault]:
    name = "five months ago"
    suspect = accepted("clock_suspect")
    yield Fault(6, name, CANONICAL, times.months_behind, (accepted(),))
    yield Fault(6, name, CSV, times.months_behind, (ROW,))
    for dialect in (GATEWAY, OCPP16, P1, NGSILD):
        yield Fault(6, name, dialect, times.months_behind, (suspect.historical,))
    # A state may have been so for months.
    yield Fault(6, name, SHELLY, times.months_behind, (SWITCHED, suspect))
    name = "the hour that there is twice"
    first = accepted("dst_ambiguous")
    second = accepted().saying('"observedAt":"2026-10-25T01:30:00Z"')
    same = duplicate("dst_ambiguous").historical
    for dialect in (GATEWAY, OCPP16):
        yield Fault(7, name, dialect, times.doubled_hour, (first, second))
        yield Fault(7, f"{name}, idle", dialect, times.doubled_hour_idle, (first, same))
    first, other = (
        accepted("dst_ambiguous", members=REGISTER),
        corrected("dst_ambiguous", members=REGISTER),
    )
    yield Fault(7, name, CSV, times.doubled_hour, (first, other))
    summer = accepted().saying('"observedAt":"2026-10-25T00:30:00Z"')
    winter = accepted().saying('"observedAt":"2026-10-25T01:30:00Z"')
    yield Fault(7, name, P1, times.doubled_hour, (summer, winter))
    name = "the hour that there is not"
    missing = quarantined("dst_nonexistent", "dst_nonexistent")
    for dialect in (GATEWAY, OCPP16, CSV):
        yield Fault(8, name, dialect, times.missing_hour, (missing,))
    offset_counts = accepted().saying('"observedAt":"2026-03-29T01:30:00Z"')
    yield Fault(8, name, P1, times.missing_hour, (offset_counts,))
    name = "seconds after the quarter"
    snapped = accepted("snapped_to_grid").saying('"observedAt":"2026-05-12T12:00:00Z"')
    yield Fault(10, name, GATEWAY, times.drift, (snapped,))
    for dialect in (OCPP16, P1):
        yield Fault(10, name, dialect, times.drift, (accepted(),))
    name = "the clock is set back"
    at = '"observedAt":"2026-05-12T11:57:00Z"'
    back, told = accepted().saying(at), accepted("clock_step").saying(at)
    for dialect in (CANONICAL, GATEWAY, NGSILD):
        yield Fault(11, name, dialect, times.steps_back, (accepted(), accepted(), back))
    yield Fault(11, name, OCPP16, times.steps_back, (accepted(), accepted(), told))
    # Its grid of a quarter of an hour has the second of the three already.
    yield Fault(11, name, P1, times.steps_back, (accepted(), told))
    ends_early = quarantined("ends_before_start", "clock_step")
    name = "the clock is set back in a session"
    expected = (*STARTED, noted(), ends_early, SWITCHED)
    yield Fault(11, name, OCPP16, sessions.back_in_a_session, expected)
    name = "a state has the time of its report"
    reported = accepted("report_time", members="kasten 1, techniek 1")
    yield Fault(12, name, OCPP16, times.reported_late, (reported,))


def _delivery() -> Iterator[Fault]:
    name = "delivered twice"
    for dialect in (CANONICAL, GATEWAY, UPLINK, OCPP16, P1, NGSILD):
        yield Fault(13, name, dialect, delivery.twice, (accepted(), duplicate()))
    yield Fault(13, name, CSV, delivery.twice, (ROW, duplicate()))
    twice = (SWITCHED, accepted(), duplicate(), duplicate())
    yield Fault(13, name, SHELLY, delivery.twice, twice)
    name = "sent again under another message id"
    again = (*STARTED, duplicate(), duplicate())
    yield Fault(14, name, OCPP16, delivery.retried, again)
    name = "the same reading, another value"
    other = corrected(members=REGISTER)
    for dialect in (CANONICAL, GATEWAY, OCPP16, NGSILD):
        yield Fault(15, name, dialect, delivery.contradicted, (accepted(), other))
    yield Fault(15, name, CSV, delivery.contradicted, (ROW, other))
    name = "an older one after a newer one"
    for dialect in (CANONICAL, GATEWAY, OCPP16, P1, NGSILD):
        yield Fault(16, name, dialect, delivery.disordered, (accepted(), accepted()))
    yield Fault(16, name, CSV, delivery.disordered, (ROW, ROW))
    name = "three days out of a buffer"
    late = accepted().historical
    for dialect in (GATEWAY, OCPP16, P1, NGSILD):
        yield Fault(17, name, dialect, delivery.flushed, (late, late, late))
    yield Fault(17, name, CSV, delivery.flushed, (ROW, ROW, ROW))
    name = "kept by the broker"
    yield Fault(20, name, GATEWAY, delivery.retained, (accepted(), duplicate("retained")))
    kept = (SWITCHED, accepted(), duplicate("retained"), duplicate("retained"))
    yield Fault(20, name, SHELLY, delivery.retained, kept)
    name = "uplinks are lost and the counter starts again"
    yield Fault(
        22,
        name,
        UPLINK,
        delivery.rejoined,
        (accepted(), accepted()),
        derived=tuple(("100", flags) for flags in (("interpolated",),) * 3),
    )
    name = "zeros are left out"
    zeros = accepted("zero_omitted", members=THREE).saying('"flags":["zero_omitted"]')
    yield Fault(23, name, UPLINK, delivery.without_zeros, (zeros,))
    name = "only what changed is said"
    whole = accepted(members="techniek 3").saying('"value":"120.5"')
    yield Fault(24, name, SHELLY, delivery.only_changes, (SWITCHED, accepted(), whole))
    name = "poison"
    bad = (rejected("this is not JSON"), rejected("this is nested deeper than 32 levels"))
    yield Fault(25, name, CANONICAL, delivery.poison, (*bad, accepted()))
    bad = (rejected("not_json: "), rejected("not_json: "))
    for dialect in (GATEWAY, OCPP16, NGSILD):
        yield Fault(25, name, dialect, delivery.poison, (*bad, accepted()))
    yield Fault(25, name, SHELLY, delivery.poison, (*bad, SWITCHED, accepted()))
    # Half a telegram waits for its other half.
    bad = (noted(), rejected("too_long: "))
    yield Fault(25, name, P1, delivery.poison, (*bad, accepted()))


def _registers() -> Iterator[Fault]:
    name = "the register falls to 0 and comes back"
    bridged = (("100", ()), ("200", ("register_dip",)))
    for dialect in (GATEWAY, OCPP16, NGSILD):
        yield Fault(28, name, dialect, values.dip, (accepted(),) * 4, derived=bridged)
    name = "the register starts again and nobody said so"
    anew = (("100", ()), ("10", ("reset_inferred",)), *((("10", ()),) * 5))
    for dialect in (GATEWAY, OCPP16, NGSILD):
        yield Fault(30, name, dialect, values.starts_low, (accepted(),) * 9, derived=anew)
    name = "the register goes round"
    expected = (accepted(),) * 4
    yield Fault(
        31,
        name,
        GATEWAY,
        values.goes_round,
        expected,
        rollover_wh="838860.7",
        derived=(("200", ()), ("160.7", ()), ("200.0", ())),
    )
    name = "the register goes round and nobody said where"
    yield Fault(31, name, GATEWAY, values.goes_round, expected, derived=(("200", ()),))
    name = "the counter is lost with the power"
    # A switch that stays on says nothing new to the public.
    yield Fault(32, name, SHELLY, values.starts_low, (SWITCHED, accepted()) * 9, derived=anew)


def _values() -> Iterator[Fault]:
    name = "no number"
    dropped = accepted("reading_dropped", members=THREE)
    yield Fault(33, name, CANONICAL, values.not_a_number, (rejected("data.readings[3].value"),))
    bad_row = rejected("bad_row: line 2, column Stand (Wh): ")
    yield Fault(33, name, CSV, values.not_a_number, (bad_row,))
    for dialect in (GATEWAY, UPLINK, OCPP16, P1, NGSILD):
        yield Fault(33, name, dialect, values.not_a_number, (dropped,))
    yield Fault(33, name, SHELLY, values.not_a_number, (SWITCHED, dropped))
    name = "a value that means no value"
    for dialect in (GATEWAY, P1, NGSILD):
        yield Fault(34, name, dialect, values.sentinel, (dropped,))
    name = "kilowatt-hours sent as watt-hours"
    # Two comparisons may be chance; from the third on it is held back.
    ratio = quarantined("energy_ratio", "energy_ratio")
    expected = (*((accepted(),) * 3), *((ratio,) * 3))
    for dialect in (GATEWAY, UPLINK, OCPP16):
        yield Fault(35, name, dialect, values.kilowatt_hours, expected)
    switched = tuple(end for each in expected for end in (SWITCHED, each))
    yield Fault(35, name, SHELLY, values.kilowatt_hours, switched)
    name = "kilowatts sent as watts"
    for dialect in (CANONICAL, NGSILD):
        yield Fault(36, name, dialect, values.kilowatts, (quarantined("power_ratio"),))
    for dialect in (GATEWAY, OCPP16):
        yield Fault(36, name, dialect, values.kilowatts, (dropped,))
    name = "power in Wh"
    yield Fault(37, name, CANONICAL, values.energy_unit, (rejected("data.readings[1].unit"),))
    for dialect in (GATEWAY, OCPP16, NGSILD):
        yield Fault(37, name, dialect, values.energy_unit, (dropped,))
    name = "negative import"
    negative = quarantined("negative_import")
    for dialect in (CANONICAL, GATEWAY, OCPP16):
        yield Fault(38, name, dialect, values.negative, (negative,))
    yield Fault(38, name, SHELLY, values.negative, (SWITCHED, negative))
    yield Fault(38, name, P1, values.negative, (dropped,))
    flagged = quarantined("negative_import", "negative_import")
    yield Fault(38, name, NGSILD, values.negative, (flagged,))
    yield Fault(38, name, CSV, values.negative, (negative,))
    name = "more than the fuse lets through"
    over = quarantined("over_physical_bound")
    for dialect in (CANONICAL, GATEWAY, OCPP16, NGSILD):
        yield Fault(39, name, dialect, values.over_the_fuse, (over,))
    name = "the total among the phases, current on N"
    all_said = accepted(members="techniek 5")
    yield Fault(40, name, OCPP16, values.all_phases_and_total, (all_said,))
    name = "one tariff shows the other's value"
    slip = quarantined("tariff_slip", "tariff_slip")
    yield Fault(41, name, P1, values.slipped_columns, (accepted(), slip, accepted()))
    name = "a changed digit"
    yield Fault(42, name, P1, values.damaged, (rejected("crc_mismatch: "),))
    name = "a float of 32 bits"
    for dialect in (GATEWAY, OCPP16, NGSILD):
        yield Fault(43, name, dialect, values.binary_fraction, (accepted("rounded"),))


def _sessions() -> Iterator[Fault]:
    inferred = accepted("session_inferred", members=ENDED)
    name = "a session that never ends, and the next one"
    started = accepted(members="kasten 1, techniek 2, verbruik-individueel 1")
    expected = (*STARTED, inferred, started, STARTED[1])
    yield Fault(44, name, OCPP16, sessions.lost_stop, expected)
    name = "a transaction number of -1"
    yield Fault(44, name, OCPP16, sessions.no_number, (*STARTED, inferred, SWITCHED))
    name = "a stop without a start"
    unknown = quarantined("session_unknown", "session_unknown")
    yield Fault(44, name, OCPP16, sessions.orphan_stop, (unknown,))
    name = "current on a free outlet"
    current = accepted(members="techniek 1")
    free = accepted("report_time", members="kasten 1, techniek 1")
    relay = accepted(members="kasten 1, techniek 2").saying('"code":"relay_fault"')
    expected = (free, current, current, relay, current)
    yield Fault(45, name, OCPP16, sessions.leak, expected)
    name = "an unknown cabinet"
    for dialect in (CANONICAL, NGSILD, CSV):
        cabinet = quarantined("unknown_cabinet")
        yield Fault(46, name, dialect, sessions.unknown_cabinet, (cabinet,))
    name = "an unknown outlet"
    for dialect in (CANONICAL, GATEWAY, NGSILD, CSV):
        yield Fault(46, name, dialect, sessions.unknown_outlet, (quarantined("unknown_outlet"),))
    name = "an unknown meter"
    for dialect in (CANONICAL, GATEWAY, NGSILD, CSV):
        yield Fault(46, name, dialect, sessions.unknown_meter, (quarantined("unknown_meter"),))
