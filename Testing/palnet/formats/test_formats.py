"""Every format as its specification has it, written out by hand: what is written, and what is read of other programs.

The files of TPS, NTS and Morphologika here were also read by geomorph's own readland.tps, readland.nts and
read.morphologika, and the .fcsv by SlicerMorphR's read.markups.fcsv, with the same numbers, names and missing points.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from mutants import OF_OTHERS
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
            "LM3=1\n 1 2 3\nIMAGE=one.jpg\nSCALE=0.5\nLM3=1\n4 5 6\nIMAGE=b\nID=two\nCOMMENT=x\nSCALE=1\n",
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
        ("a.txt", "H. sapiens, 1, 2, 3, 4, 5, 6\nH. 1, 4, 5, 6, 7, 8, 9\n", ["H. sapiens", "H. 1"], "12", [1, 2, 3]),
        ("a.txt", "Prn 1 2 3\nSn 4 5 6\n", ["a"], ("Prn", "Sn"), [1, 2, 3]),
        ("a.txt", "Name\tX\tY\tZ\nPrn\t1,5\t2\t3\n", ["a"], ("Prn",), [1.5, 2, 3]),
        ("a.txt", "Ident\tx1\ty1\tz1\nA\t1\t2\t3\n", ["A"], "1", [1, 2, 3]),
        ("a.txt", "id;a;b;c\nS;1;2;3\n", ["S"], "1", [1, 2, 3]),
        ("a.txt", "1\t(1,2,3)\n2\t(4,5,6)\n", ["a"], "12", [1, 2, 3]),
        ("a.csv", "subject;Prn_X;Prn_Y;Prn_Z\nS;1,5;2;3\n", ["S"], ("Prn",), [1.5, 2, 3]),
        ("a.csv", "ID,x1,y1,z1,x2,y2,z2\nS,1,2,3,4,5,6\nT,1,2,3,NA,5,6\n", ["S", "T"], "12", [1, 2, 3]),
        ("a.csv", "scan,label,r,a,s,unit\nS,Prn,-1,-2,3,cm\nT,Prn,1,1,1,cm\n", ["S", "T"], ("Prn",), [1, 2, 3]),
        ("a.csv", "label,x,y,z\nPrn,1,2,3\n", ["a"], ("Prn",), [1, 2, 3]),
        ("a.csv", "1.5,2,3\n4,5,6\n", ["a"], "12", [1.5, 2, 3]),
        ("a.csv", "X,Y,Z\n1.5,2,3\n4,5,6\n", ["a"], "12", [1.5, 2, 3]),
        ("a.csv", "sep=;\nlabel;x;y;z\nPrn;1.5;2;3\n", ["a"], ("Prn",), [1.5, 2, 3]),
        ("a.csv", "Landmark,X (mm),Y (mm),Z (mm)\nPrn,1,2,3\n", ["a"], ("Prn",), [1, 2, 3]),
        ("a.csv", "name,x_mm,y_mm,z_mm,x_n\nPrn,1,2,3,0\n", ["a"], ("Prn",), [1, 2, 3]),
        ("a.csv", "Name,Pos X,Pos Y,Pos Z\nPrn,1,2,3\n", ["a"], ("Prn",), [1, 2, 3]),
        ("a.csv", "Name,Point_X,Point_Y,Point_Z\nPrn,1,2,3\nSn,4,5,6\n", ["a"], ("Prn", "Sn"), [1, 2, 3]),
        ("a.csv", "label,x,y,z,normal_x,normal_y,normal_z\nPrn,1,2,3,0,0,1\n", ["a"], ("Prn",), [1, 2, 3]),
        ("a.csv", "ID,1.X,1.Y,1.Z,2.X,2.Y,2.Z\nS,1,2,3,4,5,6\n", ["S"], "12", [1, 2, 3]),
        ("a.csv", '"","1.X","1.Y","1.Z"\n"S",1,2,3\n"T",4,5,6\n', ["S", "T"], "1", [1, 2, 3]),
        ("a.csv", "ID,Prn.X,Prn.Y,Prn.Z\nS,1,2,3\n", ["S"], ("Prn",), [1, 2, 3]),
        ("a.csv", "ID,X.Prn,Y.Prn,Z.Prn\nS,1,2,3\n", ["S"], ("Prn",), [1, 2, 3]),
        ("a.csv", "ID,SEX,LM1X,LM1Y,LM1Z\nS,m,1,2,3\n", ["S"], ("LM1",), [1, 2, 3]),
        ("a.csv", "ID,Prn_x (cm),Prn_y (cm),Prn_z (cm)\nS,1,2,3\n", ["S"], ("Prn",), [1, 2, 3]),
        ("a.csv", "scan,name,x,y,z\nS,'=1+1,1,2,3\n", ["S"], ("=1+1",), [1, 2, 3]),
        ("a.pp", OF_OTHERS["pp"][1], ["a"], ("Prn", "Gn & more"), [1.5, -80.25, 10.125]),
        ("a.pts", OF_OTHERS["pts"][1], ["a"], ("S000", "S001", "S002"), [1.5, -80.25, 10.125]),
        ("a.landmarkAscii", OF_OTHERS["landmark-ascii"][1], ["a"], "12", [1.5, -80.25, 10.125]),
        (
            "a.landmarkAscii",
            OF_OTHERS["landmark-ascii"][1]
            .replace("NumSets 1", "NumSets 2")
            .replace("define Markers 2", "define Markers 1")
            .replace("@1\n\n", "@1\nMarkers { float[3] Coordinates2 } @2\n\n").replace("\n2.0", "\n@2\n2.0"),
            ["1", "2"],
            "1",
            [1.5, -80.25, 10.125],
        ),
        ("a.ljson", OF_OTHERS["ljson"][1], ["a"], ("Prn", "Gn"), [1.5, -80.25, 10.125]),
        ("a.ljson", '{"version": 3, "groups": {"LJSON": {"landmarks": {"points": [[1, 2, 3]]}}}}', ["a"], "1", [1, 2, 3]),  # noqa: E501
        (
            "a.ljson",
            '{"version": 1, "groups": [{"label": "m", "landmarks": [{"point": [1, 2, 3]}, {"point": [4, 5, 6]}]}]}',
            ["a"],
            ("m 1", "m 2"),
            [1, 2, 3],
        ),
        ("a.dta", OF_OTHERS["dta"][1], ["A 1.ply", "B 2.ply"], "12", [1, 2, 3]),
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
        ("a.nts", "1 2L 6 0 DIM=3\nA B\n1 2 3 4 5 6\n7 8 9\n", "From line 4 of a.nts on, 6 numbers"),
        ("a.nts", "' x\n1 1 6 0 DIM=3\n1 2 3\n4 x 6\n", "line 4 of a.nts"),
        ("a.txt", "[individuals]\n1\n[rawpoints]\n1 2 3\n", "no section [landmarks]"),
        ("a.txt", "[individuals]\n1\n[individuals]\n1\n[rawpoints]\n", "line 3 of a.txt"),
        ("a.txt", "[individuals]\n1\n[landmarks]\n2\n[dimensions]\n3\n[rawpoints]\n1 2 3\n", "holds 1 points; 1 times"),
        ("a.txt", "[individuals]\n1\n[landmarks]\n1\n[dimensions]\n2\n[rawpoints]\n1 2\n", "not in 3D"),
        ("a.txt", "[individuals]\n1\n[landmarks]\n1\n[dimensions]\n3\n[names]\na\nb\n[rawpoints]\n1 2 3\n", "names 2"),
        ("a.txt", "[individuals]\n1\n[landmarks]\n1\n[dimensions]\n3\n[rawpoints]\n'x\n1 2 b\n", "line 9 of a.txt"),
        ("a.txt", "ID\tx1\ty1\tz1\nA\t1\t2\t3\nB\t1\t2\n", "line 3 of a.txt there are 3 cells"),
        ("a.txt", "ID\tx1\ty1\nA\t1\t2\n", "not x, y and z of the landmark '1'"),
        ("a.txt", "A\t1\t2\tx\nB\t1\t2\tx\n", "line 1 of a.txt"),
        ("a.csv", "specimen,Prn_x,Prn_y,Sn_x,Sn_y,Sn_z\nA,1,2,3,4,5\n", "x, y and z of the landmark 'Prn'"),
        ("a.csv", "specimen,x1,y1,z1,x3,y3,z3\nA,1,2,3,4,5,6\n", "the columns x1, y1, z1"),
        ("a.csv", "specimen,Prn_x,Prn_y,Prn_z,Prn_z\nA,1,2,3,4\n", "'Prn_z' more than once"),
        ("a.csv", "specimen,Prn_x,Prn_y,Prn_z\nA,1,2,3\nA,1,2,3\n", "'A' more than once"),
        ("a.csv", "specimen,Prn_x,Prn_y,Prn_z\nA,1,2,3\nB,1,,north\n", "landmark 'Prn' in line 3 of a.csv"),
        ("a.csv", "specimen,frame,Prn_x,Prn_y,Prn_z\nA,LPS,1,2,3\nB,RAS,1,2,3\n", "frame LPS and RAS"),
        ("a.csv", "specimen,unit,Prn_x,Prn_y,Prn_z\nA,parsec,1,2,3\n", "unit parsec"),
        ("a.csv", "specimen,label,x,y,z\nA,Prn,1,2,3\nA,Prn,1,2,3\n", "'Prn' more than once"),
        ("a.csv", "specimen,label,x,y,z\nA,Prn,1,2,3\nB,Prn,1,2\n", "line 3 of a.csv"),
        ("a.mrk.json", '{"markups": [{"coordinateUnits": "ell", "controlPoints": [{"label": "a"}]}]}', "unit 'ell'"),
        ("a.csv", "specimen,Prn_x,Prn_y,Prn_z\nS1,-40,097,-66,218,-12,418\n", "line 2 of a.csv there are 7 cells"),
        ("a.csv", "Prn,1,2,3,LPS,mm\n", "line 1 of a.csv there are 6 cells"),
        ("a.csv", "A,1,2,3,4,LPS,mm\n", "line 1 of a.csv there are 7 cells"),
        ("a.csv", "label,x,y,z,frbme\nPrn,1,2,3,RAS\n", "The column 'frbme' of a.csv holds RAS: call it 'frame'"),
        ("a.csv", "label,x,y,z,x\nPrn,1,2,3,4\n", "'x' more than once"),
        ("a.csv", "label,label,x,y,z\nPrn,Sn,1,2,3\n", "'label' more than once"),
        ("a.csv", "specimen,specimen,Prn_x,Prn_y,Prn_z\nA,B,1,2,3\n", "'specimen' more than once"),
        ("a.csv", "label;x;y;z\nPrn;1.5;2;3\nSn;1,234;2;3\n", "line 3 of a.csv, there are decimal points and decimal"),
        ("a.csv", "label,x,y,z\nPrn,1_0,2,3\n", "line 2 of a.csv"),
        ("a.csv", "label,x,y,z\nPrn,1e999,2,3\n", "too large"),
        ("a.csv", "label,x,y,z\nPrn,1,2,3", "ends within a line"),
        ("a.csv", "sep=|\nlabel|x|y|z\n", "'|' between its cells"),
        ("a.fcsv", "1,1,5,2,3,0,0,0,1,1,1,0,a,,\n", "line 1 of a.fcsv, there are more cells"),
        ("a.fcsv", "1,1,5,2,5,3,5,0,0,0,1,1,1,0,a\n", "line 1 of a.fcsv, there are more cells"),
        ("a.fcsv", "1,1,5,2,5,3,0,0,0,1,1,1,0,a\n", "line 1 of a.fcsv, the cells do not fit"),
        ("a.fcsv", "# CoordinateSystem = LPS\n# CoordinateSystem = RAS\n", "line 2 of a.fcsv, 'Coord"),
        ("a.tps", "LM3=1\n1 2 3\nSCALE=2\nSCALE=3\n", "line 4 of a.tps, SCALE= stands a second time"),
        ("a.tps", "LM3=1\n1 2 3\nID=A\nLM3=1\n1 2 3\n", "number 2 has no ID="),
        (
            "a.tps",
            "LM3=1\n1 2 3\nID=A\nCOMMENT=coordinates: RAS, mm\nLM3=1\n1 2 3\nID=B\nCOMMENT=coordinates: LPS, mm\n",
            "a.tps states the coordinates LPS, mm and RAS, mm",
        ),
        ("a.nts", "1 2L 3L 0 DIM=3\nA B\nPrn_x Prn_y Sn_z\n1 2 3\n4 5 6\n", "not x, y and z of each landmark"),
        ("a.nts", "1 2 6 0 DIM=3\n1 2 3 4 5 6 7\n8 9 10 11 12\n", "From line 2 of a.nts on, 6 numbers"),
        (
            "a.txt",
            "[individuals]\n2\n[landmarks]\n1\n[dimensions]\n3\n[names]\nA\nB\n[rawpoints]\n'B\n1 2 3\n'A\n4 5 6\n",
            "line 11 of a.txt, the points are those of 'B', but [names] has 'A'",
        ),
        ("a.pts", "version: 1\nn_points: 68\n", "no file of points of IDAV Landmark"),
        ("a.pts", "Version 1.0\n2\nS000 1 2 3\n", "holds 1 points; 2 are stated"),
        ("a.pp", "<PickedPoints><point x='1' y='2' name='a'/></PickedPoints>", "point 1 ('a') in a.pp"),
        ("a.pp", "<!DOCTYPE p [<!ENTITY a 'a'>]><PickedPoints/>", "no file of picked points"),
        ("a.pp", "<PickedPoints><DocumentData>" + "<a>" * 100_000, "no file of picked points"),
        ("a.landmarkAscii", "# AmiraMesh BINARY-LITTLE-ENDIAN 2.1\n", "save it as LandmarkSet Ascii"),
        ("a.ljson", '{"version": 2, "landmarks": {"points": [[1, 2]]}}', "not in 3D"),
        ("a.ljson", '{"a":' * 100_000, "no file of landmarks of menpo"),
        ("a.mrk.json", '{"markups": [{"coordinateUnits": "px", "controlPoints": [{"label": "a"}]}]}', "unit 'px'"),
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


@pytest.mark.parametrize("mark", ",;")
def test_the_table_of_labels_goes_by_its_numbers(tmp_path: Path, mark: str) -> None:
    """Also where a spreadsheet sorted it by label, and saved it with semicolons."""
    write_sets(WHOLE, "tps", tmp_path / "a.tps")
    beside = tmp_path / "a.tps.landmarks.csv"
    beside.write_text("number,label,frame,unit\n2,Al R,LPS,mm\n1,Prn,LPS,mm\n".replace(",", mark))
    assert read_sets(tmp_path / "a.tps")[0].labels == ("Prn", "Al R")
    for first, second in ("13", "11", "02", "1x"):
        rows = f"{first},Al R,LPS,mm\n{second},Prn,LPS,mm\n"
        beside.write_text(f"number,label,frame,unit\n{rows}".replace(",", mark))
        with pytest.raises(LandmarkFileError, match=r"The numbers in a\.tps\.landmarks\.csv are not 1 to 2"):
            read_sets(tmp_path / "a.tps")


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
