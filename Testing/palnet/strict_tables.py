"""Strict readings of tables of landmarks, see ``strict_reading``."""

from __future__ import annotations

import math
import re

from strict_text import (
    FLIP,
    NOTHING,
    NUMBER,
    UNITS,
    Said,
    below_titles,
    cells,
    need,
    one_of,
    point,
    rows_of,
    table,
    with_names_of_rows,
)


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


def morphoj(text: str, frame: str) -> Said:
    lines = below_titles(rows_of(text), ";\t,")
    mark = next((one for one in ";\t," if lines and one in re.sub('"[^"]*"', "", lines[0])), "")
    rows = table(text, mark) if mark else [
        [word.replace(",", ".") if NUMBER.match(word.replace(",", ".")) else word for word in line.split()]
        for line in lines
    ]  # fmt: skip
    rows = rows if mark else with_names_of_rows(rows)
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


def txt(text: str, frame: str) -> Said:
    first = rows_of(text)[0].strip()
    if first.lower().startswith("landmark names") or re.fullmatch(r".*?[(][^()]*[)]", first):
        return lafas(text, frame)
    return morphoj(text, frame)


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
