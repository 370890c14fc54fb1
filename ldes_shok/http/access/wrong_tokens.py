"""Counts wrong tokens by client address and makes an address with too many of them wait.

Above the limit a token from that address is not checked at all, so a client learns nothing by
guessing. A consumer that sends its token from another address is not affected. A token that was
valid before at the same address is still checked, so neighbours do not lock it out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from http import HTTPStatus
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from aiohttp import web

from ldes_shok.http.access.rates import Rates
from ldes_shok.http.serving.forward import PASSED_ON
from ldes_shok.http.serving.problems import try_again

PROVED: Final = web.RequestKey("PROVED", bool)
"""Set on a request whose token, password or signature is valid."""

_MOST_PROVED: Final = 10_000
_MOST_ADDRESSES: Final = 1_000
_NOT_KNOWN: Final = ""
_MOST_HOPS: Final = 20
_ONE_SITE: Final = 64
"""Prefix length: the holder of one IPv6 address has all addresses of that network."""


class Guesses:
    """Recent wrong tokens, by address; each process that answers counts its own.

    Args:
        rates: how many wrong tokens each address has left.
        per_minute: how many an address may send.
        proxies: networks of the proxies in front, whose `X-Forwarded-For` is trusted.
    """

    def __init__(self, rates: Rates, per_minute: int, proxies: Iterable[str]) -> None:
        self._rates = rates
        self._per_minute = per_minute
        self._proxies: Sequence[IPv4Network | IPv6Network] = [ip_network(p) for p in proxies]
        self._proved: dict[tuple[str, bytes], None] = {}
        self._address = lru_cache(_MOST_ADDRESSES)(self._read_address)

    def refusal(self, request: web.Request) -> web.Response | None:
        """Return 429 for an address with too many wrong tokens; None for all others.

        A proxy may not give the address of its client. Then the token is always checked:
        otherwise one client of the proxy could lock out the others.
        """
        sent = request.headers.get("Authorization")
        if sent is None:
            return None
        address = self.address_of(request)
        if address == _NOT_KNOWN or (address, _digest(sent)) in self._proved:
            return None
        wait_seconds = self._rates.wait_seconds(address, self._per_minute)
        return _too_many(request, wait_seconds) if wait_seconds else None

    def counted(self, request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
        """Return the answer, or 429 instead of a 401 above the limit; remember valid tokens."""
        sent = request.headers.get("Authorization")
        if sent is None or PASSED_ON in response:
            return response
        address = self.address_of(request)
        if request.get(PROVED, False):
            self._remember(address, _digest(sent))
            return response
        if response.status != HTTPStatus.UNAUTHORIZED:
            return response
        wait_seconds = self._rates.take(address, self._per_minute)
        return _too_many(request, wait_seconds) if wait_seconds else response

    def address_of(self, request: web.Request) -> str:
        """Return the address that a request comes from; empty if only the proxy knows it.

        `X-Forwarded-For` is read from its end: each proxy adds the address of its client. An entry
        before the last one that is not a trusted proxy may be invented.
        """
        return self._address(tuple(request.headers.getall("X-Forwarded-For", ())), request.remote)

    def _read_address(self, forwarded: tuple[str, ...], remote: str | None) -> str:
        header = ",".join(forwarded)
        hops = [hop.strip(" []") for hop in header.split(",")[-_MOST_HOPS:]]
        if remote:  # none over a Unix socket: our own process there adds the address
            hops.append(remote)
        for hop in reversed(hops):
            try:
                address = ip_address(hop)
            except ValueError:
                break
            if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
                address = address.ipv4_mapped
            if any(address in network for network in self._proxies):
                continue
            if isinstance(address, IPv6Address):
                return str(ip_network((address, _ONE_SITE), strict=False))
            return str(address)
        return _NOT_KNOWN

    def _remember(self, address: str, digest: bytes) -> None:
        self._proved.pop((address, digest), None)
        self._proved[address, digest] = None
        if len(self._proved) > _MOST_PROVED:
            del self._proved[next(iter(self._proved))]


def _digest(sent: str) -> bytes:
    return hashlib.sha256(sent.encode("utf-8", "surrogateescape")).digest()


def _too_many(request: web.Request, wait_seconds: int) -> web.Response:
    detail = f"too many wrong tokens from your address; try again in {wait_seconds} s"
    return try_again(request, HTTPStatus.TOO_MANY_REQUESTS, detail, wait_seconds)
