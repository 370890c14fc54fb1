"""A time on the clock on the wall, in UTC, with a flag in the hours of the clock change."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from ldes_shok.cabinet.flags import DST_AMBIGUOUS, DST_NONEXISTENT


def in_zone(naive: datetime, zone: tzinfo) -> tuple[datetime, tuple[str, ...]]:
    """A time without a zone, as it is meant in `zone`.

    An hour that comes twice, when the clock is put back, is taken to be the first one. A time that
    is passed over, when the clock is put forward, still gets an instant, so that a second delivery
    is the same event; its flag keeps it out of the streams.

    Returns:
        Aware UTC, and the flag if there is one.

    Raises:
        OverflowError: within a day of the first or the last year there is.
    """
    local = naive.replace(tzinfo=zone, fold=0)
    instant = local.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != naive.replace(fold=0):
        return instant, (DST_NONEXISTENT,)
    is_twice = local.utcoffset() != local.replace(fold=1).utcoffset()
    return instant, (DST_AMBIGUOUS,) if is_twice else ()
