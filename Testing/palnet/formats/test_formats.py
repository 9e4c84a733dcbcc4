"""Every format as its specification has it, written out by hand: what is written, and what is read of other programs.

The files of TPS, NTS and Morphologika here were also read by geomorph's own readland.tps, readland.nts and
read.morphologika, and the .fcsv by SlicerMorphR's read.markups.fcsv, with the same numbers, names and missing points.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from palnet.errors import LandmarkFileError
from palnet.exports.sets import LandmarkSet, read_sets
from palnet.exports.writers import FORMATS, write_sets

NAN = [np.nan] * 3
SETS = [
    LandmarkSet("A", ("Prn", "Al R"), np.array([[1.5, -2.0, 3.25], [1e-7, 20.0, -30.0]])),
    LandmarkSet('Ö. "B", 2', ("Prn", "Al R"), np.array([[4.0, 5.0, 6.0], NAN])),
]
WHOLE = [SETS[0], LandmarkSet("groups 2", ("Prn", "Al R"), np.array([[4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]))]

EXPECTED = {
    "tps": """LM3=2
1.5 -2 3.25
0.0000001 20 -30
ID=A
COMMENT=coordinates: LPS, mm

LM3=2
4 5 6
NA NA NA
ID=O._B_2
COMMENT=coordinates: LPS, mm

""",
    "nts": """" coordinates: LPS, mm
1 2L 6L 0 DIM=3
A
O._B_2
Prn_x Prn_y Prn_z
Al_R_x Al_R_y Al_R_z
1.5 -2 3.25 0.0000001 20 -30
4 5 6 NA NA NA
""",
    "csv": """specimen,frame,unit,Prn_x,Prn_y,Prn_z,Al R_x,Al R_y,Al R_z
A,LPS,mm,1.5,-2,3.25,0.0000001,20,-30
"Ö. ""B"", 2",LPS,mm,4,5,6,,,
""",
    "csv-long": """specimen,label,x,y,z,frame,unit
A,Prn,1.5,-2,3.25,LPS,mm
A,Al R,0.0000001,20,-30,LPS,mm
"Ö. ""B"", 2",Prn,4,5,6,LPS,mm
"Ö. ""B"", 2",Al R,,,,LPS,mm
""",
}
EXPECTED_WHOLE = {
    "morphologika": """' coordinates: RAS, mm
[individuals]
2
[landmarks]
2
[dimensions]
3
[names]
A
g_roups_2
[rawpoints]
'A
-1.5 2 3.25
-0.0000001 -20 -30
'g_roups_2
-4 -5 6
-7 -8 9
""".replace("\n", "\r\n"),
    "morphoj": "ID\tx1\ty1\tz1\tx2\ty2\tz2\nA\t-1.5\t2\t3.25\t-0.0000001\t-20\t-30\ng_roups_2\t-4\t-5\t6\t-7\t-8\t9\n",
}


@pytest.mark.parametrize("to", EXPECTED)
def test_files_are_as_the_specification_says(tmp_path: Path, to: str) -> None:
    file = write_sets(SETS, to, tmp_path / f"study{FORMATS[to].ending}").files[0]
    assert file.read_bytes().decode() == EXPECTED[to]


@pytest.mark.parametrize("to", EXPECTED_WHOLE)
def test_files_of_whole_sets_in_the_other_frame(tmp_path: Path, to: str) -> None:
    written = write_sets(WHOLE, to, tmp_path / "study.txt", "RAS")
    assert written.files[0].read_bytes().decode() == EXPECTED_WHOLE[to]
    assert written.renamed == [("groups 2", "g_roups_2")]
    names, landmarks = (written.files[k].read_text() for k in (2, 1))
    assert names == "written,name\nA,A\ng_roups_2,groups 2\n"
    assert landmarks == "number,label,frame,unit\n1,Prn,RAS,mm\n2,Al R,RAS,mm\n"


def test_fcsv_as_slicer_writes_it_but_without_a_place_for_what_is_missing(tmp_path: Path) -> None:
    write_sets(SETS[1:], "fcsv", tmp_path / "b.fcsv", "RAS")
    assert (tmp_path / "b.fcsv").read_text() == (
        "# Markups fiducial file version = 4.11\n# CoordinateSystem = RAS\n"
        "# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID\n"
        "1,-4,-5,6,0,0,0,1,1,1,0,Prn,,,2,0\n2,NaN,NaN,NaN,0,0,0,1,1,1,0,Al R,,,3,0\n"
    )


def test_gpa_reads_the_folder_as_it_is(tmp_path: Path) -> None:
    """What loadLandmarks of SlicerMorph's GPA does with a folder, without pandas and Slicer."""
    written = write_sets(WHOLE, "gpa", tmp_path / "gpa", "RAS")
    read = []
    for path in sorted((tmp_path / "gpa").glob("*.mrk.json")):
        points = json.loads(path.read_text())["markups"][0]["controlPoints"]
        assert [point["positionStatus"] for point in points] == ["defined"] * 2
        assert [point["description"] for point in points] == ["", ""]
        read.append([point["position"] for point in points])
    assert [path.name for path in written.files] == ["A.mrk.json", "g_roups_2.mrk.json", "names.csv"]
    np.testing.assert_array_equal(read, [one.points * [-1, -1, 1] for one in WHOLE])


