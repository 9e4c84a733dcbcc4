"""What the strict readings of landmark files share: numbers, rows, cells, and what a comment states."""

from __future__ import annotations

import math
import re

Said = list[tuple[str, list[str], list[list[float]], str]]
"""Of each specimen: its name, labels, points in LPS (NaN where there is none), and unit."""

FLIP = {"LPS": (1.0, 1.0, 1.0), "RAS": (-1.0, -1.0, 1.0)}
UNITS = ("mm", "cm", "m")
NUMBER = re.compile(r"[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?\Z")
NOTHING = ("", "na", "nan", "n/a", "#n/a", "none", "null", "-")


class Unclear(Exception):
    """The file does not say one thing, and only one."""


def need(right: bool) -> None:
    if not right:
        raise Unclear


def number(text: str) -> float:
    text = text.strip()
    if text.lower() in NOTHING:
        return math.nan
    need(bool(NUMBER.match(text)))
    need(math.isfinite(float(text)))
    return float(text)


def point(words: list[str], frame: str = "LPS") -> list[float]:
    need(len(words) == 3)
    values = [number(word) for word in words]
    known = all(math.isfinite(value) for value in values)
    return [v * f for v, f in zip(values, FLIP[frame], strict=True)] if known else [math.nan] * 3


def rows_of(text: str) -> list[str]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [line for line in lines if line.strip()]


def cells(line: str, mark: str = ",") -> list[str]:
    """A row of a table, letter by letter."""
    found, cell, quoted, closed, at = [], "", False, False, 0
    while at < len(line):
        letter = line[at]
        if quoted:
            if letter == '"' and line[at + 1 : at + 2] == '"':
                cell += '"'
                at += 1
            elif letter == '"':
                quoted, closed = False, True
            else:
                cell += letter
        elif letter == mark:
            found.append(cell)
            cell, closed = "", False
        elif letter == '"' and not cell and not closed:
            quoted = True
        else:
            need(not closed)
            cell += letter
        at += 1
    need(not quoted)
    return [plain(one.strip()) for one in [*found, cell]]


def plain(cell: str) -> str:
    return cell[1:] if re.match(r"""'['"\s]*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]""", cell) else cell


def table(text: str, mark: str = "") -> list[list[str]]:
    lines = rows_of(text)
    need(bool(lines))
    asked = re.fullmatch(r'"?sep=(.)"?[,;\t]*', lines[0].strip(" "), re.IGNORECASE)
    if asked:
        need(asked[1] in ",;\t")
        mark, lines = asked[1], lines[1:]
        need(bool(lines))
    lines = below_titles(lines, mark or ",;\t")
    bare = re.sub('"[^"]*"', "", lines[0])
    mark = mark or next((one for one in ";\t" if one in bare), ",")
    found = [row for row in (cells(line, mark) for line in lines) if any(row)]
    while len(found) > 1 and found[0][0].startswith("#") and not any(found[0][1:]):
        need(not re.search("RAS|LPS|coordinate", found.pop(0)[0], re.IGNORECASE))
    found = found if mark == "," else with_names_of_rows(found)
    need(bool(found) and len({len(row) for row in found}) == 1)
    while not any(row[-1] for row in found):
        found = [row[:-1] for row in found]
    return [[cell.replace(",", ".") if mark != "," and NUMBER.match(cell.replace(",", ".")) else cell for cell in row]
            for row in found]  # fmt: skip


def with_names_of_rows(rows: list[list[str]]) -> list[list[str]]:
    """Rows as R writes names before them and none above: not where these may be the x of the first column."""
    called = [row[0] for row in rows[1:]]
    if not called or not all(len(row) == len(rows[0]) + 1 and row[-1] for row in rows[1:]):
        return rows
    numbered = [str(k) for k in range(1, len(rows))] == called
    need(numbered or not any(NUMBER.match(cell.replace(",", ".")) for cell in called))
    return [["", *rows[0]], *rows[1:]]


def below_titles(lines: list[str], marks: str) -> list[str]:
    """The lines below texts in a single cell, if these stand above names of columns, or are comments."""
    rest, comments = list(lines), 0
    words: list[str] = []
    while rest:
        words = [word.strip() for word in re.split(f"[{marks}]", re.sub('"[^"]*"', "x", rest[0]))]
        if not words[0] or any(words[1:]):
            break
        comments += len(lines) - len(rest) == comments and rest[0].strip(' "').startswith("#")
        rest.pop(0)
    names = len([word for word in words if word]) > 2 and not any(NUMBER.match(word) for word in words)
    above = len(lines) - len(rest) if rest and names else comments
    if above == len(lines) or len(re.split(f"[{marks}]", re.sub('"[^"]*"', "x", lines[above]))) < 3:
        return lines
    need(
        not re.search(
            r"(?<![A-Z])(RAS|LPS)(?![A-Z])|coordinate|\b(cm|m|inch(es)?)\b", " ".join(lines[:above]), re.IGNORECASE
        )
    )
    return lines[above:]


def one_of(values: list[str], among: tuple[str, ...]) -> str:
    found = {next((a for a in among if a.lower() == value.lower()), "?") for value in values}
    need(len(found) == 1 and "?" not in found)
    return found.pop()


def comment(lines: list[str]) -> tuple[str, str]:
    found = {tuple(re.search(r"coordinates: (\w+), (\w+)", line).groups()) for line in lines
             if re.search(r"coordinates: (\w+), (\w+)", line)}  # type: ignore[union-attr]  # fmt: skip
    need(len(found) < 2)
    frame, unit = found.pop() if found else ("", "")
    need(frame in ("", *FLIP) and unit in ("", *UNITS))
    return frame, unit


def take(body: list[str], count: int) -> list[str]:
    """So many words of the first lines, which are taken away; the last one ends with a line."""
    words: list[str] = []
    while body and len(words) < count:
        words += body.pop(0).split()
    need(len(words) == count)
    return words


def framed(found: Said, said_frame: str, unit: str, frame: str) -> Said:
    flip = FLIP[said_frame or frame]
    return [
        (name, labels, [[v * f for v, f in zip(one, flip, strict=True)] for one in points], unit)
        for name, labels, points, _ in found
    ]
