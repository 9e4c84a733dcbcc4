"""What files of landmarks say: a second reading of each format, slow, strict and written apart from the readers.

A reader may refuse more than this does; what it reads must be what is read here.
"""

from __future__ import annotations

import html
import json
import math
import re
from pathlib import Path
from typing import Any

Said = list[tuple[str, list[str], list[list[float]], str]]
"""Of each specimen: its name, labels, points in LPS (NaN where there is none), and unit."""

FLIP = {"LPS": (1.0, 1.0, 1.0), "RAS": (-1.0, -1.0, 1.0)}
UNITS = ("mm", "cm", "m")
NUMBER = re.compile(r"[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?\Z")
NOTHING = ("", "na", "nan", "n/a", "none", "null", "-")


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
    return cell[1:] if re.match(r"'+[=+\-@\t\r]", cell) else cell


def table(text: str, mark: str = "") -> list[list[str]]:
    lines = rows_of(text)
    need(bool(lines))
    asked = re.fullmatch(r'"?sep=(.)"?[,;\t]*', lines[0].strip(" "), re.IGNORECASE)
    if asked:
        need(asked[1] in ",;\t")
        mark, lines = asked[1], lines[1:]
        need(bool(lines))
    bare = re.sub('"[^"]*"', "", lines[0])
    mark = mark or next((one for one in ";\t" if one in bare), ",")
    found = [row for row in (cells(line, mark) for line in lines) if any(row)]
    while len(found) > 1 and found[0][0].startswith("#") and not any(found[0][1:]):
        need(not re.search("RAS|LPS|coordinate", found.pop(0)[0], re.IGNORECASE))
    need(bool(found) and len({len(row) for row in found}) == 1)
    while not any(row[-1] for row in found):
        found = [row[:-1] for row in found]
    return [[cell.replace(",", ".") if mark != "," and NUMBER.match(cell.replace(",", ".")) else cell for cell in row]
            for row in found]  # fmt: skip


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


def csv_long(text: str, frame: str) -> Said:
    head, *rows = table(text)
    head = [cell.lower() for cell in head]
    need(all(head.count(key) == 1 for key in ("x", "y", "z")) and all(head.count(key) < 2 for key in head))
    by_name: dict[str, tuple[list[str], list[list[float]]]] = {}
    said_frame = one_of([row[head.index("frame")] for row in rows], tuple(FLIP)) if "frame" in head else frame
    unit = one_of([row[head.index("unit")] for row in rows], UNITS) if "unit" in head else "mm"
    for row in rows:
        name = row[head.index("specimen")] if "specimen" in head else ""
        labels, points = by_name.setdefault(name, ([], []))
        labels.append(row[head.index("label")] if "label" in head else str(len(labels) + 1))
        points.append(point([row[head.index(axis)] for axis in "xyz"], said_frame))
    return [(name, labels, points, unit) for name, (labels, points) in by_name.items()]


def csv_wide(text: str, frame: str) -> Said:
    head, *rows = table(text)
    places: dict[str, dict[str, int]] = {}
    for k, cell in enumerate(head):
        match = re.fullmatch(r"(.+)[_ .:-]([xyzXYZ])", cell)
        if match:
            axes = places.setdefault(match[1].strip(), {})
            need(match[2].lower() not in axes)
            axes[match[2].lower()] = k
    need(not any(NUMBER.match(cell) for cell in head if not cell.isdecimal()))
    need(bool(places) and all(len(axes) == 3 for axes in places.values()))
    low = [cell.lower() for cell in head]
    need(all(low.count(key) < 2 for key in ("specimen", "frame", "unit")))
    said_frame = one_of([row[low.index("frame")] for row in rows], tuple(FLIP)) if "frame" in low else frame
    unit = one_of([row[low.index("unit")] for row in rows], UNITS) if "unit" in low else "mm"
    name = low.index("specimen") if "specimen" in low else 0
    return [
        (row[name], list(places), [point([row[axes[a]] for a in "xyz"], said_frame) for axes in places.values()], unit)
        for row in rows
    ]


