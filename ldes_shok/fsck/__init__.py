"""The oracle: does a published stream keep what is promised? Reads over HTTP and from the log.

`check_stream` crawls a view from its root as a client does. Given the log, it also derives every
page again and compares. What it finds is a list of findings, never an exception.
"""

from ldes_shok.client.fetching import Fetch, Response
from ldes_shok.fsck.check import Check, check_stream
from ldes_shok.fsck.finding import EarlierCrawl, Finding, Invariant, Report
from ldes_shok.fsck.stored import StoredStream

__all__ = [
    "Check",
    "EarlierCrawl",
    "Fetch",
    "Finding",
    "Invariant",
    "Report",
    "Response",
    "StoredStream",
    "check_stream",
]
