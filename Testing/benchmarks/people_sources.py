"""Every source of people's points on faces that can be had: whose they are, and which of our landmarks each means.

Each is a public repository; a folder holds copies of them, by name (docs/benchmarks.md lists them with their commits).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from common import data_folder
from palnet.population.heads import LandmarkPlaces
from palnet.scans.surface import Surface
from people_readers import (
    cliniface,
    matlab_7_3,
    obj_as_it_is,
    object_vertices,
    r_data,
    r_named,
    r_surface,
    read,
    realy_points,
    surrey_face,
)
from scipy.io import loadmat

# Rows of FacialSparseLandmarks.mat, known by where they lie; its authors' file has no names.
_GROWTH = {
    "Ex_R": 1, "En_R": 3, "En_L": 4, "Ex_L": 6, "Cph_L": 8, "Ls": 9, "Cph_R": 10, "Ch_R": 11, "Ch_L": 12, "N": 13,
    "Gn": 14, "Al_L": 15, "Al_R": 16, "Prn": 17, "Sn": 18, "Li": 19,
}  # fmt: skip
# The 68 points that image annotation goes by, from 0; stomion is between the lips' inner borders.
_SIXTY_EIGHT = {
    "Gn": (8,), "N": (27,), "Prn": (30,), "Sn": (33,), "Ex_R": (36,), "En_R": (39,), "En_L": (42,), "Ex_L": (45,),
    "Ch_R": (48,), "Cph_R": (50,), "Ls": (51,), "Cph_L": (52,), "Ch_L": (54,), "Li": (57,), "Sto": (62, 66),
}  # fmt: skip
# The same without the two inner corners of the mouth: those after them stand two, the last four one place earlier.
_SIXTY_SIX = _SIXTY_EIGHT | {"Sto": (61, 64)}
_SEVEN = ("Ex_R", "En_R", "En_L", "Ex_L", "Prn", "Ch_R", "Ch_L")
_FIVE = ("En_R", "En_L", "Prn", "Ch_R", "Ch_L")
# face3d's n lies above se, which is the deepest point of the root. Rows of its template without names: by place.
_FACE3D = {"pn": "Prn", "sn": "Sn", "se": "N", "ls": "Ls", "st": "Sto", "li": "Li", "sl": "Sl", "gn": "Gn"} | {
    f"{theirs}{side}": f"{theirs.capitalize()}_{side}"
    for theirs in ("ac", "ex", "en", "cph", "ch", "t")
    for side in "LR"
}
# By its written definitions its al, pg and chk are other points than ours, and its me is our Gn.
_CLINIFACE = (
    {name.lower(): name for name in ("C", "G", "Li", "Ls", "N", "Prn", "Sl", "Sn")}
    | {"me": "Gn"}
    | {
        f"{name.lower()}_{side}": f"{name}_{side}"
        for name in ("Ac", "Ch", "Cph", "En", "Ex", "Ft", "Go", "Zy")
        for side in "LR"
    }
)
# REALY's scans are this many mm a unit of HIFI3D (the median of its metrical_scale.txt).
_HIFI3D_MM = 9.0


@dataclass(frozen=True)
class Subject:
    """One surface in mm, and the points (3,) that people placed there, by our landmarks' labels."""

    name: str
    surface: Surface
    points: dict[str, np.ndarray]


@dataclass(frozen=True)
class Source:
    """Subjects whose points the same people placed.

    :ivar repository: name of the folder with its copy; none for what lies with the data sets
    :ivar chooses: whether settings may be chosen on it; on the others results are only reported
    :ivar who: what is known of the people on the scans and of those who placed the points
    """

    name: str
    repository: str
    chooses: bool
    who: str
    subjects: Callable[[Path], Iterator[Subject]]

    def there(self, folder: Path) -> bool:
        """Whether its copy lies in a folder."""
        return not self.repository or (folder / self.repository).is_dir()


def _simulated(folder: Path) -> Iterator[Subject]:
    places = _growth_places(folder)
    for path in sorted((data_folder() / "meshmonk").glob("SIMPOP_*.obj")):
        surface = read(path)
        yield Subject(path.stem, surface, dict(zip(_GROWTH, places.on(surface.points), strict=True)))


def _grown(folder: Path) -> Iterator[Subject]:
    places = _growth_places(folder)
    template = read(data_folder() / "meshmonk" / "Template.obj")
    for path in sorted((folder / "3DGrowthCurves").rglob("Patient_Morphs/*.mat")):
        vertices = object_vertices(path, len(template.points))
        points = dict(zip(_GROWTH, places.on(vertices), strict=True))
        yield Subject(path.stem, Surface(vertices, template.triangles), points)


def _growth_places(folder: Path) -> LandmarkPlaces:
    marks = loadmat(next((folder / "3DGrowthCurves").rglob("FacialSparseLandmarks.mat")))
    rows = list(_GROWTH.values())
    return LandmarkPlaces(marks["Index"][rows].astype(int) - 1, marks["Bary"][rows])


def _realy(folder: Path) -> Iterator[Subject]:
    data = folder / "REALY" / "data"
    for name, mm in (("3DDFA_v2", 1.0), ("BFM09", 1.0), ("Deep3D", 1.0), ("FLAME", 10.0), ("HIFI3D", _HIFI3D_MM)):
        surface = obj_as_it_is(data / f"{name}.obj")
        surface = Surface(surface.points * mm, surface.triangles)
        yield Subject(name, surface, _of_rows(realy_points(data / f"{name}.txt", surface), _SIXTY_EIGHT))


