"""What Morpho and geomorph write for R is read as they read it; their own sample files where they are at hand.

Written by hand after the packages' functions, whose names stand beside them.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from palnet.exports.sets import read_sets
from palnet.formats.files import read_landmarks
from palnet.formats.text import TO_LPS

_ID = "vtkMRMLMarkupsFiducialNode_"
_SCHEMA = "https://raw.githubusercontent.com/slicer/slicer/master/Modules/Loadable/Markups/Resources/Schema/x.json#"
_POINT = '"orientation": [-1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0], "selected": true, "locked": false'
NA = [None, None, None]
A, B = [1.5, 2.25, -3.125], [4.0, 5.0, 6.0]

# Name of a file, what it holds, and the points of each specimen.
FILES = {
    "write.pts.pts": (
        "Version 1.0\n3\nS0000 1.5 2.25 -3.125\nS0001 9999.00 9999.00 9999.00\nS0002 4 5 6\n",
        [[A, NA, B]],
    ),
    "write.fcsv.fcsv": (
        "# Markups fiducial file version = 4.11\n# CoordinateSystem = LPS\n"
        "# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID\n"
        f"{_ID}1,1.5,2.25,-3.125,0,0,0,1,1,1,0,F_1,,vtkMRMLVectorVolumeNode12\n"
        f"{_ID}2,NA,NA,NA,0,0,0,1,1,1,0,F_2,,vtkMRMLVectorVolumeNode12\n",
        [[A, NA]],
    ),
    "write.slicerjson.mrk.json": (
        f'{{"@schema": "{_SCHEMA}", "markups": [{{"type": "Fiducial", "coordinateSystem": "LPS", "controlPoints": ['
        f'{{"id": "1", "label": "x-1", "position": [1.5, 2.25, -3.125], {_POINT}, "positionStatus": "defined"}},'
        f'{{"id": "2", "label": "x-2", "position": "", {_POINT}, "positionStatus": "undefined"}}]}}]}}',
        [[A, NA]],
    ),
    "writeland.tps.tps": (
        "LM3=2\n1.5 2.25 -3.125\nNA NA NA\nID=one\n\nLM3=2\n1.5 2.25 -3.125\n4 5 6\nID=b\n\n",
        [[A, NA], [A, B]],
    ),
    "writeland.nts.nts": ('"face\n1 3 3 0 dim=3\n1.5  2.25  -3.125\n4  5  6\n1.5  2.25  -3.125\n', [[A, B, A]]),
    "readland.nts.nts": (
        "'a b\n1 2L 6 1 999 DIM=3\nA B\n1.5 2.25 -3.125 4 5 6\n999 999 999 4 5 6\n",
        [[A, B], [NA, B]],
    ),
    "read.lmdta.dta": (
        "Landmark Editor\n\n1 2L 6 1 9999 DIM=3\n\nA.ply\nB 2.ply\n\n1.5 2.25 -3.125\n4 5 6\n\n9999 9999 9999\n4 5 6\n",
        [[A, B], [NA, B]],
    ),
    "r2morphoj.txt": ("id.string\tX1\tX2\tX3\tX4\tX5\tX6\nA\t1.5\t2.25\t-3.125\t4\t5\t6\n", [[A, B]]),
    "r2morphologika.txt": (
        "[individuals]\r\n2\r\n[landmarks]\r\n2\r\n[dimensions]\r\n3\r\n[names]\r\nA\r\nB\r\n[rawpoints]\r\n"
        "'#1\r\n1.5 2.25 -3.125\r\n4 5 6\r\n'#2\r\n4 5 6\r\n1.5 2.25 -3.125\r\n",
        [[A, B], [B, A]],
    ),
    # R's own: a matrix, with and without names of its columns, in the ways that R writes tables.
    "write.csv.csv": ('"","V1","V2","V3"\n"1",1.5,2.25,-3.125\n"2",4,5,6\n', [[A, B]]),
    "frame.csv": ('"X1","X2","X3"\n1.5,2.25,-3.125\n4,5,6\n', [[A, B]]),
    "write.table.txt": ('"V1" "V2" "V3"\n"1" 1.5 2.25 -3.125\n"2" 4 5 6\n', [[A, B]]),
    "named.txt": ("x\ty\tz\nPrn\t1,5\t2,25\t-3,125\nSn\t4\t5\t6\n", [[A, B]]),
    "two.d.array.txt": ('"1.X" "1.Y" "1.Z"\n"a b" 1.5 2.25 -3.125\n"c" 4 5 6\n', [[A], [B]]),
    "two.d.array.csv": ('"","1.X","1.Y","1.Z","2.X","2.Y","2.Z"\n"A",1.5,2.25,-3.125,4,5,6\n', [[A, B]]),
}


@pytest.mark.parametrize("name", FILES)
def test_what_the_packages_write_is_read(tmp_path: Path, name: str) -> None:
    text, expected = FILES[name]
    (tmp_path / name).write_bytes(text.encode())
    found = [one.points for one in read_sets(tmp_path / name)]
    assert len(found) == len(expected)
    for points, places in zip(found, expected, strict=True):
        np.testing.assert_array_equal(points, np.array(places, dtype=float))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "V1,V2,V3,V4,V5,V6\n1,2,3,4,5,6\n"),  # which of them belong together is not said
        ("a.csv", "x,y,z\n1,5,2,3\n4,5,6,2\n"),  # decimal commas among commas, not names of rows
        ("a.txt", "label\tx\ty\tz\nPrn\t1\t2\t3\t\n"),
        ("a.txt", "x\ty\tz\nPrn\t1\t2\t3\n1\t2\t3\n"),
    ],
)
def test_what_may_be_something_else_is_refused(tmp_path: Path, name: str, text: str) -> None:
    from palnet.errors import LandmarkFileError

    (tmp_path / name).write_text(text)
    with pytest.raises(LandmarkFileError, match=r"In line [12] of a\."):
        read_sets(tmp_path / name)


def test_samples_of_morpho(tmp_path: Path) -> None:
    """Its points of IDAV Landmark and of Slicer: a plain reading of the lines is the judge."""
    place = os.environ.get("PALNET_MORPHO")
    if not place:
        pytest.skip("the environment variable PALNET_MORPHO names no clone of github.com/zarquon42b/Morpho")
    for name in ("landmarks.pts", "SCP1_Endo.fcsv"):
        command = ["git", "-C", place, "show", f"HEAD:inst/extdata/{name}"]
        (tmp_path / name).write_bytes(subprocess.run(command, capture_output=True, check=True).stdout)
    for name, first, label_at, start, frame in (
        ("landmarks.pts", 2, 0, 1, "LPS"),
        ("SCP1_Endo.fcsv", 3, 11, 1, "RAS"),
    ):
        rows = [re.split(r"[,\s]+", line.strip()) for line in (tmp_path / name).read_text().splitlines()[first:]]
        found = read_landmarks(tmp_path / name)
        assert list(found.labels) == [row[label_at] for row in rows] and len(rows) > 4
        expected = np.array([row[start : start + 3] for row in rows], dtype=float) * TO_LPS[frame]
        np.testing.assert_array_equal(found.points, expected)


@pytest.mark.parametrize(
    "text",
    [
        "Punkt;X-Koordinate;Y-Koordinate;Z-Koordinate\nPrn;1,5;2;3\nSn;#N/A;#N/A;#N/A\n",
        "Name;Koordinate X;Koordinate Y;Koordinate Z\nPrn;1,5;2;3\nSn;;;\n",
        "name,coordenada x,coordenada y,coordenada z\nPrn,1.5,2,3\nSn,NA,NA,NA\n",
        "landmark\tX value\tY value\tZ value\nPrn\t1.5\t2\t3\nSn\t-\t-\t-\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_columns_in_other_languages_are_no_landmarks(tmp_path: Path, text: str, encoding: str) -> None:
    """X-Koordinate once was the x of a landmark called Koordinate. Spreadsheets write Unicode text in UTF-16."""
    (tmp_path / "a.csv").write_text(text, encoding=encoding)
    found = read_landmarks(tmp_path / "a.csv")
    assert found.labels == ("Prn", "Sn")
    np.testing.assert_array_equal(found.points, np.array([[1.5, 2, 3], [np.nan] * 3]))


def test_numbers_of_columns_may_begin_with_zeros(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("ID,X01,Y01,Z01,X02,Y02,Z02\nA,1.5,2.25,-3.125,4,5,6\n")
    (one,) = read_sets(tmp_path / "a.csv")
    assert one.points.tolist() == [A, B]
