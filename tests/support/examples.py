"""How many examples a property is tried on."""

from __future__ import annotations

from typing import Any

from hypothesis import settings


def examples(times: float, **more: Any) -> settings:
    """So many times the examples of the profile: 100 in `make test`, 5,000 in `make nightly`.

    Args:
        times: below 1 where one example takes long, above 1 where bugs hide.
        more: other settings.
    """
    return settings(max_examples=max(1, round(times * settings().max_examples)), **more)
