"""The address of a bucket."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from ldes_shok.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class BucketAddress:
    """A bucket and a place in it.

    Attributes:
        bucket: its name.
        prefix: begins every object's name, without a slash at either end; may be empty.
        endpoint_url: of the service; empty for Amazon's.
    """

    bucket: str
    prefix: str
    endpoint_url: str


def parse_bucket(url: str, endpoint_url: str) -> BucketAddress:
    """Return the address in `s3://bucket/prefix`.

    Raises:
        ConfigurationError: the URL is not of this form.
    """
    parts = urlsplit(url)
    if parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment:
        raise ConfigurationError(f"--s3: {url} is not of the form s3://bucket/prefix")
    if endpoint_url and urlsplit(endpoint_url).scheme not in {"http", "https"}:
        raise ConfigurationError(f"--endpoint-url: {endpoint_url} is no http or https address")
    return BucketAddress(parts.netloc, parts.path.strip("/"), endpoint_url)
