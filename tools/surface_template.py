"""Make the template of corresponding surfaces, Resources/surfaces/face.npz, from the mean head of the population.

    python tools/surface_template.py [FOLDER OF THE ICT FACE MODEL]

The mean head is that of the ICT Face Model Light, (c) USC ICT, MIT licence; the landmarks, regions, curves and pairs
are ours. One half is thinned and mirrored, so left and right have the same points.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "PALNetLandmarker"))

from palnet.files import whole_file  # noqa: E402
from palnet.population.heads import Population  # noqa: E402
from palnet.scans.surface import (  # noqa: E402
    Surface,
    compact,
    pieces_of,
    places_on_triangles,
    polydata_from_arrays,
)
from palnet.scans.surface import surface_from_polydata as from_polydata  # noqa: E402
from scipy.spatial import cKDTree  # noqa: E402
from surface_curves import curves_of  # noqa: E402
from vtkmodules.vtkFiltersCore import vtkDecimatePro  # noqa: E402

UNITS_PER_MM = 100
# The mesh is finest in the folds of the ears, which scans show least of.
FOLDED, KEPT = "ear", 0.4
# How far beyond the landmarks scans show something, mm: behind the tragion, below the gnathion, above the trichion.
BEHIND, BELOW, ABOVE = 30.0, 45.0, 25.0
MIDLINE_MM = 0.03
REGIONS = {
    "forehead": ("Tr", "G+8", "Ft", "Tr/Ft"),
    "nasal root": ("N", "N-6"),
    "orbit": ("En", "Ex", "Is", "En/Ex", "Ex/Is", "Or+5"),
    "nose": ("Prn", "C", "Al", "Ac", "Itn", "Stn", "N/Prn", "Al/N"),
    "lips": ("Ls", "Li", "Sto", "Ch", "Sn-4", "Sl+4", "Ls/Ch", "Li/Ch", "Sn/Ch", "Sl/Ch"),
    "cheek": ("Chk", "Zy", "Go", "Zy/Chk", "Go/Chk", "Or-8", "Go/Ch", "Zy/Go"),
    "chin": ("Pg", "Gn", "Sl-5", "Gn/Go*", "Pg/Go*"),
    "ear": ("Pra", "Sa", "Pa", "Sba", "T"),
    "neck": ("Gn-45", "Go-25", "Gn-35<", "Sba-30", "Pa-40"),
}


def main() -> None:
    """Write the file and say what is in it."""
    data = os.environ.get("PALNET_DATA", str(ROOT.parent / "shared" / "data"))
    population = Population(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(data) / "ict-facekit")
    labels = population.protocol.labels
    at = dict(zip(labels, population.mean_landmarks, strict=True))
    surface, mirror = _symmetric(_cropped(population, at), at)
    corners, weights = places_on_triangles(surface, population.mean_landmarks)
    names, region = _regions(surface.points, at)
    curves = curves_of(surface, at)
    about = {
        "labels": labels,
        "regions": names,
        "curves": {name: one.stations for name, one in curves.items()},
        "units_per_mm": UNITS_PER_MM,
        "credit": CREDIT,
    }
    path = ROOT / "Resources" / "surfaces" / "face.npz"
    with whole_file(path, ".npz") as beside:
        np.savez_compressed(
            beside,
            about=np.array(json.dumps(about)),
            points=np.round(surface.points * UNITS_PER_MM).astype(np.int16),
            triangles=surface.triangles.astype(np.uint16),
            corners=corners.astype(np.uint16),
            weights=weights.astype(np.float32),
            region=region.astype(np.uint8),
            mirror=mirror.astype(np.uint16),
            **{
                f"curve{k}": np.round(one.points * UNITS_PER_MM).astype(np.int16)
                for k, one in enumerate(curves.values())
            },
        )
    print(f"{path.relative_to(ROOT)}: {len(surface.points)} points, {len(surface.triangles)} triangles")
    print("regions", {name: int((region == k).sum()) for k, name in enumerate(names)})
    print("curves", {name: f"{one.length:.1f} mm" for name, one in curves.items()})


CREDIT = "Mean head of the ICT Face Model Light, (c) USC Institute for Creative Technologies, MIT licence"


def _cropped(population: Population, at: dict[str, np.ndarray]) -> Surface:
    """The skin of the mean head as far as scans show it: its largest piece, without eyeballs."""
    model = population.model
    points = model.neutral.astype(float)
    inside = points[:, 2] > at["T_L"][2] - BEHIND
    inside &= (points[:, 1] > at["Gn"][1] - BELOW) & (points[:, 1] < at["Tr"][1] + ABOVE)
    inside &= ~population.eyeball
    surface = compact(Surface(points, model.triangles[inside[model.triangles].all(axis=1)]))
    piece = pieces_of(surface.triangles, len(surface.points))
    return compact(Surface(surface.points, surface.triangles[piece == np.bincount(piece).argmax()]))


def _symmetric(surface: Surface, at: dict[str, np.ndarray]) -> tuple[Surface, np.ndarray]:
    """The left half, its folds thinned, with its mirror image; and the mirror image of each point."""
    half = compact(
        Surface(surface.points, surface.triangles[(surface.points[surface.triangles, 0] > -MIDLINE_MM).all(axis=1)])
    )
    names, region = _regions(half.points, at)
    folded = np.isin(region, [k for k, name in enumerate(names) if name.startswith(FOLDED)])[half.triangles].all(axis=1)
    half = _joined(
        Surface(half.points, half.triangles[~folded]), _thinned(Surface(half.points, half.triangles[folded]))
    )
    middle = np.abs(half.points[:, 0]) < MIDLINE_MM
    half.points[middle, 0] = 0.0
    count, sides = len(half.points), np.flatnonzero(~middle)
    twin = np.arange(count)
    twin[sides] = count + np.arange(len(sides))
    points = np.vstack([half.points, half.points[sides] * [-1, 1, 1]])
    mirror = np.concatenate([twin, sides])
    return Surface(points, np.vstack([half.triangles, twin[half.triangles][:, ::-1]])), mirror


def _thinned(surface: Surface) -> Surface:
    decimate = vtkDecimatePro()
    decimate.SetInputData(polydata_from_arrays(compact(surface).points, compact(surface).triangles))
    decimate.SetTargetReduction(1 - KEPT)
    decimate.PreserveTopologyOn()
    decimate.BoundaryVertexDeletionOff()
    decimate.Update()
    return from_polydata(decimate.GetOutput())


def _joined(first: Surface, second: Surface) -> Surface:
    """Two parts of one surface; points at the same place are one."""
    points = np.vstack([first.points, second.points]).astype(np.float32)
    triangles = np.vstack([first.triangles, second.triangles + len(first.points)])
    places, which = np.unique(points, axis=0, return_inverse=True)
    return compact(Surface(places.astype(float), which.ravel()[triangles]))


def _place(text: str, side: str, at: dict[str, np.ndarray]) -> np.ndarray | None:
    """A seed: a landmark, ``A/B`` between two, ``A+5`` so many mm above it, ``*`` nearer to the first."""
    third, text = text.endswith("*"), text.rstrip("*")
    back, text = text.endswith("<"), text.rstrip("<")
    shift, names = 0.0, text.split("/")
    for sign in "+-":
        if sign in text:
            names, shift = [text.split(sign)[0]], float(sign + text.split(sign)[1])
    found = [at.get(name, at.get(f"{name}_{side}")) for name in names]
    if any(place is None for place in found):
        return None
    share = 0.3 if third else 0.5
    place = found[0] if len(found) == 1 else (1 - share) * found[0] + share * found[1]
    return np.asarray(place + [0.0, shift, -30.0 if back else 0.0])


def _regions(points: np.ndarray, at: dict[str, np.ndarray]) -> tuple[list[str], np.ndarray]:
    """Each point belongs to the region of the nearest seed; those beside the midline are two, right and left."""
    seeds, owners, sided = [], [], {"orbit", "cheek", "ear"}
    names = [full for name in REGIONS for full in ([f"{name} right", f"{name} left"] if name in sided else [name])]
    for name, texts in REGIONS.items():
        for text in texts:
            for side, word in (("R", "right"), ("L", "left")):
                seeds.append(_place(text, side, at))
                owners.append(names.index(f"{name} {word}" if name in sided else name))
    return names, np.array(owners)[cKDTree(np.array(seeds)).query(points)[1]]


if __name__ == "__main__":
    main()