def _sparse(folder: Path) -> Iterator[Subject]:
    data = folder / "REALY" / "data"
    vertices = np.load(folder / "3DDFA" / "train.configs" / "keypoints_sim.npy")[::3] // 3
    surface = obj_as_it_is(data / "BFM09.obj")
    yield Subject("3DDFA", surface, _of_rows(surface.points[vertices], _SIXTY_EIGHT))


def _deep(folder: Path) -> Iterator[Subject]:
    held = loadmat(folder / "Deep3DFaceReconstruction" / "BFM" / "facemodel_info.mat")
    surface = obj_as_it_is(folder / "REALY" / "data" / "Deep3D.obj")
    points = surface.points[held["keypoints"].ravel().astype(int) - 1]
    yield Subject("Deep3D", surface, _of_rows(points, _SIXTY_EIGHT))


def _of_rows(points: np.ndarray, rows: dict[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    return {label: points[list(which)].mean(axis=0) for label, which in rows.items()}


def _rvcg(folder: Path) -> Iterator[Subject]:
    for name, mesh in (("humface", "humface"), ("dummyhead", "dummyhead.mesh")):
        held = r_data(folder / "Rvcg" / "data" / f"{name}.rda")
        surface = r_surface(np.asarray(held[mesh]["vb"])[:3].T, np.asarray(held[mesh]["it"]).T)
        yield Subject(name, surface, dict(zip(_SEVEN, np.asarray(held[f"{name}.lm"], float), strict=True)))


def _face3d(folder: Path) -> Iterator[Subject]:
    base = folder / "face3d"
    for name in ("template_male", "template_female"):
        held = r_data(base / "face3d" / "data" / f"{name}.rda")[name]
        yield Subject(name, r_surface(held["vertices"], held["triangles"]), _ours(held["landmarks"]))
    for name, file in (("liberty", "liberty.dmp"), ("pretemplate", "template/pretemplate.Rda")):
        held = r_data(base / file)["face"]
        yield Subject(name, r_surface(held["coords"], held["triples"]), _ours(held["lmks"]))


def _ours(landmarks: object) -> dict[str, np.ndarray]:
    return {_FACE3D[name]: point for name, point in r_named(landmarks).items() if name in _FACE3D}


def _slc(folder: Path) -> Iterator[Subject]:
    data = folder / "SLC-3DMM" / "data"
    mean = matlab_7_3(data / "avgModel_bh_1779_NE.mat")
    triangles = loadmat(data / "avgModel_bh_1779_NE_tri.mat")["Tnew"]
    surface = r_surface(mean["avgModel"], triangles)
    points = surface.points[np.asarray(mean["idxLandmarks3D"]).ravel().astype(int) - 1]
    yield Subject("mean of 1,779 scans", surface, _of_rows(points, _SIXTY_SIX))


def _eos(folder: Path) -> Iterator[Subject]:
    share = folder / "eos" / "share"
    surface = surrey_face(share / "sfm_shape_3448.bin")
    mapping = (share / "ibug_to_sfm.txt").read_text(encoding="utf-8")
    vertices = {int(row) - 1: int(vertex) for row, vertex in re.findall(r"^\s*(\d+)\s*=\s*(\d+)", mapping, re.M)}
    points = {
        label: surface.points[[vertices[row] for row in rows]].mean(axis=0)
        for label, rows in _SIXTY_EIGHT.items()
        if all(row in vertices for row in rows)
    }
    yield Subject("Surrey mean", surface, points)


def _cliniface(folder: Path) -> Iterator[Subject]:
    for path in sorted((folder / "Cliniface").rglob("*.3df")):
        surface, points = cliniface(path)
        named = {_CLINIFACE[name]: point for name, point in points.items() if name in _CLINIFACE}
        if "sts" in points and "sti" in points:
            named["Sto"] = (points["sts"] + points["sti"]) / 2
        yield Subject(path.stem, surface, named)


def _demo_face(_folder: Path) -> Iterator[Subject]:
    data = data_folder() / "meshmonk"
    rows = np.loadtxt(data / "DemoFaceLandmarks.csv", delimiter=",")
    yield Subject("DemoFace", read(data / "DemoFace_10K.obj"), dict(zip(_FIVE, rows, strict=True)))


SOURCES = (
    Source("simulated adults", "3DGrowthCurves", True,
           "MeshMonk's SIMPOP_01 to 10, points of the growth curves' authors on the template", _simulated),
    Source("REALY", "REALY", True, "mean faces of five face models; its authors' 68 points", _realy),
    Source("3DDFA", "3DDFA", True, "REALY's BFM09 with the 68 points of 3DDFA's authors", _sparse),
    Source("Deep3D", "Deep3DFaceReconstruction", True, "REALY's Deep3D with the 68 points of its own authors", _deep),
    Source("face3d", "face3d", True, "mean man and woman, two persons' Artec scans; its authors' points", _face3d),
    Source("Cliniface", "Cliniface", True,
           "a girl of 8, a boy of 9, a woman of 37, 3dMD; an assessor's landmarks", _cliniface),
    Source("boys and a man", "3DGrowthCurves", False,
           "1.7 to 20 years, three of six with Wolf-Hirschhorn syndrome; the growth curves' points", _grown),
    Source("Rvcg", "Rvcg", False, "a person's laser scan and a dummy head; seven points", _rvcg),
    Source("SLC-3DMM", "SLC-3DMM", False, "mean face of 1,779 scans; its authors' 66 points", _slc),
    Source("Surrey", "eos", False, "mean of the Surrey Face Model; the points of eos' authors", _eos),
    Source("DemoFace", "", False, "a man, 3dMD, with shoulders; five rough points", _demo_face),
)  # fmt: skip
