"""Reads a report as a browser without a network does."""

from __future__ import annotations

import re
from html.parser import HTMLParser


class _Page(HTMLParser):
    """Checks that what is opened is closed, and collects addresses."""

    void = ("meta", "br", "img")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in ("script", "link", "iframe")
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]
        if tag not in self.void:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read_page(html: str) -> _Page:
    parser = _Page()
    parser.feed(html)
    assert parser.open == []
    # It works offline: nothing is fetched, pictures are in the page.
    assert all(address.startswith(("#", "data:image/png")) for address in parser.addresses)
    assert "@import" not in html and "url(http" not in html
    names = re.findall(r'\bid="([^"]+)"', html)
    assert len(names) == len(set(names))
    assert {address[1:] for address in parser.addresses if address[0] == "#"} <= set(names)
    return parser
