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

from strict_tables import csv, fcsv, txt
from strict_text import (
    FLIP,
    NUMBER,
    UNITS,
    Said,
    Unclear,
    comment,
    framed,
    need,
    number,
    one_of,
    point,
    rows_of,
    table,
    take,
)


def tps(text: str, frame: str) -> Said:
    lines, comments, found = rows_of(text), [], []
    while lines:
        head = re.fullmatch(r"\s*lm3?\s*=\s*([0-9]+)\s*", lines.pop(0), re.IGNORECASE)
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


def dta(text: str, frame: str) -> Said:
    lines, above = rows_of(text), []
    while lines and not lines[0].strip().startswith("1"):
        above.append(lines.pop(0).strip())
        need(above[-1][0] in "\"'" or (above[-1][0].isascii() and above[-1][0].isalpha()))
        need("DIM=" not in above[-1].upper() or above[-1][0] in "\"'")
    # What stands there in words may state the frame, as comments do.
    return nts("\n".join([line if line[0] in "\"'" else f'"{line}' for line in above] + lines), frame)


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
    numbered = count == 1 and all(re.fullmatch("#?[0-9]+", called) for called in above.values())
    if not any(names) and len(above) == count and len(set(above.values())) == count and not numbered:
        names = [above[row] for row in sorted(above)]
    found = [(names[k], [], points[k * landmarks : (k + 1) * landmarks], "") for k in range(count)]
    return framed(found, *comment(comments), frame)


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
        masks = [one["mask"] for one in data.get("labels", [])]
        numbers = all(
            all(type(there) is int for there in mask) and mask == [k for k in range(len(points)) if k in mask]
            for mask in masks
        )
        for one in data.get("labels", []):
            mask = one["mask"]
            if numbers:
                mask = [k in mask for k in range(len(points))]  # the numbers of the points, as menpo has it
            need(len(mask) == len(points))
            if sum(map(bool, mask)) == 1:
                at = [bool(there) for there in mask].index(True)
                need(not labels[at])
                labels[at] = one["label"].strip()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unclear from error
    return [("", labels if all(labels) else [], points, "mm")]


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
    "dta": dta,
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
