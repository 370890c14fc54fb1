from __future__ import annotations

import pytest

from ldes_shok.errors import ConfigurationError
from ldes_shok.sources.mqtt import MqttSettings


def test_a_password_is_never_printed() -> None:
    settings = MqttSettings(
        name="broker", tenant="t", topics=("a/#",), client_id="c", username="u", password="geheim"
    )
    assert "geheim" not in repr(settings)


@pytest.mark.parametrize(
    ("topics", "client_id", "said"),
    [
        ((), "c", "topics is empty"),
        (("a/#/b",), "c", "no topic filter"),
        (("",), "c", "no topic filter"),
        (("a/#",), "", "client_id is empty"),
    ],
)
def test_settings_that_cannot_work(topics: tuple[str, ...], client_id: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        MqttSettings(name="broker", tenant="t", topics=topics, client_id=client_id)
