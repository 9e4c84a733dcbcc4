"""Scans with landmarks that people placed: which file belongs to which, and what does not match."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..errors import AnnotationError, LandmarkFileError, PalnetError
from ..exports.doubts import judge
from ..exports.sets import LandmarkSet, in_reviewed_unit
from ..formats.encoding import told_to
from ..formats.files import LandmarkFile, read_landmarks
from ..formats.text import TO_LPS
from ..protocols.labels import WRITE_LABELS, KnownLabels
from ..protocols.protocol import Protocol
from ..scans.clean import clean_surface
from ..scans.file import read_surface, scan_space, scan_stem
from ..scans.surface import Surface, surface_from_polydata
from ..surfaces.belonging import on_surface
from ..units import MM_PER_UNIT
from .annotated_folders import (
    FACESCAPE_INDICES,
    kind_of,
    lafas_pairs,
    of_endings,
    pairs_by_name,
    some_of,
    subjects_by_scan,
)

KINDS = ("auto", "markups", "lafas", "facescape")
_FACESCAPE_KEY, _FACESCAPE_SCAN = "v10", "_neutral.obj"


@dataclass(frozen=True)
class AnnotatedScan:
    """One scan and its landmarks.

    :ivar name: unique in the set
    :ivar subject: who or what it is of; folds and splits never part a subject
    :ivar path: the mesh file
    :ivar points: (L, 3) float64 in the coordinates of the mesh file, NaN where not annotated
    :ivar file: of the landmarks, where each scan has one
    """

    name: str
    subject: str
    path: Path
    points: np.ndarray
    file: Path | None = None

    def surface(self) -> Surface:
        """The mesh, cleaned, in the coordinates of its file.

        :raises ScanError: it cannot be read
        :raises AnnotationError: nothing of it is usable
        """
        surface = clean_surface(surface_from_polydata(read_surface(self.path)))
        if not len(surface.triangles):
            raise AnnotationError(f"Nothing of the surface {self.path.name} is usable: export the scan again.")
        return surface


@dataclass(frozen=True)
class AnnotatedScans:
    """A set of scans with the same landmarks.

    :ivar labels: of the landmarks, in order
    :ivar problems: one sentence for each file that does not match, or row that was left out
    :ivar unit: of the mesh and landmark files
    """

    name: str
    labels: tuple[str, ...]
    scans: tuple[AnnotatedScan, ...]
    problems: tuple[str, ...] = ()
    unit: str = "mm"

    def of(self, scans: Sequence[AnnotatedScan]) -> AnnotatedScans:
        """The same set with these scans alone."""
        return replace(self, scans=tuple(scans), problems=())

    @property
    def subjects(self) -> list[str]:
        """The subjects, each once, in the order of their names."""
        return sorted({scan.subject for scan in self.scans})

    @property
    def scale_mm(self) -> float:
        """Millimetres in one unit of the files."""
        return MM_PER_UNIT[self.unit]


def read_annotated(
    folder: Path,
    landmarks: Path | None = None,
    protocol: Protocol | None = None,
    kind: str = "auto",
    unit: str | None = None,
) -> AnnotatedScans:
    """Scans and their landmarks from folders.

    A scan and its landmarks are matched by the file's name (case, blanks, - and _ do not count), landmarks and protocol
    by label. ``markups``: scans with one landmark file each, in the same folder or another, at any depth. ``lafas``: a
    folder for each subject with one .obj and one .txt. ``facescape``: ``*_neutral.obj`` of one topology, and
    ``landmark_indices.npz``.

    :param protocol: which landmarks, in which order; without one, those of most files
    :param unit: of the scans whose landmark files, and the records of reviews beside them, state none; by default mm
    :raises AnnotationError: there is not one scan with landmarks; the sentence says what was found
    """
    for given in (folder, landmarks):
        if given is not None and not given.is_dir():
            raise AnnotationError(f"There is no folder {given}.")
    if kind not in KINDS:
        raise AnnotationError(f"There is no kind of data set '{kind}'. Known: {', '.join(KINDS)}.")
    if kind == "auto":
        kind = kind_of(folder, landmarks)
    if kind == "facescape":
        return replace(_facescape(folder, landmarks or folder, protocol), unit=unit or "mm")
    problems: list[str] = []
    pairs = lafas_pairs(folder, problems) if kind == "lafas" else pairs_by_name(folder, landmarks, problems)
    subjects = {} if kind == "lafas" else subjects_by_scan(folder, [scan for scan, _ in pairs], problems)
    found: list[tuple[Path, Path, LandmarkFile]] = []
    for scan, path in pairs:
        try:
            with told_to(problems.append):
                file = in_reviewed_unit(path, read_landmarks(path))
            found.append((scan, path, file if file.unit_said else replace(file, unit=unit or "mm")))
        except LandmarkFileError as error:
            problems.append(str(error))
    found, of_most = _of_one_unit(_judged(found, problems), problems)
    if unit and of_most != unit:
        problems.append(f"The landmark files state the unit {of_most}, which counts; --unit {unit} is for others.")
    labels = tuple(protocol.labels) if protocol else _usual_labels([file.labels for _, _, file in found])
    if kind == "lafas" and not protocol and all(label.isdecimal() for label in labels):
        # The published rows are in the order of their numbers as text: 1, 10, 11, 2.
        labels = tuple(sorted(labels, key=int))
    known = KnownLabels.of(protocol) if protocol else KnownLabels.by_labels(labels)
    scans = []
    for path, of_landmarks, file in found:
        try:
            in_mesh = file.points * TO_LPS[scan_space(path)]
        except PalnetError as error:
            problems.append(str(error))
            continue
        points = _in_order(known, file.labels, in_mesh, of_landmarks.name, kind == "lafas", problems)
        if points is not None:
            scan_name = path.parent.name if kind == "lafas" else path.stem
            scans.append(AnnotatedScan(scan_name, subjects.get(path, scan_name), path, points, of_landmarks))
    return _checked(AnnotatedScans(folder.name, labels, tuple(scans), tuple(problems), of_most))


def on_its_surface(scan: AnnotatedScan, labels: Sequence[str], surface: Surface, told: list[str]) -> AnnotatedScan:
    """A scan without the single landmarks that lie far off its surface, and a sentence on them and on what is in doubt.

    :param labels: of its landmarks, :param surface: of the scan, in the coordinates of its file
    :raises AnnotationError: the landmarks are surely of another scan, or in another frame or unit
    """
    found = on_surface(scan.name, labels, scan.points, surface)
    if found.far:
        raise AnnotationError(found.far)
    told += found.told
    return scan if not found.astray.any() else replace(scan, points=found.without_astray(scan.points))


def _judged(found: list[tuple[Path, Path, LandmarkFile]], problems: list[str]) -> list[tuple[Path, Path, LandmarkFile]]:
    """The files without landmarks that stand for no place; what cannot be right is added to ``problems``."""
    said = judge([LandmarkSet(scan.stem, f.labels, f.points, f.unit, f.unit_said) for scan, _, f in found])
    problems += said.told
    return [
        (scan, path, replace(file, points=one.points)) for (scan, path, file), one in zip(found, said.sets, strict=True)
    ]


def _of_one_unit(
    found: list[tuple[Path, Path, LandmarkFile]], problems: list[str]
) -> tuple[list[tuple[Path, Path, LandmarkFile]], str]:
    units = Counter(file.unit for _, _, file in found if file.unit in MM_PER_UNIT)
    unit = units.most_common(1)[0][0] if units else "mm"
    for name, file in ((path.name, file) for _, path, file in found):
        if file.unit not in MM_PER_UNIT:
            problems.append(f"{name} is in '{file.unit}', which is not known here; it is left out.")
        elif file.unit != unit:
            problems.append(f"{name} is in {file.unit}, most others are in {unit}; it is left out.")
    return [entry for entry in found if entry[2].unit == unit], unit


def _usual_labels(lists: list[tuple[str, ...]]) -> tuple[str, ...]:
    return Counter(lists).most_common(1)[0][0] if lists else ()


def _in_order(
    known: KnownLabels,
    names: tuple[str, ...],
    points: np.ndarray,
    file: str,
    by_number: bool,
    problems: list[str],
) -> np.ndarray | None:
    """The points in the order of the known labels (L, 3), NaN for those that the file lacks; None where it has none.

    :param by_number: where no label is known, labels that are the numbers 1 to L stand for places in the order
    """
    labels, matched = known.labels, known.match(names)
    places = list(matched.places)
    numbers = {str(k + 1): k for k in range(len(labels))}
    if by_number and max(places, default=-1) < 0 and set(names) <= set(numbers):
        places = [numbers[name] for name in names]
    problems += [f"{file}: {doubt}: {WRITE_LABELS}." for doubt in matched.doubts]
    result, unknown = np.full((len(labels), 3), np.nan), []
    for name, k, point in zip(names, places, points, strict=True):
        if k < 0:
            unknown.append(name)
        else:
            result[k] = point
    taken = {k for k in places if k >= 0}
    lacking = [label for k, label in enumerate(labels) if k not in taken]
    if not taken:
        problems.append(f"{file} holds none of the {len(labels)} landmarks; it is left out.")
        return None
    if lacking:
        problems.append(f"{file} lacks {len(lacking)} of {len(labels)} landmarks: {some_of(lacking)}.")
    if unknown:
        problems.append(f"{file} holds {len(unknown)} landmarks that are not asked for: {some_of(unknown)}.")
    if not np.isfinite(result).any():
        problems.append(f"{file} holds no landmark that is set; it is left out.")
        return None
    return result


def _facescape(folder: Path, landmarks: Path, protocol: Protocol | None) -> AnnotatedScans:
    path = landmarks / FACESCAPE_INDICES
    try:
        with np.load(path, allow_pickle=False) as file:
            indices = np.asarray(file[_FACESCAPE_KEY]).ravel()
    except (OSError, KeyError, ValueError) as error:
        raise AnnotationError(f"{path} cannot be read, or holds no '{_FACESCAPE_KEY}': {error}.") from None
    if not np.issubdtype(indices.dtype, np.integer) or not len(indices):
        raise AnnotationError(f"'{_FACESCAPE_KEY}' in {path} holds no vertex numbers.")
    labels = tuple(protocol.labels) if protocol else tuple(str(k + 1) for k in range(len(indices)))
    if len(labels) != len(indices):
        raise AnnotationError(f"{path} holds {len(indices)} vertex numbers, the protocol {len(labels)} landmarks.")
    problems: list[str] = []
    scans: dict[str, AnnotatedScan] = {}
    for scan in of_endings(folder, (_FACESCAPE_SCAN,)):
        # FaceScape keeps a folder for each subject, with the same file names in it.
        parts = scan.relative_to(folder).parts
        subject = parts[0] if len(parts) > 1 else scan_stem(scan)
        name = subject if subject not in scans else "_".join((*parts[:-1], scan_stem(scan)))
        vertices = _obj_vertices(scan)
        if len(vertices) <= indices.max() or indices.min() < 0:
            problems.append(f"{scan} has {len(vertices)} vertices, too few for the landmark indices; it is left out.")
            continue
        scans[name] = AnnotatedScan(name, subject, scan, vertices[indices])
    return _checked(AnnotatedScans(folder.name, labels, tuple(scans.values()), tuple(problems)))


def _obj_vertices(path: Path) -> np.ndarray:
    """(V, 3) in the file's order: VTK's reader repeats vertices along seams of the texture, and numbers them anew."""
    rows = []
    try:
        with path.open("rb") as file:
            for line in file:
                if line.startswith((b"v ", b"v\t")):
                    rows.append([float(value) for value in line.split()[1:4]])
        return np.array(rows, dtype=float).reshape(-1, 3)
    except (OSError, ValueError):
        return np.zeros((0, 3))


def _checked(found: AnnotatedScans) -> AnnotatedScans:
    if not found.scans:
        why = in_short(found.problems) or "There are no files of a known format in it."
        raise AnnotationError(f"No scan with landmarks was found in {found.name}. {why}")
    return found


def in_short(problems: Sequence[str]) -> str:
    """The first of some sentences, and how many more there are."""
    more = len(problems) - 1
    rest = [f"And {more} {'problems' if more > 1 else 'problem'} more."] if more > 0 else []
    return " ".join([*problems[:1], *rest])