def tps(text: str, frame: str) -> Said:
    lines, comments, found = rows_of(text), [], []
    while lines:
        head = re.fullmatch(r"\s*lm3\s*=\s*([0-9]+)\s*", lines.pop(0), re.IGNORECASE)
        need(head is not None and len(lines) >= int(head[1]) > 0)
        count = int(head[1])  # type: ignore[index]
        points = [point(line.split()) for line in lines[:count]]
        lines = lines[count:]
        said: dict[str, list[str]] = {}
        while lines and "=" in lines[0] and not lines[0].strip().upper().startswith("LM"):
            key, value = lines.pop(0).split("=", 1)
            said.setdefault(key.strip().upper(), []).append(value.strip())
        need(all(len(said.get(key, [])) < 2 for key in ("ID", "IMAGE", "SCALE")))
        need(not any(key.startswith(("CURVES", "POINTS")) for key in said))
        scale = number(said.get("SCALE", ["1"])[0])
        need(scale > 0)
        comments += said.get("COMMENT", [])
        name = said.get("ID", [""])[0] or said.get("IMAGE", [""])[0]
        found.append((name, [], [[scale * v for v in one] for one in points], ""))
    return framed(found, *comment(comments), frame)


def take(body: list[str], count: int) -> list[str]:
    """So many words of the first lines, which are taken away; the last one ends with a line."""
    words: list[str] = []
    while body and len(words) < count:
        words += body.pop(0).split()
    need(len(words) == count)
    return words


def nts(text: str, frame: str) -> Said:
    lines = rows_of(text)
    comments = [line for line in lines if line.strip()[0] in "\"'"]
    lines = [line for line in lines if line.strip()[0] not in "\"'"]
    head = re.fullmatch(r"\s*1\s+([0-9]+)(L?)\s+([0-9]+)(L?)\s+(0|0\s+\S+|1\s+\S+)\s+DIM=3\s*", lines[0], re.IGNORECASE)
    need(head is not None)
    assert head is not None
    rows, columns = int(head[1]), int(head[3])
    need(0 < rows < 10**7 and 0 < columns < 10**7 and columns % 3 == 0)
    gone = head[5].split()[1] if head[5][0] == "1" else None
    parts: tuple[list[str], list[str], list[list[str]]] | None = None
    for by_lines in (False, True):
        body = lines[1:]
        try:
            called = (body[:rows] if by_lines else take(body, rows)) if head[2] else []
            if by_lines and head[2]:
                need(len(called) == rows)
                called, body = [line.strip() for line in called], body[rows:]
            labels = take(body, columns) if head[4] else []
            values = [take(body, columns) for _ in range(rows)]
            need(not body)
            for row in values:
                [number("NA" if word == gone else word) for word in row]
        except Unclear:
            continue
        parts = called, labels, values
        break
    need(parts is not None)
    assert parts is not None
    called, labels, values = parts

    def same(word: str) -> bool:
        return gone is not None and (word == gone or (bool(NUMBER.match(word) and NUMBER.match(gone))
                                                      and float(word) == float(gone)))  # fmt: skip

    values = [["NA" if same(word) else word for word in row] for row in values]
    ends = [re.fullmatch(r"(.+)_([xyz])", label, re.IGNORECASE) for label in labels]
    landmarks = []
    if labels and all(ends):
        for k in range(0, columns, 3):
            three = ends[k : k + 3]
            need([one[2].lower() for one in three if one] == ["x", "y", "z"])
            need(len({one[1] for one in three if one}) == 1)
            landmarks.append(three[0][1])  # type: ignore[index]
    else:
        need(sum(map(bool, ends)) <= columns / 2)
    if columns == 3 and rows > 1 and not landmarks:
        found = [("", called, [point(row) for row in values], "")]
    else:
        found = [
            (called[k] if called else "", landmarks, [point(row[j : j + 3]) for j in range(0, columns, 3)], "")
            for k, row in enumerate(values)
        ]
    return framed(found, *comment(comments), frame)


