"""What the first line of a table says of its columns, in the words of the programs that write such tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..errors import LandmarkFileError
from .remarks import states_frame, states_unit
from .text import MM_PER_UNIT, is_number

FRAME_COLUMNS = ("frame", "space", "coordinatesystem", "coordinate system", "system")
UNIT_COLUMNS = ("unit", "units")
SPECIMEN_COLUMNS = ("specimen", "scan", "subject", "individual", "sample", "case", "patient")
_LANDMARKS = (
    *("label", "landmark", "landmark name", "landmark_name", "landmarkname", "landmark label", "landmarks"),
    *("punkt", "punktname", "landmarke", "beschriftung", "étiquette", "etiquette", "repère", "point de repère"),
    *("etiqueta", "etichetta", "point", "point name", "point_name", "marker", "lm"),
    *("landmark #", "landmark no", "landmark no.", "landmark number", "landmark nr", "landmark_id", "landmarkid"),
    *("point id", "point_id", "point no", "point #", "lm #", "lm no", "punkt nr", "punkt-nr.", "punktnummer"),
)
NUMBER_COLUMNS = ("id", "landmark id", "number", "no", "no.", "nr", "#", "")
LABEL_COLUMNS = (
    *_LANDMARKS,
    *("name", "bezeichnung", "nom", "nombre", "nome"),
    *NUMBER_COLUMNS,
)
KNOWN = (
    "for a row of each landmark: label, x, y, z; for a row of each specimen: specimen, and for each landmark "
    "LABEL_x, LABEL_y, LABEL_z or x1, y1, z1"
)

# Slicer's own table of control points names its axes by the frame.
_AXES = {"LPS": ("l", "p", "s"), "RAS": ("r", "a", "s"), "": ("x", "y", "z")}
_WORD = (
    r"(?:pos|position|coord|coordinate|coordinates|coor|loc|location|point|landmark|marker|value|axis|achse|wert|"
    r"koordinaten?|koord|coordonn[ée]es?|coordenadas?|coordinat[ae])"
)
_PLAIN = re.compile(rf"(?:{_WORD}[ ._:-]*)?([xyzlpsra])(?:[ ._:-]*{_WORD})?", re.IGNORECASE)
_OTHER_UNIT = r"mm|cm|m|in|inch|inches|ft|px|pixel|pixels|voxel|voxels|um|µm|nm|dm|km"
_WITH_UNIT = re.compile(
    rf"(.*?\S)\s*(?:[(\[]\s*(?:in\s+)?({_OTHER_UNIT})\s*[)\]]|[ _./](?:in[ _])?({_OTHER_UNIT}))", re.IGNORECASE
)
_WITH_REMARK = re.compile(r"([xyz])\s*[(\[](.*)[)\]]|([xyz])[ _.]?(ras|lps)|(ras|lps)[ _.]?([xyz])", re.IGNORECASE)
_WIDE = (
    (re.compile(r"([xyz])[ ._-]?([0-9]{1,9})", re.IGNORECASE), 2, 1),  # x1, as MorphoJ has it
    (re.compile(r"(.+)[ ._:-]([xyz])", re.IGNORECASE), 1, 2),  # Prn_x; geomorph: 1.X
    (re.compile(r"([xyz])[ ._:-](.+)", re.IGNORECASE), 2, 1),  # X.Prn
    (re.compile(r"(.*\w)\s*[(\[]([xyz])[)\]]", re.IGNORECASE), 1, 2),  # Prn (x)
    (re.compile(r"(.*\w)([XYZ])"), 1, 2),  # LM1X
    (re.compile(r"(.*[0-9])([xyz])"), 1, 2),  # 1x
)
_NUMBERED = _WIDE[0][0]
_AXIS_FIRST = re.compile(rf"{_NUMBERED.pattern}|{_WIDE[2][0].pattern}", re.IGNORECASE)
_OF_THREE, _NOT_THREE = re.compile(r"[VX][123]"), re.compile(r"[VXYZvxyz](?![123]$|$)[0-9]*|[YZyz][0-9]+")
_NO_LANDMARKS = ("index", "sex", "matrix", "box", "suffix", "prefix", "max", "complex", "key", "quality", "identity")
_NO_LABELS = ("world", "local", "global", "mean", "raw", "scan", "file", "native", "image", "physical", "new", "old")
_TWICE = re.compile(r"(.+)\.\d+")


@dataclass(frozen=True)
class Header:
    """The columns of a table of landmarks.

    :ivar landmarks: columns of x, y and z by label; under the label "" all of them, in order, where they have only
        numbers; one entry without a label where each row is a landmark
    :ivar wide: a row is a specimen; else a landmark
    :ivar label: column of the landmarks' labels; -1 where there is none
    :ivar specimen: likewise
    :ivar frame_column: likewise
    :ivar unit_column: likewise
    :ivar defined: likewise; "0" stands there where the place of a landmark counts for nothing
    :ivar frame: as the names of the columns say; empty where they do not
    :ivar unit: likewise
    :ivar headless: there is no first line that names the columns
    """

    landmarks: dict[str, list[tuple[int, int, int]]]
    wide: bool
    label: int
    specimen: int
    frame_column: int
    unit_column: int
    defined: int
    frame: str
    unit: str
    headless: bool = False


def read_header(cells: list[str], rows: int, name: str) -> Header | None:
    """What the first line of a table says; None where it names no coordinates.

    :param rows: how many there are below
    :param name: the file's, for what is said of it
    :raises LandmarkFileError: the names contradict each other, or name x, y or z and not all of them
    """
    if {cell.lower() for cell in cells} & {"v1", "x1"} and not any(_NOT_THREE.fullmatch(cell) for cell in cells):
        # What R calls three columns without names: V1, V2, V3 of a matrix, X1, X2, X3 of a data frame.
        cells = ["xyz"[int(cell[1]) - 1] if _OF_THREE.fullmatch(cell) else cell for cell in cells]
    bare, units = (list(part) for part in zip(*map(_apart, cells), strict=True))
    columns = _Columns(cells, name)
    specimen, label = columns.one_of(SPECIMEN_COLUMNS), columns.one_of(LABEL_COLUMNS)
    # Without a column of labels, pos_x is a landmark.
    wide = _wide(bare, name) if label < 0 else {}
    plain, frame = _plain([column if not wide or len(column) == 1 else "" for column in bare], name)
    wide = wide if plain or wide else _wide(bare, name)
    if not plain and not wide:
        return None
    second = plain and any(_NUMBERED.fullmatch(column) for column in bare)
    if (plain and wide) or second:
        raise LandmarkFileError(f"{name} has columns x, y, z and such of single landmarks, too: leave one kind out.")
    _check_names(cells, wide, columns.one_of(_LANDMARKS), specimen, rows, name)
    odd = [cell for cell in cells if is_number(cell) and not cell.isdecimal()]
    if odd:
        raise LandmarkFileError(f"In the first line of {name}, '{odd[0][:20]}' stands among the names of columns.")
    used = [plain] if plain else [at for ats in wide.values() for at in ats]
    unit = _one_unit([units[k] for at in used for k in at], name)
    if plain and label < 0:
        others = [cell for k, cell in enumerate(cells) if k not in plain and not columns.is_known(k)]
        if others:
            raise LandmarkFileError(
                f"The first line of {name} names no column 'label': none of {', '.join(others)[:60]} is known here. "
                f"Known are, {KNOWN}."
            )
    if wide and specimen < 0:
        specimen = columns.one_of(("id", "name", "file", "filename", ""))
    return Header(
        landmarks={"": [plain]} if plain else wide,
        wide=not plain,
        label=label if plain else -1,
        specimen=specimen,
        frame_column=columns.one_of(FRAME_COLUMNS),
        unit_column=columns.one_of(UNIT_COLUMNS),
        defined=columns.one_of(("defined",)) if plain else -1,
        frame=frame,
        unit=unit,
    )


def _check_names(
    cells: Sequence[str], wide: Mapping[str, Sequence[object]], label: int, specimen: int, rows: int, name: str
) -> None:
    """Check that columns of single landmarks are such, and that no column stands twice.

    :raises LandmarkFileError: not so
    """
    twice = next((match[1] for match in map(_TWICE.fullmatch, cells) if match and match[1] in cells), "")
    if twice:  # as pandas calls the second column of a name, and R
        raise LandmarkFileError(f"{name} has the column '{twice[:40]}' more than once.")
    is_one = sum(map(len, wide.values())) == 1
    is_axis_first = is_one and any(map(_AXIS_FIRST.fullmatch, cells))
    only = next(iter(wide)).strip("()[] ").casefold() if is_one else ""
    if wide and (
        label >= 0 or only in _NO_LABELS or (is_axis_first and rows > 1 and specimen < 0 and cells[0] != "ID")
    ):
        raise LandmarkFileError(
            f"{name} may have a row for each landmark or for each specimen: call its columns label, x, y and z, or "
            "specimen and LABEL_x, LABEL_y, LABEL_z."
        )
    odd = next((cell for cell in wide if states_frame(cell) or states_unit(cell)), "")
    if odd:
        raise LandmarkFileError(
            f"{name} has columns of '{odd[:40]}': call the coordinates x, y and z, and add a column 'frame' or 'unit'."
        )


class _Columns:
    def __init__(self, cells: list[str], name: str) -> None:
        self._cells = [cell.lower() for cell in cells]
        self._name = name

    def one_of(self, names: Iterable[str]) -> int:
        """The column that has the first of some names; -1 where there is none.

        :raises LandmarkFileError: two have it
        """
        found = next((name for name in names if name in self._cells), None)
        if found is None:
            return -1
        if self._cells.count(found) > 1:
            raise LandmarkFileError(f"{self._name} has the column '{found}' more than once.")
        return self._cells.index(found)

    def is_known(self, column: int) -> bool:
        return self._cells[column] in (*SPECIMEN_COLUMNS, *FRAME_COLUMNS, *UNIT_COLUMNS, "defined", "selected")


def _apart(cell: str) -> tuple[str, str]:
    """The name of a column without the unit in it, and the unit."""
    match = _WITH_UNIT.fullmatch(cell)
    if not match:
        remark = _WITH_REMARK.fullmatch(cell)
        return (cell, "") if not remark else (remark[1] or remark[3] or remark[6], remark[2] or remark[4] or remark[5])
    bare, unit = match[1], (match[2] or match[3]).lower()
    # What ends like a unit may be a name: Al_m.
    return (bare, unit) if match[2] or any(p.fullmatch(bare) for p in (_PLAIN, *(w[0] for w in _WIDE))) else (cell, "")


def _one_unit(units: list[str], name: str) -> str:
    said = set(units)
    if len(said) > 1 or not all(unit in ("", *MM_PER_UNIT) or unit in MM_PER_UNIT for unit in said):
        shown = " and ".join(sorted(unit or "none" for unit in said))
        if any(map(states_frame, said)):
            raise LandmarkFileError(f"{name} states {shown} in its first line: use x, y and z, and a column 'frame'.")
        raise LandmarkFileError(f"{name} states the unit {shown} in its first line: use mm, cm or m only.")
    return said.pop()


def _plain(columns: Iterable[str], name: str) -> tuple[tuple[int, int, int] | tuple[()], str]:
    """The columns of x, y and z where each row is a landmark, and the frame that their names say."""
    found: dict[str, list[int]] = {}
    for k, column in enumerate(columns):
        match = _PLAIN.fullmatch(column)
        if match:
            found.setdefault(match[1].lower(), []).append(k)
    whole = [frame for frame, axes in _AXES.items() if found.keys() >= set(axes)]
    if not whole:
        return (), ""
    if len(whole) > 1:
        raise LandmarkFileError(
            f"{name} has columns {' and '.join(','.join(_AXES[f]) for f in whole)}: leave one kind."
        )
    axes = _AXES[whole[0]]
    for axis in axes:
        if len(found[axis]) > 1:
            raise LandmarkFileError(f"{name} has the column '{axis}' more than once.")
    x, y, z = (found[axis][0] for axis in axes)
    return (x, y, z), whole[0]


def _wide(columns: list[str], name: str) -> dict[str, list[tuple[int, int, int]]]:
    """Columns of x, y and z by label (one each), or of all landmarks under "" where they have only numbers."""
    best: tuple[int, dict[str, dict[str, int]], re.Pattern[str]] = (0, {}, _NUMBERED)
    for pattern, label_at, axis_at in _WIDE:
        found: dict[str, dict[str, int]] = {}
        for k, column in enumerate(columns):
            match = pattern.fullmatch(column)
            if not match or column.lower() in _NO_LANDMARKS:
                continue
            label, axis = match[label_at], match[axis_at].lower()
            axes = found.setdefault(label.strip(), {})
            if axis in axes:
                raise LandmarkFileError(f"{name} has the column '{column[:40]}' more than once.")
            axes[axis] = k
        whole = sum(len(axes) == 3 for axes in found.values())
        parts = any(len(axes) == 2 for axes in found.values())
        if whole > best[0] or (parts and not best[1]):
            best = (whole, found, pattern)
    whole, found, pattern = best
    for label, axes in found.items():
        if len(axes) != 3:
            raise LandmarkFileError(f"{name} has not x, y and z of the landmark '{label[:40]}' in its first line.")
    _check_others(columns, found, name)
    places = {label: [(axes["x"], axes["y"], axes["z"])] for label, axes in found.items()}
    if pattern is not _NUMBERED or not places:
        return places
    if sorted(map(int, found)) != list(range(1, len(found) + 1)):
        raise LandmarkFileError(f"{name} has not the columns x1, y1, z1 and so on, without a gap, in its first line.")
    return {"": [places[label][0] for label in sorted(found, key=int)]}


def _check_others(columns: list[str], found: dict[str, dict[str, int]], name: str) -> None:
    """:raises LandmarkFileError: other columns are landmarks, too, in another way of writing"""
    used = {k for axes in found.values() for k in axes.values()}
    rest: dict[str, set[str]] = {}
    for k, column in enumerate(columns):
        for pattern, label_at, axis_at in _WIDE:
            match = pattern.fullmatch(column)
            if found and match and k not in used and column.lower() not in _NO_LANDMARKS:
                label, axis = match[label_at], match[axis_at].lower()
                rest.setdefault(label.strip(), set()).add(axis)
    stray = [label for label, axes in rest.items() if len(axes) > 1]
    if stray:
        raise LandmarkFileError(f"{name} names the columns of '{stray[0][:40]}' in another way than others: use one.")
