"""Renders pages from templates, in one environment that is built once."""

from __future__ import annotations

from importlib import resources
from urllib.parse import urlsplit

import jinja2

from ldes_shok.clock import from_milliseconds
from ldes_shok.ldes.member import FIRST_POSITION
from ldes_shok.representation.html import dates
from ldes_shok.representation.html.labels import predicate_label
from ldes_shok.representation.html.numbers import counted, decimal_comma, integer_nl
from ldes_shok.representation.html.pages import (
    CataloguePage,
    NodePage,
    ResourcePage,
    ShapePage,
    Site,
    StreamPage,
)
from ldes_shok.representation.html.titles import node_title

_PACKAGE = "ldes_shok.representation.html"

STYLESHEET_PATH = "/static/ldes-shok.css"
"""Path below the public URL where the pages expect `stylesheet()`."""


def stylesheet() -> bytes:
    """Return the style sheet, to be served at `STYLESHEET_PATH` as `text/css; charset=utf-8`."""
    return resources.files(_PACKAGE).joinpath("static", "ldes-shok.css").read_bytes()


def duration_nl(seconds: int) -> str:
    """Return `60 seconden` or `5 minuten`: whole minutes if there are at least two."""
    minutes, rest = divmod(seconds, 60)
    return (
        f"{minutes} minuten"
        if minutes > 1 and not rest
        else counted(seconds, "seconde", "seconden")
    )


def web_url(iri: str) -> str:
    """Return `iri` if it is http or https, otherwise an empty string: no other IRI is a link."""
    return iri if urlsplit(iri).scheme in {"http", "https"} else ""


def sequence_number(position: int) -> int:
    """Return a member's place in its stream, counted from 1."""
    return position - FIRST_POSITION + 1


class HtmlRenderer:
    """Renders every page of the service.

    Args:
        site: the values that all pages share.
    """

    def __init__(self, site: Site) -> None:
        environment = jinja2.Environment(
            loader=jinja2.PackageLoader(_PACKAGE, "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        origin = urlsplit(site.home_url)
        self._origin = f"{origin.scheme}://{origin.netloc}"
        environment.filters.update(
            moment=dates.moment,
            moment_to_second=dates.moment_to_second,
            time_of_day=dates.time_of_day,
            observed=dates.observed,
            integer=integer_nl,
            counted=counted,
            decimal_comma=decimal_comma,
            duration=duration_nl,
            web_url=web_url,
            local=self._local,
            sequence_number=sequence_number,
            predicate_label=predicate_label,
        )
        environment.globals["site"] = site
        environment.globals["stylesheet_url"] = self._local(
            site.home_url.rstrip("/") + STYLESHEET_PATH
        )
        self._node = environment.get_template("node.html")
        self._stream = environment.get_template("stream.html")
        self._catalogue = environment.get_template("catalogue.html")
        self._resource = environment.get_template("resource.html")
        self._shape = environment.get_template("shape.html")

    def render_node(self, page: NodePage) -> bytes:
        """Render a node of a view."""
        title = node_title(page.stream_title, page.path)
        # Bars compare siblings, so the fullest one has the whole width.
        fullest = max((child.members for child in page.children), default=0)
        last_ms = page.members[-1].published_ms if page.members else page.lower_ms
        one_day = dates.same_day(page.lower_ms, last_ms)
        return self._node.render(
            page=page,
            title=title,
            fullest=fullest,
            one_day=one_day,
            day_words=dates.day(from_milliseconds(page.lower_ms)),
        ).encode()

    def render_stream(self, page: StreamPage) -> bytes:
        """Render an event stream."""
        return self._stream.render(page=page, title=page.title).encode()

    def render_catalogue(self, page: CataloguePage) -> bytes:
        """Render the front page."""
        return self._catalogue.render(page=page, title="").encode()

    def render_resource(self, page: ResourcePage) -> bytes:
        """Render a member, an entity, a concept or a concept scheme."""
        return self._resource.render(page=page, title=page.title).encode()

    def render_shape(self, page: ShapePage) -> bytes:
        """Render the SHACL shape of a stream."""
        return self._shape.render(page=page, title=f"Shape van {page.stream_title}").encode()

    def _local(self, url: str) -> str:
        """Return `url` without our own origin: shorter, and valid behind any host name."""
        path = url.removeprefix(self._origin)
        return path if path != url and path.startswith("/") else url
