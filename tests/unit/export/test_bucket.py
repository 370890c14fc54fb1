"""Objects: coded, described, and read back; a real service is asked in the integration tests."""

from __future__ import annotations

import gzip

import obstore
import pytest
from obstore.store import MemoryStore

from ldes_shok.errors import ConfigurationError, ExportError
from ldes_shok.export.address import BucketAddress, parse_bucket
from ldes_shok.export.bucket import BucketTarget, open_bucket
from ldes_shok.export.target import Item, Life


def test_an_object_says_what_it_is() -> None:
    store = MemoryStore()
    target = BucketTarget(store)
    assert target.put([Item("a/b.ttl", b"page", "text/turtle", Life.SEALED)]) == 1
    found = obstore.get(store, "a/b.ttl")
    assert dict(found.attributes) == {
        "Content-Type": "text/turtle",
        "Content-Encoding": "gzip",
        "Cache-Control": "public, max-age=604800, immutable",
    }
    assert gzip.decompress(bytes(found.bytes())) == b"page"
    target.close()


def test_objects_are_read_and_listed() -> None:
    target = BucketTarget(MemoryStore())
    target.put([Item(name, b"x", "t", Life.OPEN) for name in ("top", "a/1", "a/2", "a/deep/3")])
    assert target.read("a/1") == b"x"
    assert target.read("a/9") is None
    assert target.names("a") == {"1", "2"}
    assert target.names("") == {"top"}
    assert target.names("none") == frozenset()
    target.close()


def test_an_object_whose_coding_was_undone_on_the_way_is_read_too() -> None:
    store = MemoryStore()
    obstore.put(store, "plain", b"{}")
    target = BucketTarget(store)
    assert target.read("plain") == b"{}"
    target.close()


@pytest.mark.parametrize(
    ("url", "bucket", "prefix"),
    [("s3://b", "b", ""), ("s3://b/", "b", ""), ("s3://my-b/open/data/", "my-b", "open/data")],
)
def test_an_address(url: str, bucket: str, prefix: str) -> None:
    assert parse_bucket(url, "") == BucketAddress(bucket, prefix, "")


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [("http://b/x", ""), ("s3:///x", ""), ("b/x", ""), ("s3://b?x=1", ""), ("s3://b", "host:9000")],
)
def test_a_wrong_address(url: str, endpoint: str) -> None:
    with pytest.raises(ConfigurationError):
        parse_bucket(url, endpoint)


def test_a_service_that_does_not_answer_is_one_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very-secret")
    target = open_bucket(BucketAddress("b", "", "http://127.0.0.1:9"), retries=0)
    with pytest.raises(ExportError) as raised:
        target.read("x")
    assert "very-secret" not in str(raised.value)
    target.close()
