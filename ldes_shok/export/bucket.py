"""A bucket of an S3-compatible service as the target; needs the extra `ldes-shok[s3]`.

Each file is one object, coded with gzip, with its Content-Type and Cache-Control. A put stores a
whole object or nothing: S3 promises that a reader gets the old or the new object, and that a read
after a put gets the new one (https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html,
data consistency model).
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from obstore import get, list_with_delimiter, put
from obstore.exceptions import BaseError
from obstore.store import ObjectStore, S3Store

from ldes_shok.errors import ConfigurationError, ExportError
from ldes_shok.export.address import BucketAddress
from ldes_shok.export.target import CACHE_CONTROL, Item
from ldes_shok.representation.coding import encode

_AT_ONCE = 8
_RETRIES = 10
"""With growing pauses, together about a minute: a busy bucket answers 503 Slow Down."""


def open_bucket(address: BucketAddress, retries: int = _RETRIES) -> BucketTarget:
    """Open the bucket with the credentials of the environment.

    They come from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN and AWS_REGION, a web
    identity token, or the machine's own role.

    Raises:
        ConfigurationError: the address cannot be used.
    """
    try:
        store = S3Store(
            address.bucket,
            prefix=address.prefix or None,
            config={"endpoint": address.endpoint_url} if address.endpoint_url else None,
            retry_config={"max_retries": retries},
            client_options={"allow_http": address.endpoint_url.startswith("http://")},
        )
    except BaseError as error:
        raise ConfigurationError(f"--s3: {_first_line(error)}") from error
    return BucketTarget(store)


class BucketTarget:
    """Stores the objects of a batch in parallel; it has no lock, so run one export at a time."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._pool = ThreadPoolExecutor(_AT_ONCE, "export")

    def names(self, directory: str) -> frozenset[str]:
        """Return the last parts of the names directly below `directory`."""
        try:
            found = list_with_delimiter(self._store, f"{directory}/" if directory else None)
        except (BaseError, OSError) as error:
            raise _refused(error) from error
        return frozenset(each["path"].rpartition("/")[2] for each in found["objects"])

    def read(self, name: str) -> bytes | None:
        """Return an object's content, uncoded; None if it does not exist."""
        try:
            content = bytes(get(self._store, name).bytes())
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise _refused(error) from error
        # Some services decode the object for a client that did not ask for gzip.
        return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content

    def put(self, items: Sequence[Item]) -> int:
        """Store objects, several at a time."""
        try:
            list(self._pool.map(self._put, items))
        except (BaseError, OSError) as error:
            raise _refused(error) from error
        return len(items)

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()

    def _put(self, item: Item) -> None:
        put(
            self._store,
            item.name,
            encode(item.body, "gzip"),
            attributes={
                "Content-Type": item.content_type,
                "Content-Encoding": "gzip",
                "Cache-Control": CACHE_CONTROL[item.life],
            },
            use_multipart=False,
        )


def _refused(error: Exception) -> ExportError:
    return ExportError(f"the bucket refuses: {_first_line(error)}")


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
