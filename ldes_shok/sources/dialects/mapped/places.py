"""The cabinet, outlet and meter of a part of a message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ldes_shok.cabinet.fields import is_name
from ldes_shok.sources.common.json_text import text_of
from ldes_shok.sources.decoder import Refusal
from ldes_shok.sources.dialects.mapped.path import MessagePart
from ldes_shok.sources.dialects.mapped.rules import Alias, Locator
from ldes_shok.sources.dialects.mapped.section import Mapping as MappingSection

_SHOWN_CHARACTERS: Final = 64


@dataclass(frozen=True, slots=True)
class Place:
    """A place: a cabinet, perhaps its outlet, perhaps its meter. Empty: not known."""

    cabinet: str = ""
    outlet: str = ""
    meter: str = ""


def place_of(
    rule: MappingSection, part: MessagePart, topic: Mapping[str, str], channel: str
) -> Place | Refusal:
    """The place of a part of a message.

    The aliases come first (`device/channel`, then `device`), then constants and paths, then the
    topic. The meter of a channel without its own alias gets `-channel` at the end of its name.

    Args:
        rule: how the source names places.
        part: of the message.
        topic: the values of the placeholders in the topic's template.
        channel: of the device; empty for the device as a whole.
    """
    device = _device(rule, part, topic)
    alias = rule.aliases.get(f"{device}/{channel}") if channel else None
    alias = alias or rule.aliases.get(device) or Alias(cabinet="")
    cabinet = alias.cabinet or _located(rule.cabinet, part) or topic.get("cabinet", "")
    outlet = alias.outlet or _located(rule.outlet, part) or topic.get("outlet", "")
    meter = alias.meter or ""
    if not meter and (named := _located(rule.meter, part) or topic.get("meter", "")):
        meter = f"{named}-{channel}" if channel else named
    if not cabinet:
        return _nowhere(rule, device, channel)
    for field, name in (("cabinet", cabinet), ("outlet", outlet), ("meter", meter)):
        if name and not is_name(name):
            return Refusal(
                "bad_name",
                f"the {field} is called {shown(name)}: a name has 1 to 64 letters, digits, dots, "
                "dashes or underscores; give the device an alias",
            )
    return Place(cabinet, outlet, meter)


def device_of(rule: MappingSection, part: MessagePart, topic: Mapping[str, str]) -> str:
    """The vendor's name of the device; empty if the message has none."""
    return _device(rule, part, topic)


def shown(text: str) -> str:
    """A text from outside, short and printable enough for an error message."""
    short = text[:_SHOWN_CHARACTERS]
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in short)


def _nowhere(rule: MappingSection, device: str, channel: str) -> Refusal:
    if device and rule.aliases:
        name = f"{device}/{channel}" if channel else device
        return Refusal(
            "unknown_device", f"device {shown(name)} is not in aliases: say there which cabinet"
        )
    path = rule.cabinet.path if rule.cabinet else None
    where = f" at {path}" if path else ""
    return Refusal(
        "no_cabinet", f"it does not say which cabinet{where}: mend cabinet, device or topic"
    )


def _device(rule: MappingSection, part: MessagePart, topic: Mapping[str, str]) -> str:
    if rule.device is not None and (named := text_of(rule.device.find(part))):
        return named
    return topic.get("device", "")


def _located(locator: Locator | None, part: MessagePart) -> str:
    if locator is None:
        return ""
    found = text_of(locator.path.find(part)) if locator.path else None
    return found or locator.value or ""
