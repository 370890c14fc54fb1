"""Settings of privacy (`privacy`): what is kept of messages, and how people get pseudonyms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final, Literal

from msgspec import Meta

from ldes_shok.sections.base import Section
from ldes_shok.sections.fields import Line, VariableName
from ldes_shok.sections.problems import at_most_one


class RawArchive(Section, frozen=True):
    """What transports received, as it came: for as long as a mapping may have to be mended."""

    keep_days: Annotated[
        int,
        Meta(ge=1, le=3_650, description="Days until raw bytes and rejected ones are deleted."),
    ] = 7
    key_env: Annotated[
        VariableName | None,
        Meta(
            description="Environment variable with a key that is needed besides those of the "
            "periods: 64 hexadecimal digits."
        ),
    ] = None
    key_file: Annotated[Line | None, Meta(description="File whose first line is the key.")] = None
    old_key_env: Annotated[
        tuple[VariableName, ...],
        Meta(description="Keys that were used before, for what they still lock."),
    ] = ()
    old_key_file: Annotated[tuple[Line, ...], Meta(description="Files with such keys.")] = ()


class Pseudonyms(Section, frozen=True):
    """How a card is named, and raw bytes are kept: with a random key per period."""

    keys_directory: Annotated[
        Line, Meta(description="Folder of the keys, beside the log; never in a backup.")
    ] = "var/pseudonym-keys"
    period: Annotated[
        Literal["day", "month", "year"],
        Meta(description="How long one key is used, by the calendar in UTC."),
    ] = "month"
    keep_periods: Annotated[
        int, Meta(ge=0, le=120, description="Finished periods that keep their key.")
    ] = 1


class Privacy(Section, frozen=True):
    """What is kept, what is published, how people are named."""

    k: Annotated[
        int, Meta(ge=2, le=1_000, description="Least users in anything that can be worked out.")
    ] = 10
    largest_two_percent: Annotated[
        int, Meta(ge=1, le=100, description="Most that the two largest users of it have together.")
    ] = 85
    quarters: Annotated[
        bool, Meta(description="Whether sums of a quarter of an hour may be public too.")
    ] = False
    cabinets: Annotated[bool, Meta(description="Whether sums of a cabinet may be public too.")] = (
        False
    )
    fine_k: Annotated[
        int, Meta(ge=20, le=1_000, description="Least users where quarters or cabinets are.")
    ] = 20
    delay_hours: Annotated[
        int, Meta(ge=0, le=720, description="How long after the end of a day it is published.")
    ] = 6

    raw: Annotated[RawArchive, Meta(description="The raw archive.")] = RawArchive()
    pseudonyms: Annotated[Pseudonyms, Meta(description="Pseudonyms.")] = Pseudonyms()


def privacy_warnings(privacy: Privacy) -> Iterator[str]:
    """Yield one sentence for each rule that is weaker than the impact assessment assumes."""
    usual = Privacy()
    if privacy.k < usual.k:
        yield (
            f"privacy.k: {privacy.k} is fewer users than the {usual.k} that the assessment stands "
            "on (deploy/DPIA.md)"
        )
    if privacy.largest_two_percent > usual.largest_two_percent:
        yield (
            f"privacy.largest_two_percent: above {usual.largest_two_percent} two users are nearly "
            "all of what is public of them (deploy/DPIA.md)"
        )


_LEAST_DAYS: Final = {"day": 1, "month": 28, "year": 365}


def privacy_problems(privacy: Privacy) -> Iterator[str]:
    """Yield one sentence for each contradiction, beginning with the key."""
    raw = privacy.raw
    yield from at_most_one("privacy.raw", raw, "key_env", "key_file")
    if (raw.old_key_env or raw.old_key_file) and raw.key_env is None and raw.key_file is None:
        yield "privacy.raw: has old keys and no key; name the one to use in key_env or key_file"
    pseudonyms = privacy.pseudonyms
    if pseudonyms.keep_periods * _LEAST_DAYS[pseudonyms.period] < raw.keep_days:
        # Decoded again, the same message would get another pseudonym.
        yield (
            "privacy.pseudonyms.keep_periods: keys must be kept at least as long as raw bytes, "
            f"which are kept for {raw.keep_days} days"
        )