def morphologika(text: str, frame: str) -> Said:
    sections: dict[str, list[str]] = {}
    comments, key, above = [], "", {}
    for line in (line.strip() for line in rows_of(text)):
        if line.startswith("["):
            need(line.endswith("]"))
            key = line.strip("[]").strip().lower()
            need(key not in sections)
            sections[key] = []
        elif line.startswith("'"):
            if key == "rawpoints":
                need(len(sections[key]) not in above)
                above[len(sections[key])] = line[1:].strip()
            else:
                comments.append(line)
        else:
            need(bool(key))
            sections[key].append(line)
    for one in ("individuals", "landmarks", "dimensions"):
        need(len(sections.get(one, [])) == 1 and sections[one][0].isascii() and sections[one][0].isdigit())
    count, landmarks = int(sections["individuals"][0]), int(sections["landmarks"][0])
    points = [point(line.split()) for line in sections.get("rawpoints", [])]
    need(int(sections["dimensions"][0]) == 3 and len(points) == count * landmarks > 0)
    names = sections.get("names") or [""] * count
    need(len(names) == count)
    for row, text_above in above.items():
        need(row % landmarks == 0 and row < len(points))
        here = names[row // landmarks]
        numbered = re.search(r"([0-9]+)$", text_above)
        is_number = numbered and int(numbered[1]) == row // landmarks + 1 and text_above not in names
        need(not here or text_above == here or bool(is_number))
    if not any(names) and len(above) == count and len(set(above.values())) == count:
        names = [above[row] for row in sorted(above)]
    found = [(names[k], [], points[k * landmarks : (k + 1) * landmarks], "") for k in range(count)]
    return framed(found, *comment(comments), frame)


def morphoj(text: str, frame: str) -> Said:
    lines = rows_of(text)
    mark = next((one for one in ";\t," if lines and one in re.sub('"[^"]*"', "", lines[0])), "")
    rows = table(text, mark) if mark else [
        [word.replace(",", ".") if NUMBER.match(word.replace(",", ".")) else word for word in line.split()]
        for line in lines
    ]  # fmt: skip
    need(len({len(row) for row in rows}) == 1)
    order = list(range(1, len(rows[0])))
    if "ID" in rows[0]:
        who = rows[0].index("ID")
        rows = [[row[who], *row[:who], *row[who + 1 :]] for row in rows]
    first = rows[0][1:]
    if not any(NUMBER.match(cell) for cell in first) and not all(cell.lower() in NOTHING for cell in first):
        names = [re.fullmatch(r"([xyzXYZ])[ ._-]?([0-9]+)", cell) for cell in first]
        rows = rows[1:]
        if any(names):
            need(all(names))
            found = [(int(one[2]), one[1].lower()) for one in names if one]
            need(len(set(found)) == len(found))
            need(sorted(found) == [(k, a) for k in range(1, len(found) // 3 + 1) for a in "xyz"])
            order = [found.index(one) + 1 for one in sorted(found)]
    elif len(first) == 3 or len(rows[0]) == 3:
        return headless(rows, frame)
    need(len(order) % 3 == 0 and bool(order))
    return [
        (row[0], [], [point([row[k] for k in order[j : j + 3]], frame) for j in range(0, len(order), 3)], "mm")
        for row in rows
    ]


def lafas(text: str, frame: str) -> Said:
    lines = rows_of(text)
    while lines[0].strip().lower().startswith("landmark names"):
        lines = lines[1:]
    labels, points = [], []
    for line in lines:
        match = re.fullmatch(r"(.*?)\s*[(]([^()]*)[)]\s*", line)
        need(match is not None)
        labels.append(match[1].strip())  # type: ignore[index]
        points.append(point(match[2].split(",")))  # type: ignore[index]
    return [("", labels, points, "mm")]


def markups(text: str, frame: str) -> Said:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        need(len(dict(pairs)) == len(pairs))
        return dict(pairs)

    try:
        nodes = json.loads(text, object_pairs_hook=once)["markups"]
        labels, points, units = [], [], set()
        for node in nodes:
            if node.get("type", "Fiducial") != "Fiducial" or not node.get("controlPoints"):
                continue
            units.add(node.get("coordinateUnits", ""))
            for one in node["controlPoints"]:
                status = one.get("positionStatus", "defined")
                need(status in ("defined", "undefined", "preview", "missing"))
                place = one.get("position")
                unset = place in ("", [], None) or status != "defined"
                need(unset or all(v is None or isinstance(v, (int, float, str)) for v in place))
                labels.append(one.get("label", "").strip())
                place = [0, 0, 0] if unset else ["" if isinstance(v, bool) else v for v in place]
                found = point([repr(v) if isinstance(v, float) else str(v) for v in place],
                              node.get("coordinateSystem", "LPS"))  # fmt: skip
                points.append([math.nan] * 3 if unset else found)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unclear from error
    need(len(units) == 1)
    return [("", labels, points, units.pop() or "mm")]


def fcsv(text: str, frame: str) -> Said:
    system, columns, labels, points = "RAS", "id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID", [], []
    mark = ""
    for line in rows_of(text):
        bare = line.strip().strip('"')
        if bare.startswith("#"):
            key, _, value = bare[1:].partition("=")
            need(not labels or key.strip().lower() not in ("coordinatesystem", "columns"))
            if key.strip().lower() == "coordinatesystem":
                system = {"0": "RAS", "1": "LPS"}.get(value.strip(" ,;\t"), value.strip(" ,;\t").upper())
            elif key.strip().lower() == "columns":
                columns = value.strip(" ,;\t").replace(";", ",")
            continue
        need(system in FLIP)
        mark = mark or max(",;\t", key=lambda one: re.sub('"[^"]*"', "", line).count(one))
        row = cells_of_fcsv(line, mark)
        if not any(row):
            continue
        names = [name.strip() for name in columns.split(",")]
        need(len(set(names)) == len(names) and {"x", "y", "z", "label"} <= set(names))
        need(len(row) != len(names) + 1 and not any(row[len(names) + 2 :]))
        held = dict(zip(names, row, strict=False))
        status = row[len(names)] if len(row) > len(names) else "2"
        need(status in ("0", "1", "2", "3", "") and {"x", "y", "z", "label"} <= held.keys())
        labels.append(held["label"])
        place = [held[axis].replace(",", ".") if mark != "," else held[axis] for axis in "xyz"]
        points.append(point(place, system) if status in ("2", "") else [math.nan] * 3)
    return [("", labels, points, "mm")]


def cells_of_fcsv(line: str, mark: str) -> list[str]:
    # Slicer itself writes no apostrophe before a label.
    return [cell.strip() for cell in cells(line.replace("'", "\0"), mark)] if "'" not in line else [
        cell.replace("\0", "'") for cell in cells(line.replace("'", "\0"), mark)
    ]  # fmt: skip


def framed(found: Said, said_frame: str, unit: str, frame: str) -> Said:
    flip = FLIP[said_frame or frame]
    return [
        (name, labels, [[v * f for v, f in zip(one, flip, strict=True)] for one in points], unit)
        for name, labels, points, _ in found
    ]


def pp(text: str, frame: str) -> Said:
    """The elements by regular expressions: only what MeshLab writes, each on a line."""
    need("<!ENTITY" not in text and text.strip().endswith("</PickedPoints>"))
    labels, points = [], []
    for tag in re.findall(r"<point\b[^>]*>", re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)):
        said = dict(re.findall(r"""([\w:]+)\s*=\s*["']([^"']*)["']""", re.sub(r"\s", " ", tag)))
        need(said.get("active", "1") in ("0", "1"))
        labels.append(html.unescape(said.get("name", "")).strip())
        place = point([said.get(axis, "?") for axis in "xyz"], frame)
        points.append(place if said.get("active", "1") == "1" else [math.nan] * 3)
    return [("", labels, points, "mm")]


def pts(text: str, frame: str) -> Said:
    first, count, *lines = rows_of(text)
    need(bool(re.fullmatch(r"\s*version\s+[0-9.]+\s*", first, re.IGNORECASE)) and int(count) == len(lines))
    rows = [re.fullmatch(r"(.*?)\s+(\S+)\s+(\S+)\s+(\S+)\s*", line) for line in lines]
    need(all(rows))
    points = [point([row[2], row[3], row[4]], frame) for row in rows if row]
    gone = [any(abs(v) == 9999 for v in place) for place in points]
    points = [[math.nan] * 3 if no else place for no, place in zip(gone, points, strict=True)]
    return [("", [row[1].strip() for row in rows if row], points, "mm")]


def landmark_ascii(text: str, frame: str) -> Said:
    head, _, data = "\n".join(rows_of(text)).partition("\n@1\n")
    count = re.findall(r"^\s*define\s+Markers\s+([0-9]+)\s*$", head, re.IGNORECASE | re.MULTILINE)
    sets = re.findall(r"\bNumSets\s+([0-9]+)", head, re.IGNORECASE)
    places = re.findall(r"^\s*Markers\s*{\s*float\[3\]\s+Coordinates\s*}\s*=?\s*@1\s*$", head, re.I | re.MULTILINE)
    need(len(count) == 1 and sets in (["1"], []) and len(places) == 1)
    rows = [point(line.split(), frame) for line in data.split("\n") if line]
    need(len(rows) == int(count[0]))
    return [("", [], rows, "mm")]


def ljson(text: str, frame: str) -> Said:
    try:
        data = json.loads(text)
        need(len(re.findall('"version"', text)) == len(re.findall('"points"', text)) == 1 and data["version"] == 2)
        places = data["landmarks"]["points"]
        points = [point(["NA" if v is None else repr(v) for v in place], frame) for place in places]
        labels = [""] * len(points)
        for one in data.get("labels", []):
            need(len(one["mask"]) == len(points))
            if sum(map(bool, one["mask"])) == 1:
                at = [bool(there) for there in one["mask"]].index(True)
                need(not labels[at])
                labels[at] = one["label"].strip()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unclear from error
    return [("", labels if all(labels) else [], points, "mm")]


def headless(rows: list[list[str]], frame: str) -> Said:
    """A label and three numbers in each row, or three numbers, without names of columns."""
    need({len(row) for row in rows} <= {4} or {len(row) for row in rows} <= {3})
    labels = [row[0] if len(row) == 4 else str(k) for k, row in enumerate(rows, 1)]
    need(not all(NUMBER.match(label) for label in labels) or all(label.isdecimal() for label in labels))
    return [("", labels, [point(row[-3:], frame) for row in rows], "mm")]


def csv(text: str, frame: str) -> Said:
    head = table(text)
    if any(NUMBER.match(cell) for cell in head[0]):
        return headless(head, frame)
    return csv_long(text, frame) if {"x", "y", "z"} <= {cell.lower() for cell in head[0]} else csv_wide(text, frame)


def txt(text: str, frame: str) -> Said:
    first = rows_of(text)[0].strip()
    if first.lower().startswith("landmark names") or re.fullmatch(r".*?[(][^()]*[)]", first):
        return lafas(text, frame)
    return morphoj(text, frame)


READINGS = {
    "mrk": markups,
    "gpa": markups,
    "fcsv": fcsv,
    "csv": csv,
    "csv-long": csv,
    "tps": tps,
    "nts": nts,
    "morphologika": morphologika,
    "morphoj": txt,
    "lafas": txt,
    "csv-excel": csv,
    "fcsv-excel": fcsv,
    "pp": pp,
    "pts": pts,
    "landmark-ascii": landmark_ascii,
    "ljson": ljson,
    "dta": nts,
}


def reading(file: Path, to: str, frame: str) -> Said:
    """What a file says together with the tables beside it.

    :raises Unclear: it does not say one thing
    """
    text = file.read_bytes().decode("utf-8-sig")
    landmarks, names = (file.with_name(file.name + ending) for ending in (".landmarks.csv", ".names.csv"))
    labels: list[str] = []
    called: dict[str, str] = {}
    unit = ""
    if landmarks.is_file():
        head, *rows = table(landmarks.read_bytes().decode("utf-8-sig"))
        at = [[cell.lower() for cell in head].index(key) for key in ("number", "label", "frame", "unit")]
        if rows:
            frame, unit = (
                one_of([row[k] for row in rows], among) for k, among in ((at[2], tuple(FLIP)), (at[3], UNITS))
            )
            by_number = {row[at[0]]: row[at[1]] for row in rows}
            need(sorted(by_number) == sorted(str(k + 1) for k in range(len(rows))))
            labels = [by_number[str(k + 1)] for k in range(len(rows))]
    if names.is_file():
        head, *rows = table(names.read_bytes().decode("utf-8-sig"))
        at = [[cell.lower() for cell in head].index(key) for key in ("written", "name")]
        called = {row[at[0]]: row[at[1]] for row in rows}
        need(len(called) == len(rows))
    said = READINGS[to](text, frame)
    result: Said = []
    for k, (name, own, points, own_unit) in enumerate(said, 1):
        name = called.get(name, name) or (str(k) if len(said) > 1 else file.name.split(".")[0])
        here = labels or own or [str(n + 1) for n in range(len(points))]
        need(len(here) == len(points) and len(set(here)) == len(here) and all(here))
        result.append((name, here, points, unit or own_unit or "mm"))
    need(len({name for name, *_ in result}) == len(result) > 0)
    return result
