"""Templates as bytes: every store keeps each of them as one row."""

from __future__ import annotations

import msgspec

from ldes_shok.errors import LogDamaged
from ldes_shok.ldes.form import Form
from ldes_shok.ldes.template import GapText, Template


def encode_template(template: Template) -> bytes:
    """A template as JSON: form to [text, holes]."""
    layouts = {form.value: (lay.text, lay.holes) for form, lay in template.layouts.items()}
    return msgspec.json.encode(layouts)


def decode_template(key: bytes, body: bytes) -> Template:
    """The inverse of `encode_template`.

    Raises:
        LogDamaged: it is not the template that `key` names.
    """
    try:
        layouts = msgspec.json.decode(body, type=dict[Form, tuple[str, tuple[int, ...]]])
        template = Template({form: GapText(*layout) for form, layout in layouts.items()})
    except (msgspec.MsgspecError, KeyError, ValueError) as error:
        raise LogDamaged(f"the log is damaged: template {key.hex()}: {error}") from error
    if template.key != key:
        raise LogDamaged(f"the log is damaged: template {key.hex()} has other texts")
    return template
