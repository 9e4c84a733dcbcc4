"""The parts of a page that opens offline: one file, without scripts, that is light or dark as the reader's system."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from .. import __version__
from ..output import plain_text
from .style import STYLE

NO_PICTURES = "<p>The pictures are missing: they need matplotlib (in a shell: pip install matplotlib).</p>"
_NUMBERS = ' class="n"'
_NONE = "-"


def document(title: str, parts: Sequence[str]) -> str:
    """The whole page of parts that are HTML; empty ones are left out."""
    body = plain_text("\n".join(part for part in parts if part))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(plain_text(title))}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n"
        f"<footer>palnet {__version__}. For research use. Not a medical device.</footer>\n</body>\n</html>\n"
    )


def header(title: str, lead: str) -> str:
    """The title of the page, and what it is about, as text."""
    return f"<header><h1>{escape(title)}</h1><p>{escape(lead)}</p></header>"


def cards(facts: Sequence[tuple[str, str, str]]) -> str:
    """Facts in boxes: value, name and a note, as text."""
    inner = "".join(
        f"<div><b>{escape(value)}</b><span>{escape(name)}</span><small>{escape(note)}</small></div>"
        for value, name, note in facts
    )
    return f'<div class="cards">{inner}</div>'


def section(title: str, content: str) -> str:
    """A title, which is text, over content, which is HTML."""
    return f"<section><h2>{escape(title)}</h2>\n{content}</section>"


def figure(svg: str, caption: str) -> str:
    """A picture with text below it, if any."""
    under = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return f"<figure>{svg}{under}</figure>"


def pair(*figures: str) -> str:
    """Figures side by side, where the page is wide enough."""
    return f'<div class="pair">{"".join(figures)}</div>'


def details(title: str, content: str) -> str:
    """HTML that a click on the title shows."""
    return f"<details><summary>{escape(title)}</summary>{content}</details>"


def bullets(sentences: Sequence[str]) -> str:
    """Sentences, as text, one below the other."""
    return "<ul>" + "".join(f"<li>{escape(one)}</li>" for one in sentences) + "</ul>"


def table(rows: Sequence[dict[str, Any]], columns: dict[str, str]) -> str:
    """Rows as a table; shares are shown in % where the column's title says so."""
    if not rows:
        return "<p>None.</p>"
    texts = {key for key in columns if any(isinstance(row.get(key), str) for row in rows)}
    head = "".join(f"<th{'' if key in texts else _NUMBERS}>{escape(title)}</th>" for key, title in columns.items())
    body = "".join(
        "<tr>" + "".join(_cell(row.get(key), title) for key, title in columns.items()) + "</tr>" for row in rows
    )
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def number(value: float | None) -> str:
    """A number as people read it: thousands apart, two or three decimals; a dash where there is none."""
    if value is None:
        return _NONE
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.3f}" if abs(value) < 1 else f"{value:.2f}"


def mm(value: float | None) -> str:
    """A length in mm."""
    return f"{number(value)} mm"


def percent(value: float | None) -> str:
    """A share in whole per cent; a dash where there is none."""
    return _NONE if value is None else f"{100 * value:.0f} %"


def _cell(value: Any, title: str) -> str:
    if isinstance(value, str):
        return f"<td>{escape(value)}</td>"
    if isinstance(value, int | float):
        shown = f"{100 * value:.1f}" if title.endswith("%") and title != "95 %" else number(value)
        return f"<td{_NUMBERS}>{shown}</td>"
    return f"<td{_NUMBERS}>{_NONE}</td>"
