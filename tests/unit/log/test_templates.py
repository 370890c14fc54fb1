"""Templates as bytes."""

from __future__ import annotations

import pytest

from ldes_shok.errors import LogDamaged
from ldes_shok.ldes.form import Form
from ldes_shok.ldes.template import GapText, Template
from ldes_shok.log.templates import decode_template, encode_template
from tests.support.templates import verbatim

SHARED = Template({form: GapText(f"{form} %s 100%% “é” %s\n", (1, 0)) for form in Form})


@pytest.mark.parametrize("template", [SHARED, verbatim()])
def test_a_template_comes_back_as_it_was(template: Template) -> None:
    again = decode_template(template.key, encode_template(template))
    assert again == template
    assert again.text(Form.JSONLD, ("a", "b", "c")) == template.text(Form.JSONLD, ("a", "b", "c"))


def test_every_flipped_bit_is_found() -> None:
    body = encode_template(SHARED)
    for bit in range(8 * len(body)):
        changed = bytearray(body)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(LogDamaged, match=SHARED.key.hex()):
            decode_template(SHARED.key, bytes(changed))
    with pytest.raises(LogDamaged):
        decode_template(verbatim().key, body)
