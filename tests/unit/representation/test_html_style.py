"""The style sheet's colours can be read: WCAG 2.2, success criteria 1.4.3 and 1.4.11."""

from __future__ import annotations

import re

import pytest

from ldes_shok.representation.html.renderer import stylesheet

_BLOCK = re.compile(r":root\s*\{([^}]*)\}")
_COLOUR = re.compile(r"--([a-z-]+):\s*(#[0-9a-f]{3,6});")
TEXT_PAIRS = [
    ("ink", "paper"), ("ink", "raised"), ("quiet", "paper"), ("quiet", "raised"),
    ("link", "paper"), ("link", "raised"), ("visited", "paper"), ("visited", "raised"),
    ("bar-ink", "bar"), ("open", "open-paper"), ("sealed", "sealed-paper"),
    ("demo", "demo-paper"), ("notice", "paper"), ("paper", "link"),
]  # fmt: skip
PARTS_PAIRS = [("focus", "paper"), ("focus", "raised"), ("spark", "bar")]


def _schemes() -> dict[str, dict[str, str]]:
    blocks = [dict(_COLOUR.findall(block)) for block in _BLOCK.findall(stylesheet().decode())]
    light, dark = blocks[0], blocks[1]
    return {"light": light, "dark": light | dark}


def _luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("text", "background"), TEXT_PAIRS)
def test_text_can_be_read(scheme: str, text: str, background: str) -> None:
    colours = _schemes()[scheme]
    assert _contrast(colours[text], colours[background]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("part", "background"), PARTS_PAIRS)
def test_focus_can_be_seen(scheme: str, part: str, background: str) -> None:
    colours = _schemes()[scheme]
    assert _contrast(colours[part], colours[background]) >= 3


@pytest.mark.parametrize(
    "feature", ["prefers-color-scheme: dark", "@media print", "forced-colors", "max-width"]
)
def test_it_knows_dark_mode_print_and_narrow_windows(feature: str) -> None:
    assert feature in stylesheet().decode()
