"""Faces with the points of people, from two R packages, as a folder that ``palnet evaluate --scans`` reads.

    pip install rdata
    python Testing/benchmarks/people_from_r.py RVCG FACE3D FOLDER

RVCG and FACE3D are copies of the repositories zarquon42b/Rvcg and adrian-bowman/face3d. Of the first come a scan and a
dummy head, of the second the mean faces of men and of women and the scan of a person. Their files stay where they are.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any

import numpy as np
import rdata

SEVEN = ("Ex_R", "En_R", "En_L", "Ex_L", "Prn", "Ch_R", "Ch_L")
# face3d's names of landmarks that are ours, too; its n lies above se, which is the deepest point of the root.
OURS = {"pn": "Prn", "sn": "Sn", "se": "N", "ls": "Ls", "st": "Sto", "li": "Li", "sl": "Sl", "gn": "Gn"} | {
    f"{theirs}{side}": f"{theirs.capitalize()}_{side}"
    for theirs in ("ac", "ex", "en", "cph", "ch", "t")
    for side in "LR"
}


def main() -> None:
    """Write an .obj and a .csv for each face."""
    rvcg, face3d, folder = (Path(argument) for argument in sys.argv[1:])
    folder.mkdir(parents=True, exist_ok=True)
    for name, mesh, points in (
        ("humface", "humface", "humface.lm"),
        ("dummyhead", "dummyhead.mesh", "dummyhead.lm"),
    ):
        held = rdata.read_rda(rvcg / "data" / f"{name}.rda")
        vertices, triangles = np.asarray(held[mesh]["vb"])[:3].T, np.asarray(held[mesh]["it"]).T
        _write(folder / name, vertices, triangles, dict(zip(SEVEN, np.asarray(held[points]), strict=True)))
    for name in ("template_male", "template_female"):
        held = rdata.read_rda(face3d / "face3d" / "data" / f"{name}.rda")[name]
        _write(folder / name, held["vertices"], held["triangles"], _named(held["landmarks"]))
    held = rdata.read_rda(face3d / "liberty.dmp")["face"]
    _write(folder / "liberty", held["coords"], np.reshape(np.asarray(held["triples"]), (-1, 3)), _named(held["lmks"]))


def _named(landmarks: Any) -> dict[str, np.ndarray]:
    names = [str(name) for name in landmarks.coords["dim_0"].values]
    return {OURS[name]: point for name, point in zip(names, np.asarray(landmarks), strict=True) if name in OURS}


def _write(path: Path, vertices: Any, triangles: Any, landmarks: dict[str, np.ndarray]) -> None:
    """:param triangles: (T, 3), counted from 1"""
    lines = [f"v {x:.5f} {y:.5f} {z:.5f}" for x, y, z in np.asarray(vertices)]
    lines += [f"f {a:.0f} {b:.0f} {c:.0f}" for a, b, c in np.asarray(triangles)]
    path.with_suffix(".obj").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with path.with_suffix(".csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["label", "x", "y", "z"])
        writer.writerows([label, *point.round(5).tolist()] for label, point in landmarks.items())


if __name__ == "__main__":
    main()
