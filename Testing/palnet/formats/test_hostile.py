"""Tables as people and spreadsheets leave them: read exactly as they say, or refused in a sentence with the place.

Most of these once gave places, labels or names that the file does not say.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from palnet.errors import LandmarkFileError
from palnet.exports.sets import read_sets

ROWS = "label,x,y,z\nPrn,1.5,-80.25,10.125\nGn,2,-60,-50\n"
PLACES = [[1.5, -80.25, 10.125], [2.0, -60.0, -50.0]]
WIDE = "specimen,Prn_x,Prn_y,Prn_z,Gn_x,Gn_y,Gn_z\nA,1.5,-80.25,10.125,2,-60,-50\n"
TWO = "LM3=1\n1 2 3\nID=A\n{0}LM3=1\n4 5 6\nID=B\n{1}"
FCSV = "# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID\n1,1,2,3,0,0,0,1,1,1,0,Prn,,\n"
AVIZO = (
    "# Avizo 3D ASCII 2.0\ndefine Markers 1\nParameters {{\n {0}\n NumSets 1,\n}}\n"
    "Markers {{ float[3] Coordinates }} @1\n@1\n1 2 3\n"
)

REFUSED = {
    "thousands in German": ("label;x;y;z\nPrn;1.234;-80;10\nGn;2.001;5;7\n", "between thousands"),
    "thousands in English": ("label\tx\ty\tz\nPrn\t1,234\t-80\t10\n", "between thousands"),
    "missing code": (ROWS + "Sn,9999,9999,9999\n", "line 4 of a.csv, x, y and z are all 9999"),
    "negative code": (ROWS + "Sn,-999.0,-999.0,-999.0\n", "are all -999"),
    "rows of four numbers": ("12,-80,10,1\n14,-60,-50,1\n", "the first of four numbers"),
    "one number too many": ("x;y;z\n1,5;-80,25;10,125;0,9\n2;-60;-50;0,8\n", "line 2 of a.csv there are 4 cells"),
    "whole numbers too many": ("x\ty\tz\n12\t-80\t10\t1\n14\t-60\t-50\t1\n", "line 2 of a.csv there are 4 cells"),
    "comment with a unit": ("# unit: cm\n" + ROWS, "line 1 of a.csv, a comment states a unit"),
    "title with a unit": ("all in inches,,,\n" + ROWS, "line 1 of a.csv, a comment states a unit"),
    "title with a frame": ("Landmarks (RAS),,,\n" + ROWS, "line 1 of a.csv, a comment states a frame"),
    "note below": (ROWS + "\nmeasured by X,,,\n", "line 5 of a.csv, 'measured by X' stands alone"),
    "note behind blank rows": (ROWS + ",,,\nmeasured by X,,,\n", "'measured by X' stands alone"),
    "frame below": (ROWS + "all in RAS,,,\n", "'all in RAS' stands alone"),
    "unit below": (ROWS + "Unit: cm,,,\n", "'Unit: cm' stands alone"),
    "comment below": (ROWS + "# checked,,,\n", "'# checked' stands alone"),
    "note below specimens": (WIDE + "checked by X,,,,,,\n", "'checked by X' stands alone"),
    "mean below": (ROWS + "Mittelwert,1.75,-70,-20\n", "'Mittelwert' seems to be made of the other rows"),
    "mean specimen below": (WIDE + "Mean:,1,2,3,4,5,6\n", "'Mean:' seems to be made"),
    "mean sorted in": ("label,x,y,z\nGn,1,2,3\nMean,2,3,4\nPrn,3,4,5\n", "line 3 of a.csv, 'Mean' seems to be made"),
    "line below": (ROWS + "---,,,\n", "'---' stands alone"),
    "source below": (ROWS + "Source: CT,,,\n", "'Source: CT' stands alone"),
    "zeros for missing": (ROWS + "Sn,0,0,0\nN,0,0,0\n", "'Sn' and 'N' in one place, x = y = z = 0"),
    "frame in one row": ("label,x,y,z,\nPrn,1,2,3,RAS\nGn,4,5,6,\n", "column '' of a.csv holds RAS: call it 'frame'"),
    "frame in small letters": ("label,x,y,z,a\nPrn,1,2,3,ras\n", "holds ras"),
    "frame among words": ("label,x,y,z,note\nPrn,1,2,3,in RAS\nGn,4,5,6,ok\n", "holds in RAS"),
    "frame spelt out": ("label,x,y,z,o\nPrn,1,2,3,right anterior superior\n", "call it 'frame'"),
    "frame as a column": ("label,x,y,z,RAS\nPrn,1,2,3,1\n", "has a column 'RAS'"),
    "unit as a column": ("label,x,y,z,cm\nPrn,1,2,3,\n", "has a column 'cm'"),
    "unit in one row": ("label,x,y,z,a\nPrn,1,2,3,[cm]\nGn,4,5,6,\n", "call it 'unit'"),
    "unit by its name": ("label,x,y,z,a\nPrn,1,2,3,Centimeter\n", "call it 'unit'"),
    "units of two specimens": ("specimen,u,Prn_x,Prn_y,Prn_z\nA,cm,1,2,3\nB,,1,2,3\n", "call it 'unit'"),
    "x_ras": ("label,x_ras,y_ras,z_ras\nPrn,1,2,3\nGn,4,5,6\n", "states ras in its first line"),
    "X (LPS)": ("label,X (LPS),Y (LPS),Z (LPS)\nPrn,1,2,3\nGn,4,5,6\n", "states lps in its first line"),
    "RAS_x": ("name,RAS_x,RAS_y,RAS_z\nPrn,1,2,3\nGn,4,5,6\n", "states ras in its first line"),
    "x (nm)": ("label,x (nm),y (nm),z (nm)\nPrn,1,2,3\n", "states the unit nm"),
    "x (Zentimeter)": ("label,x (Zentimeter),y (Zentimeter),z (Zentimeter)\nPrn,1,2,3\n", "the unit zentimeter"),
    "x_world": ("name,x_world,y_world,z_world\nPrn,1,2,3\nGn,4,5,6\n", "a row for each landmark or for each specimen"),
    "world_x": ("name,world_x,world_y,world_z\nPrn,1,2,3\nGn,4,5,6\n", "a row for each landmark or for each specimen"),
    "x1 and labels": ("landmark,x1,y1,z1\nPrn,1,2,3\nGn,4,5,6\n", "a row for each landmark or for each specimen"),
    "two places in a row": ("label,x,y,z,x2,y2,z2\nPrn,1,2,3,4,5,6\n", "leave one kind out"),
    "doubled by pandas": ("specimen,Prn_x,Prn_y,Prn_z,Prn_x.1\nA,1,2,3,4\n", "'Prn_x' more than once"),
    "missing says a column": ("label,x,y,z,state\nPrn,0,0,0,missing\n", "of a.csv, the point is 'missing' and has"),
    "unset says a column": ("Id;Name;Status;X;Y;Z\n2;Pg;Unset;0,0;0,0;0,0\n", "the point is 'Unset' and has"),
    "comma fits a nameless column": ("label,x,y,z,\nPrn,1,5,-80,10\n", "column 5 of a.csv holds numbers and has no"),
    "nameless labels": ("x,y,z,\n1,5,2,3\n4,5,6,7\n", "column 4 of a.csv holds numbers and has no name"),
    "specimen without a name": (WIDE + ",1,2,3,4,5,6\n", "Some rows of a.csv, as line 3, have no specimen's name"),
    "rows of a specimen lost": ("specimen,x,y,z\nA,1,2,3\nA,4,5,6\nB,1,2,3\n", "2 landmarks of 'A', 1 of 'B', and no"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_what_may_be_something_else_is_refused(tmp_path: Path, kind: str) -> None:
    text, said = REFUSED[kind]
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(LandmarkFileError) as caught:
        read_sets(tmp_path / "a.csv")
    assert said.casefold() in str(caught.value).casefold() and "a.csv" in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "Landmarks of A\n" + ROWS,
        "Landmarks of A;;;\nmade in May;;;\n\n" + ROWS.replace(",", ";"),
        "# by X, in May\n".replace(",", "") + ROWS.replace(",", "\t"),
        ROWS.replace("\nGn", "\n,,,\n\nGn") + ",,,\n,,,\n",
        "label,x,y,z,sex,side,part,note\nPrn,1.5,-80.25,10.125,m,in,foot,2 mm off\nGn,2,-60,-50,f,out,,a_LPS.ply\n",
        "label,x,y,z,note\nPrn,1.5,-80.25,10.125,a ras de piel\nGn,2,-60,-50,\n",
        ",label,x,y,z\n0,Prn,1.5,-80.25,10.125\n1,Gn,2,-60,-50\n",
        "étiquette;x in mm;y in mm;z in mm\nPrn;1,5;-80,25;10,125\nGn;2;-60;-50\n",
        "x;y;z\nPrn;1,5;-80,25;10,125\nGn;2;-60;-50\n",
        "name,landmark,x,y,z\nA,Prn,1.5,-80.25,10.125\nA,Gn,2,-60,-50\n",
        "ID,Prn (x),Prn (y),Prn (z),Gn (x),Gn (y),Gn (z)\na,1.5,-80.25,10.125,2,-60,-50\n",
        "label;x;y;z\nPrn;1.500;-80.250;10.125\nGn;2.000;-60.000;-50.000\n",
    ],
)  # fmt: skip
def test_what_says_one_thing_is_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    (one,) = read_sets(tmp_path / "a.csv")
    assert (one.name, one.labels, one.unit) == ("a", ("Prn", "Gn"), "mm")
    np.testing.assert_array_equal(one.points, PLACES)


def markups(**point: Any) -> str:
    return json.dumps({"markups": [{"controlPoints": [{"label": "Prn", **point}]}]})


def ljson(**more: Any) -> str:
    return json.dumps({"version": 2, "landmarks": {"points": [[1, 2, 3], [4, 5, 6]]}, **more})


OTHERS = [
    ("a.tps", TWO.format("SCALE=2\n", ""), "In specimen 2 ('B') of a.tps, SCALE="),
    ("a.tps", TWO.format("COMMENT=coordinates: RAS, mm\n", ""), "specimen 2 ('B') of a.tps states its coordinates"),
    ("a.tps", TWO.format("COMMENT=all in RAS\n", ""), "a.tps, a comment states a frame"),
    ("a.tps", TWO.format("UNITS=cm\n", ""), "a.tps, a comment states a unit"),
    ("a.tps", "LM3=2\n1 2 3\n4 5 6\nID=A\nLM3=1\n1 2 3\nID=B\n", "specimen 2 ('B') of a.tps has 1 landmarks"),
    ("a.nts", '"in RAS\n1 1 3 0 DIM=3\n1 2 3\n', "a.nts, a comment states a frame"),
    ("a.nts", "1 1L 6L 0 DIM=3\nA\nX1 X2 Y1 Y2 Z1 Z2\n1 2 3 4 5 6\n", "a.nts has not x, y and z of each landmark"),
    ("a.nts", "1 1L 6L 0 DIM=3\nA\nX2 Y2 Z2 X1 Y1 Z1\n1 2 3 4 5 6\n", "a.nts has not x, y and z of each landmark"),
    ("a.dta", "in RAS\n1 1L 3 1 9999 DIM=3\nA\n1 2 3\n", "a.dta, a comment states a frame"),
    ("a.txt", "[individuals]\n1\n[landmarks]\n1\n[dimensions]\n3\n[units]\ncm\n[rawpoints]\n1 2 3\n", "states a unit"),
    ("a.txt", "id\tsex\tage\tsize\ta\tb\tc\nA\t1\t2\t3\t4\t5\t6\n", "line 1 of a.txt, the names of the columns"),
    ("a.txt", "note: all in RAS\nPrn 1 2 3\n", "line 1 of a.txt, the names of the columns"),
    ("a.txt", "landmark names and coordinates (RAS)\nPrn\t(1,2,3)\n", "line 1 of a.txt, a comment states a frame"),
    ("a.pts", "Version 1.0\n1\nS000 1 2 3 4\n", "line 3 of a.pts, there are more than a name and three numbers"),
    ("a.pts", "Version 1.0\n1\n1.5 2 3 4\n", "line 3 of a.pts, there are more than a name"),
    ("a.pp", "<PickedPoints><Point x='1' y='2' z='3' name='a'/></PickedPoints>", "a.pp holds 'Point'"),
    ("a.csv", ",,,\n", "a.csv holds no landmarks"),
    ("a.landmarkAscii", AVIZO.format('Units {\n Coordinates "px"\n}'), "states the unit px"),
    ("a.landmarkAscii", AVIZO.format("TransformationMatrix " + "1 " * 16), "TransformationMatrix"),
    ("a.ljson", ljson(labels=[{"label": "Prn", "mask": [1, 0]}]), "of their own for 1 of 2 points"),
    ("a.ljson", ljson(labels=[{"label": "Prn", "mask": ["false", "true"]}]), "mask is not made of true and false"),
    ("a.mrk.json", markups(positionStatus="defined", Position=[1, 2, 3]), "the point is 'defined' and has no position"),
    ("a.fcsv", "# CoordinateSystem : LPS\n" + FCSV, "line 1 of a.fcsv, a comment states a frame"),
    ("a.fcsv", "# Coordinate System = LPS\n" + FCSV, "line 1 of a.fcsv, a comment states a frame"),
    ("a.fcsv", FCSV + "# all in RAS\n", "line 3 of a.fcsv, a comment states a frame"),
    ("a.fcsv", "# unit = cm\n" + FCSV, "line 1 of a.fcsv, a comment states a unit"),
    ("a.fcsv", FCSV[:74] + "1;1.234;2;3;0;0;0;1;1;1;0;Prn;;\n", "between thousands"),
]


@pytest.mark.parametrize(("name", "text", "said"), OTHERS)
def test_what_other_formats_say_aside_is_not_passed_over(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(LandmarkFileError) as caught:
        read_sets(tmp_path / name)
    assert said in str(caught.value) and name in str(caught.value)


def test_what_other_formats_say_is_used(tmp_path: Path) -> None:
    for name, text in {
        "unit.landmarkAscii": AVIZO.format('Units {\n Coordinates "cm"\n}'),
        "still.landmarkAscii": AVIZO.format("TransformationMatrix 1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1,"),
        "code.mrk.json": markups(position=[1, 2, 3]).replace(
            '"controlPoints"', '"coordinateUnits": ["mm", "UCUM", "millimeter"], "controlPoints"'
        ),
        "three.tps": "LM=1\n1 2 3\n",
        "number.txt": "[individuals]\n1\n[dimensions]\n3\n[landmarks]\n1\n[rawpoints]\n'#1\n1 2 3\n",
        "labels.nts": "1 1L 3L 0 DIM=3\nA\nPrn.x Prn.y Prn.z\n1 2 3\n",
        "encoding.pp": '<?xml version="1.0" encoding="ISO-8859-1"?>\n<PickedPoints><point x="1" y="2" z="3" '
        'name="Naseflügel"/></PickedPoints>\n',
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        (one,) = read_sets(tmp_path / name)
        assert one.name in (name.split(".")[0], "A")
        np.testing.assert_array_equal(one.points, [[1, 2, 3]])
        assert one.unit == ("cm" if name.startswith("unit") else "mm")
        assert one.labels[0] == {"encoding": "Naseflügel", "labels": "Prn", "code": "Prn"}.get(name.split(".")[0], "1")


@pytest.mark.parametrize(
    ("landmarks", "names", "said"),
    [
        ("", None, "a.tps.landmarks.csv has no row"),
        ("number,label,frame,unit\n", None, "a.tps.landmarks.csv has no row"),
        (None, "written,name\n", "a.tps.names.csv has no row"),
        (None, "written,name\nA,Anna\n", "a.tps.names.csv does not list B of a.tps"),
        (None, "written,name\nX,Anna\nY,Bert\n", "a.tps.names.csv does not list A, B of a.tps"),
        (None, "written,name\na,Anna\nb,Bert\n", "does not list A, B"),
    ],
)
def test_tables_beside_that_list_nothing_or_others(
    tmp_path: Path, landmarks: str | None, names: str | None, said: str
) -> None:
    (tmp_path / "a.tps").write_text(TWO.format("", ""))
    for ending, text in ((".landmarks.csv", landmarks), (".names.csv", names)):
        if text is not None:
            (tmp_path / f"a.tps{ending}").write_text(text)
    with pytest.raises(LandmarkFileError) as caught:
        read_sets(tmp_path / "a.tps")
    assert said in str(caught.value)
