"""The oracle: checks a published stream against its promises, over HTTP and in the log.

`check_stream` crawls a view from its root as a client does. With the log, it also derives every
page again and compares. Its result is a list of findings; it does not raise.
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
