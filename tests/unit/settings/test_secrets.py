from __future__ import annotations

from pathlib import Path

import pytest

from ldes_shok.errors import ConfigurationError
from ldes_shok.sections.secret import Secret, Secrets
from ldes_shok.settings.secrets import resolve_identity, resolve_raw_keys, resolve_secrets
from tests.unit.settings.support import Tree, good, load_tree

LONG = "a-secret-of-enough-characters"
ENVIRON = {"IDENTITY": LONG, "PUSH": "push-token-0123456789"}


def _shown(secrets: Secrets) -> list[str]:
    return [secret.reveal() for secret in secrets]


def restricted() -> Tree:
    tree = good()
    tree["streams"] = {"techniek": {"token_env": ["T1", "T2"]}}
    return tree


def test_every_secret_is_found(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("  pass word  \nsecond line\n", encoding="utf-8")
    password.chmod(0o600)
    tree = restricted()
    tree["sources"][1] |= {"username": "u", "password_file": str(password)}
    environ = ENVIRON | {"T1": "t1-0123456789012345", "T2": "t2-0123456789012345"}
    secrets = resolve_secrets(load_tree(tmp_path, tree), environ)
    assert secrets.identity.reveal() == LONG
    assert _shown(secrets.source_tokens["push"]) == [ENVIRON["PUSH"]]
    assert secrets.shown_by("broker") == "pass word"
    assert [token.reveal()[:2] for token in secrets.stream_tokens["techniek"]] == ["t1", "t2"]
    assert secrets.stream_tokens["verbruik-individueel"] == ()
    assert "kasten" not in secrets.stream_tokens
    assert secrets.warnings == ()


def test_every_line_is_a_secret_of_whoever_shows_us_one(tmp_path: Path) -> None:
    """Tokens, passwords of stations, signatures: there is no gap when one is replaced."""
    file = tmp_path / "several"
    file.write_text("old-0123456789012345\r\n\n  new-0123456789012345 \nold-0123456789012345\n")
    file.chmod(0o600)
    both = ["old-0123456789012345", "new-0123456789012345"]
    tree = good()
    tree["sources"] = [
        {"name": "push", "type": "http", "tenant": "voorbeeldstad", "token_file": str(file),
         "signature": {"header": "X-Signature", "secret_file": str(file)}},
        {"name": "stations", "type": "ocpp16", "tenant": "voorbeeldstad",
         "stations": {"CP-1": "KST-1"}, "password_file": str(file)},
    ]  # fmt: skip
    tree["streams"] = {"techniek": {"token_env": ["T1"]}}
    tree["consumers"] = [{"name": "dienst", "streams": ["techniek"], "token_env": "C"}]
    lines = {"T1": "t1-0123456789012345\nt2-0123456789012345", "C": "c1-012345678901234\nc2-x\n"}
    secrets = resolve_secrets(load_tree(tmp_path, tree), {"IDENTITY": LONG, **lines})
    assert _shown(secrets.source_tokens["push"]) == both
    assert _shown(secrets.signature_secrets["push"]) == both
    assert _shown(secrets.source_passwords["stations"]) == both
    assert len(secrets.stream_tokens["techniek"]) == len(secrets.consumer_tokens["dienst"]) == 2
    assert secrets.warnings == ("consumers[0].token: token 2 in C is shorter than 16 characters",)


def test_what_is_ours_alone_is_the_first_line(tmp_path: Path) -> None:
    file = tmp_path / "identity"
    file.write_text(f"{LONG}\nsomething else\n")
    tree = good() | {"identity": {"secret_file": str(file)}}
    assert resolve_identity(load_tree(tmp_path, tree), {}).reveal() == LONG


def test_no_line_is_two_sources(tmp_path: Path) -> None:
    tree = good()
    tree["sources"].append(tree["sources"][0] | {"name": "second", "token_env": "SECOND"})
    second = f"another-0123456789012\n{ENVIRON['PUSH']}"
    with pytest.raises(ConfigurationError, match="push and second have the same token"):
        resolve_secrets(load_tree(tmp_path, tree), ENVIRON | {"SECOND": second})


def test_a_secret_does_not_show_itself(tmp_path: Path) -> None:
    secrets = resolve_secrets(load_tree(tmp_path, good()), ENVIRON)
    shown = f"{secrets} {secrets!r} {Secret(LONG)} {[Secret(LONG)]}"
    assert LONG not in shown
    assert ENVIRON["PUSH"] not in shown


def test_a_variable_that_is_not_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        resolve_secrets(load_tree(tmp_path, restricted()), {"T1": "t1-0123456789012345"})
    assert str(caught.value).splitlines() == [
        "identity.secret_env: the environment variable IDENTITY is not set; set it",
        "sources[0].token_env: the environment variable PUSH is not set; set it",
        "streams.techniek.token_env: the environment variable T2 is not set; set it",
    ]


def test_a_short_identity_secret_is_refused_and_not_quoted(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="shorter than 16") as caught:
        resolve_identity(load_tree(tmp_path, good()), {"IDENTITY": "hush"})
    assert "hush" not in str(caught.value)


def test_a_short_token_is_a_warning(tmp_path: Path) -> None:
    secrets = resolve_secrets(load_tree(tmp_path, good()), ENVIRON | {"PUSH": "short"})
    assert secrets.warnings == (
        "sources[0].token: the token in PUSH is shorter than 16 characters",
    )


@pytest.mark.parametrize("token", ["with space", "één-token", "a-good-one\nand one"])
def test_a_token_that_cannot_be_a_bearer_token_is_refused(tmp_path: Path, token: str) -> None:
    with pytest.raises(ConfigurationError, match="without spaces or accents"):
        resolve_secrets(load_tree(tmp_path, good()), ENVIRON | {"PUSH": token})


def test_two_sources_cannot_share_a_token(tmp_path: Path) -> None:
    tree = good()
    tree["sources"].append(tree["sources"][0] | {"name": "second"})
    with pytest.raises(ConfigurationError, match="push and second have the same token"):
        resolve_secrets(load_tree(tmp_path, tree), ENVIRON)


@pytest.mark.parametrize(("mode", "warnings"), [(0o600, 0), (0o640, 0), (0o644, 1)])
def test_a_file_that_everybody_can_read_is_a_warning(
    tmp_path: Path, mode: int, warnings: int
) -> None:
    path = tmp_path / "secret"
    path.write_text(f"{LONG}\n", encoding="utf-8")
    path.chmod(mode)
    tree = good() | {"identity": {"secret_file": str(path)}}
    secrets = resolve_secrets(load_tree(tmp_path, tree), ENVIRON)
    assert secrets.identity.reveal() == LONG
    assert len(secrets.warnings) == warnings


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read: No such file"),
        (b"\n" + LONG.encode(), "the first line of .* is empty"),
        (b"\xff", "it is not UTF-8"),
    ],
)
def test_a_file_without_a_secret_is_named(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    tree = good() | {"identity": {"secret_file": str(path)}}
    with pytest.raises(ConfigurationError, match=message):
        resolve_identity(load_tree(tmp_path, tree), {})


def test_the_demo_token_counts_while_the_variable_is_not_set(tmp_path: Path) -> None:
    tree = good() | {"demo": True}
    tree["sources"][0]["demo_token"] = "demo-token"
    settings = load_tree(tmp_path, tree)
    without = resolve_secrets(settings, {"IDENTITY": LONG})
    assert _shown(without.source_tokens["push"]) == ["demo-token"]
    assert without.warnings == ()
    assert _shown(resolve_secrets(settings, ENVIRON).source_tokens["push"]) == [ENVIRON["PUSH"]]


def test_a_source_that_signs_needs_no_token(tmp_path: Path) -> None:
    tree = good()
    del tree["sources"][0]["token_env"]
    tree["sources"][0]["signature"] = {"header": "X-Signature", "secret_env": "WEBHOOK"}
    settings = load_tree(tmp_path, tree)
    secrets = resolve_secrets(settings, {**ENVIRON, "WEBHOOK": "short"})
    assert secrets.source_tokens == {}
    assert _shown(secrets.signature_secrets["push"]) == ["short"]
    (warning,) = secrets.warnings
    assert warning.startswith("sources[0].signature: the secret in WEBHOOK is shorter than 16")
    with pytest.raises(ConfigurationError, match=r"sources\[0\].signature.secret_env: the env"):
        resolve_secrets(settings, ENVIRON)


def test_two_consumers_cannot_share_a_token(tmp_path: Path) -> None:
    """Nor a consumer and a stream; several streams may."""
    tree = restricted()
    tree["streams"]["verbruik-individueel"] = {"token_env": ["T2"]}
    tree["consumers"] = [{"name": "dienst", "streams": ["techniek"], "token_env": "C"}]
    tokens = {"T1": "t1-0123456789012345", "T2": "t2-0123456789012345"}
    settings = load_tree(tmp_path, tree)
    good_ones = resolve_secrets(settings, ENVIRON | tokens | {"C": "c-01234567890123456"})
    assert _shown(good_ones.consumer_tokens["dienst"]) == ["c-01234567890123456"]
    with pytest.raises(ConfigurationError, match=r"dienst and streams\.techniek token 1"):
        resolve_secrets(settings, ENVIRON | tokens | {"C": tokens["T1"]})


def test_the_raw_archive_s_keys_are_read_the_one_to_use_first(tmp_path: Path) -> None:
    file = tmp_path / "old"
    file.write_text("0B" * 32 + "\n")
    file.chmod(0o600)
    raw = {"key_env": "KEY", "old_key_env": ["OLDER"], "old_key_file": [str(file)]}
    settings = load_tree(tmp_path, good() | {"privacy": {"raw": raw}})
    environ = {"KEY": "aa" * 32, "OLDER": "bb" * 32}
    assert resolve_raw_keys(settings, environ) == (b"\xaa" * 32, b"\xbb" * 32, b"\x0b" * 32)
    assert resolve_raw_keys(load_tree(tmp_path, good()), {}) == ()


@pytest.mark.parametrize("text", ["", "short", "g" * 64, "a" * 63, "a" * 65])
def test_what_is_no_key_is_refused_and_not_quoted(tmp_path: Path, text: str) -> None:
    settings = load_tree(tmp_path, good() | {"privacy": {"raw": {"key_env": "KEY"}}})
    with pytest.raises(ConfigurationError, match=r"privacy\.raw") as caught:
        resolve_raw_keys(settings, {"KEY": text})
    assert not text or text not in str(caught.value)
