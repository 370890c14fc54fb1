"""Values that are none, in another unit, too large, of the wrong column, or damaged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from tests.support.faults.delivery import readings_at
from tests.support.faults.dialects import (
    meter_values,
    sampled,
    signed,
    telegram_lines,
)
from tests.support.faults.scene import Messages, Scene


def dip(scene: Scene) -> Messages:
    """28: the register says 0 once, and comes back."""
    base = int(scene.sample().wh)
    return readings_at(scene, ((0, base), (15, base + 100), (20, 0), (30, base + 300)))


def starts_low(scene: Scene) -> Messages:
    """29, 30, 32: the register starts again near 0 and stays there."""
    base = int(scene.sample().wh)
    low = tuple((30 + 15 * order, 10 * order) for order in range(7))
    return readings_at(scene, ((0, base), (15, base + 100), *low))


def goes_round(scene: Scene) -> Messages:
    """31: a register of 23 bits, in tenths of a watt-hour, goes round at 838,860.7 Wh."""
    return readings_at(scene, ((0, 838_600), (15, 838_800), (30, 100), (45, 300)))


def not_a_number(scene: Scene) -> Messages:
    """33: what stands for "no value" in some program, in the place of the current.

    A table holds nothing but the register: there it is in its place.
    """
    words = ['"NaN"', '""', '"Infinity"']
    if scene.dialect.name != "p1":
        words.append('"N/A"')  # there a slash begins the next telegram
    word = scene.rng().choice(words)
    sample = scene.sample()
    if scene.dialect.name == "csv":
        return (scene.sent(replace(sample, wh=word)),)
    return (scene.sent(replace(sample, amperes=word)),)


def sentinel(scene: Scene) -> Messages:
    """34: the value that means "no value", in the place of the power: 999.9 kW."""
    return (scene.sent(replace(scene.sample(), watts="999900")),)


def kilowatt_hours(scene: Scene) -> Messages:
    """35: the register in kWh, and the device calls them Wh; every quarter of an hour."""
    sample, quarter = scene.sample(), timedelta(minutes=15)
    grown_wh = Decimal(sample.watts) / 4
    return tuple(
        scene.prompt(
            replace(
                sample,
                at=sample.at + order * quarter,
                number=order,
                wh=format((int(sample.wh) + order * grown_wh) / 1000, ".3f"),
            )
        )
        for order in range(6)
    )


def kilowatts(scene: Scene) -> Messages:
    """36: power in kW, and the device does not say so."""
    sample = scene.sample()
    watts = format(Decimal(sample.watts) / 1000, "f")
    unit = sample.power_unit if scene.dialect.name == "canonical" else ""
    return (scene.sent(replace(sample, watts=watts, power_unit=unit)),)


def energy_unit(scene: Scene) -> Messages:
    """37: power in Wh."""
    return (scene.sent(replace(scene.sample(), power_unit="Wh")),)


def negative(scene: Scene) -> Messages:
    """38: a power below zero, of an outlet that exports nothing; in a table its register."""
    sample = scene.sample()
    if scene.dialect.name == "csv":
        return (scene.sent(replace(sample, wh=f"-{sample.wh}")),)
    return (scene.sent(replace(sample, watts=f"-{sample.watts}")),)


def over_the_fuse(scene: Scene) -> Messages:
    """39: a power that no fuse of the outlet lets through, and that is no matter of units."""
    watts = str(scene.rng().randint(20_000, 90_000))
    return (scene.sent(replace(scene.sample(), watts=watts)),)


def all_phases_and_total(scene: Scene) -> Messages:
    """40: power of each phase and of all together, the current on N only."""
    sample = scene.sample()
    each = str(int(sample.watts) // 3)
    samples = [
        sampled("Power.Active.Import", str(3 * int(each)), "W"),
        *(sampled("Power.Active.Import", each, "W", phase) for phase in ("L1", "L2", "L3")),
        sampled("Current.Import", sample.amperes, "A", "N"),
    ]
    payload = meter_values(sample.at, 1, samples)
    return (scene.message(payload, scene.now + timedelta(seconds=2)),)


def slipped_columns(scene: Scene) -> Messages:
    """41: a telegram, one in which tariff 1 has the value of tariff 2, and one that is right."""
    sample, quarter = scene.sample(), timedelta(minutes=15)
    told: Sequence[str] = (sample.wh, "78900", str(int(sample.wh) + 500))
    return tuple(
        scene.prompt(replace(sample, at=sample.at + order * quarter, wh=wh))
        for order, wh in enumerate(told)
    )


def damaged(scene: Scene) -> Messages:
    """42: a bad cable changes one digit of a telegram."""
    sample = scene.sample()
    telegram = bytearray(signed(telegram_lines(scene.site, sample)))
    place = telegram.index(b"1-0:1.8.1(") + len(b"1-0:1.8.1(") + scene.rng().randint(3, 5)
    telegram[place] = telegram[place] ^ 1
    return (scene.message(bytes(telegram), scene.now + timedelta(seconds=2)),)


def binary_fraction(scene: Scene) -> Messages:
    """43: a float of 32 bits printed as one of 64."""
    sample = scene.sample()
    return (scene.sent(replace(sample, volts=f"{sample.volts}000030517578")),)
