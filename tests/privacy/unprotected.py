"""What would be public of a city without any rule: quarter hours of every zone and cabinet."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from tests.privacy.city import City
from tests.privacy.public import Public, Sum


def unprotected(public: Public, city: City) -> Public:
    """The same occupancy with the sums of every quarter, of however few."""
    wh: Counter[tuple[str, str, int]] = Counter()
    for use in city.uses:
        cabinet = use.socket.partition("/")[0]
        subjects = [("zone", zone) for zone, within in city.plan.zones.items() if cabinet in within]
        for quarter, used in use.wh.items():
            for of, subject in [*subjects, ("cabinet", cabinet)]:
                wh[of, subject, quarter] += used
    last = max(use.day for use in city.uses) + timedelta(days=30)
    published = datetime.combine(last, time(), UTC)
    sums = [
        Sum(*key[:2], is_peak=False, start=key[2], end=key[2] + 1, value=float(used),
            published=published, entity=f"{key}")
        for key, used in sorted(wh.items())
    ]  # fmt: skip
    return replace(public, sums=sums)