@pytest.mark.parametrize(
    ("name", "text", "names", "labels", "first"),
    [
        (
            "a.tps",
            "LM3=1\n 1 2 3\nIMAGE=one.jpg\nSCALE=0.5\nLM3=1\n4 5 6\nIMAGE=b\nID=two\nCOMMENT=x\n",
            ["one.jpg", "two"],
            "1",
            [0.5, 1, 1.5],
        ),
        ("a.tps", "lm3=1\n1\t2\t3\n\nlm3=1\n4 5 6\n", ["1", "2"], "1", [1, 2, 3]),
        ("a.nts", "' a comment\n1 2 6 0 Dim=3\n1 2 3 4 5 6\n7 8 9\n10 11 12\n", ["1", "2"], "12", [1, 2, 3]),
        ("a.nts", '"x\n1 1L 3 1 -999 DIM=3\nA\n-999 -999 -999\n', ["A"], "1", NAN),
        ("a.nts", "1 1L 3 1 9999 DIM=3\nA\n9999.000 9999.0 9.999e3\n", ["A"], "1", NAN),
        ("a.nts", "1 1L 3 1 NA DIM=3\nA\nNA NA NA\n", ["A"], "1", NAN),
        ("a.nts", "1 2L 3 0 DIM=3\nPrn Sn\n1 2 3\n4 5 6\n", ["a"], ("Prn", "Sn"), [1, 2, 3]),
        ("a.nts", "1 2L 3L 0 DIM=3\nA B\nPrn_x Prn_y Prn_z\n1 2 3\n4 5 6\n", ["A", "B"], ("Prn",), [1, 2, 3]),
        (
            "a.txt",
            "[Individuals]\n2\n[landmarks]\n1\n[Dimensions]\n3\n[names]\nB one\nC\n[labels]\nsex\n[labelvalues]\nf\nm\n"
            "[rawpoints]\n'#1\n1 2 3\n'#2\n4 5 6\n[wireframe]\n1 1\n",
            ["B one", "C"],
            "1",
            [1, 2, 3],
        ),
        ("a.txt", "H. sapiens, 1, 2, 3\nH. erectus 1, 4, 5, 6\n", ["H. sapiens", "H. erectus 1"], "1", [1, 2, 3]),
        ("a.txt", "id;a;b;c\nS;1;2;3\n", ["S"], "1", [1, 2, 3]),
        ("a.txt", "1\t(1,2,3)\n2\t(4,5,6)\n", ["a"], "12", [1, 2, 3]),
        ("a.csv", "subject;Prn_X;Prn_Y;Prn_Z\nS;1,5;2;3\n", ["S"], ("Prn",), [1.5, 2, 3]),
        ("a.csv", "ID,x1,y1,z1,x2,y2,z2\nS,1,2,3,4,5,6\nT,1,2,3,NA,5,6\n", ["S", "T"], "12", [1, 2, 3]),
        ("a.csv", "scan,label,r,a,s,unit\nS,Prn,-1,-2,3,cm\nT,Prn,1,1,1,cm\n", ["S", "T"], ("Prn",), [1, 2, 3]),
        ("a.csv", "label,x,y,z\nPrn,1,2,3\n", ["a"], ("Prn",), [1, 2, 3]),
    ],
)  # fmt: skip
def test_files_of_other_programs(
    tmp_path: Path, name: str, text: str, names: list[str], labels: str, first: list[float]
) -> None:
    (tmp_path / name).write_text(text)
    sets = read_sets(tmp_path / name)
    assert [one.name for one in sets] == names
    assert all(one.labels == tuple(labels) for one in sets)
    np.testing.assert_array_equal(sets[0].points[0], first)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.tps", "", "holds no landmarks"),
        ("a.tps", "LM=2\n1 2\n3 4\n", "line 1 of a.tps, landmarks in 2D"),
        ("a.tps", "LM3=2\n1 2 3\nID=A\n", "line 3 of a.tps"),
        ("a.tps", "LM3=2\n1 2 3\n", "the number of landmarks is '2'"),
        ("a.tps", "LM3=x\n1 2 3\n", "the number of landmarks is 'x'"),
        ("a.tps", "LM3=1\n1 2 3\n4 5 6\nID=A\n", "line 3 of a.tps, LM3="),
        ("a.tps", "LM3=1\n1 2 three\n", "line 2 of a.tps"),
        ("a.tps", "LM3=1\n1 2 3\nCURVES=1\nPOINTS=3\n", "line 3 of a.tps, curves"),
        ("a.tps", "LM3=1\n1 2 3\nSCALE=0\n", "line 3 of a.tps, the scale"),
        ("a.tps", "LM3=1\n1 2 3\nID=A\nLM3=1\n1 2 3\nID=A\n", "'A' more than once"),
        ("a.nts", "2 2 6 0 DIM=3\n", "line 1 of a.nts, the header"),
        ("a.nts", "1 2 4 0 DIM=2\n1 2 3 4 5 6 7 8\n", "not in 3D"),
        ("a.nts", "1 2 4 0 DIM=3\n1 2 3 4 5 6 7 8\n", "4 columns"),
        ("a.nts", "1 2L 6 0 DIM=3\nA B\n1 2 3 4 5 6\n7 8 9\n", "holds 11 labels and numbers below"),
        ("a.nts", "' x\n1 1 6 0 DIM=3\n1 2 3\n4 x 6\n", "line 4 of a.nts"),
        ("a.txt", "[individuals]\n1\n[rawpoints]\n1 2 3\n", "no section [landmarks]"),
        ("a.txt", "[individuals]\n1\n[individuals]\n1\n[rawpoints]\n", "line 3 of a.txt"),
        ("a.txt", "[individuals]\n1\n[landmarks]\n2\n[dimensions]\n3\n[rawpoints]\n1 2 3\n", "holds 1 points; 1 times"),
        ("a.txt", "[individuals]\n1\n[landmarks]\n1\n[dimensions]\n2\n[rawpoints]\n1 2\n", "not in 3D"),
        ("a.txt", "[individuals]\n1\n[landmarks]\n1\n[dimensions]\n3\n[names]\na\nb\n[rawpoints]\n1 2 3\n", "names 2"),
        ("a.txt", "[individuals]\n1\n[landmarks]\n1\n[dimensions]\n3\n[rawpoints]\n'x\n1 2 b\n", "line 9 of a.txt"),
        ("a.txt", "ID\tx1\ty1\tz1\nA\t1\t2\t3\nB\t1\t2\n", "line 3 of a.txt there are 3 cells"),
        ("a.txt", "ID\tx1\ty1\nA\t1\t2\n", "line 2 of a.txt"),
        ("a.txt", "A\t1\t2\tx\nB\t1\t2\tx\n", "line 2 of a.txt"),
        ("a.csv", "specimen,Prn_x,Prn_y,Sn_x,Sn_y,Sn_z\nA,1,2,3,4,5\n", "x, y and z of the landmark 'Prn'"),
        ("a.csv", "specimen,x1,y1,z1,x3,y3,z3\nA,1,2,3,4,5,6\n", "the columns x1, y1, z1"),
        ("a.csv", "specimen,Prn_x,Prn_y,Prn_z,Prn_z\nA,1,2,3,4\n", "'Prn_z' more than once"),
        ("a.csv", "specimen,Prn_x,Prn_y,Prn_z\nA,1,2,3\nA,1,2,3\n", "'A' more than once"),
        ("a.csv", "specimen,Prn_x,Prn_y,Prn_z\nA,1,2,3\nB,1,,north\n", "landmark 1 in line 3 of a.csv"),
        ("a.csv", "specimen,frame,Prn_x,Prn_y,Prn_z\nA,LPS,1,2,3\nB,RAS,1,2,3\n", "frame LPS and RAS"),
        ("a.csv", "specimen,unit,Prn_x,Prn_y,Prn_z\nA,parsec,1,2,3\n", "unit parsec"),
        ("a.csv", "specimen,label,x,y,z\nA,Prn,1,2,3\nA,Prn,1,2,3\n", "'Prn' more than once"),
        ("a.csv", "specimen,label,x,y,z\nA,Prn,1,2,3\nB,Prn,1,2\n", "line 3 of a.csv"),
        ("a.mrk.json", '{"markups": [{"coordinateUnits": "ell", "controlPoints": [{"label": "a"}]}]}', "unit 'ell'"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(LandmarkFileError) as caught:
        read_sets(tmp_path / name)
    assert said in str(caught.value) and name in str(caught.value)


@pytest.mark.parametrize("frame", ["LPS", "RAS"])
@pytest.mark.parametrize("to", ["tps", "nts", "morphologika"])
def test_the_comment_says_the_frame_where_the_table_beside_is_lost(tmp_path: Path, to: str, frame: str) -> None:
    sets = [LandmarkSet(one.name, one.labels, one.points, "cm") for one in WHOLE]
    written = write_sets(sets, to, tmp_path / f"a{FORMATS[to].ending}", frame)
    for beside in written.files[1:]:
        beside.unlink()
    for one, back in zip(sets, read_sets(written.files[0]), strict=True):
        np.testing.assert_allclose(back.points, one.points, atol=1e-9)
        assert back.unit == "cm"


def test_the_frame_of_a_file_that_states_none_is_that_which_the_person_says(tmp_path: Path) -> None:
    (tmp_path / "a.tps").write_text("LM3=1\n1 2 3\n")
    (tmp_path / "b.csv").write_text("specimen,frame,Prn_x,Prn_y,Prn_z\nA,LPS,1,2,3\n")
    np.testing.assert_array_equal(read_sets(tmp_path / "a.tps", "RAS")[0].points, [[-1, -2, 3]])
    np.testing.assert_array_equal(read_sets(tmp_path / "b.csv", "RAS")[0].points, [[1, 2, 3]])


def test_tables_beside_that_are_of_another_file(tmp_path: Path) -> None:
    write_sets(WHOLE, "tps", tmp_path / "a.tps")
    beside = tmp_path / "a.tps.landmarks.csv"
    for text, said in (
        ("number,label,frame,unit\n1,Prn,LPS,mm\n", "lists 1: they do not belong together"),
        ("number,label,frame,unit\n1,Prn,LPS,mm\n2,Prn,LPS,mm\n", "'Prn' more than once"),
        ("number,label,frame,unit\n1,Prn,LPS,mm\n2,Sn,RAS,mm\n", "no frame"),
        ("number,label\n1,Prn\n", "no table with the columns"),
    ):
        beside.write_text(text)
        with pytest.raises(LandmarkFileError, match=said):
            read_sets(tmp_path / "a.tps")
