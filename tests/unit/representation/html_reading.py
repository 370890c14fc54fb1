"""A page read back: elements with their attributes and text, for the tests of the HTML pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"meta", "link", "br", "path", "rect", "circle"}
_OPTIONAL_END = {"td", "th", "tr", "tbody"}


@dataclass
class Element:
    """An element; `text` is all text inside it."""

    tag: str
    attributes: dict[str, str]
    text: str = ""
    ancestors: tuple[str, ...] = ()


@dataclass
class _Reader(HTMLParser):
    elements: list[Element] = field(default_factory=list)
    unclosed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"td", "th", "tr"}:
            self._close_cells(tag)
        ancestors = tuple(element.tag for element in self._open)
        element = Element(tag, {key: value or "" for key, value in attrs}, ancestors=ancestors)
        self.elements.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, {key: value or "" for key, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            element = self._open.pop()
            if element.tag == tag:
                return
            if element.tag not in _OPTIONAL_END:
                self.unclosed.append(f"{element.tag} closed by /{tag}")
        self.unclosed.append(f"/{tag} closes nothing")

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def _close_cells(self, tag: str) -> None:
        ends = {"td", "th"} if tag != "tr" else {"td", "th", "tr"}
        while self._open and self._open[-1].tag in ends:
            self._open.pop()


@dataclass(frozen=True)
class Reading:
    """What a page holds."""

    elements: list[Element]
    errors: list[str]

    def all(self, tag: str) -> list[Element]:
        """Every element of this name, in order."""
        return [element for element in self.elements if element.tag == tag]

    def one(self, tag: str) -> Element:
        """The only element of this name."""
        (element,) = self.all(tag)
        return element

    @property
    def text(self) -> str:
        """All text, runs of white space as one space."""
        return " ".join(self.one("html").text.split())


def read(page: bytes) -> Reading:
    """Read a page; `errors` says where tags do not match."""
    reader = _Reader()
    reader.feed(page.decode("utf-8"))
    reader.close()
    still_open = [element.tag for element in reader._open]
    return Reading(reader.elements, reader.unclosed + still_open)
