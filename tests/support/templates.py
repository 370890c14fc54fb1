"""A template for members whose text is given."""

from __future__ import annotations

from ldes_shok.ldes.form import Form
from ldes_shok.ldes.template import GapText, Template


def verbatim() -> Template:
    """A template of nothing but gaps: each form is one value."""
    return Template({form: GapText("%s", (number,)) for number, form in enumerate(Form)})
