"""What the engine writes of a prediction without Slicer is what Slicer's own storage node writes, and reads."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import slicer
from host.start import Host
from palnet.exports.predicted import LOOKS, POINT_MM, write_predicted
from palnet.formats.text import MM_PER_UNIT
from palnet.pipeline.prediction import Prediction
from PALNetLandmarkerLib.nodes import storage
from PALNetLandmarkerLib.nodes.fiducials import create_fiducials, fill_fiducials, size_points, style_fiducials
from PALNetLandmarkerLib.nodes.scene import expected_error
from PALNetLandmarkerLib.review.session import ReviewSession


def listed(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))["markups"][0]


@pytest.mark.parametrize("space", ["LPS", "RAS"])
@pytest.mark.parametrize("unit", ["mm", "cm"])
def test_as_slicer_writes_it(host: Host, prediction: Prediction, tmp_path: Path, space: str, unit: str) -> None:
    to_mm = np.diag([MM_PER_UNIT[unit]] * 3 + [1.0])
    prediction = replace(prediction, space=space, unit=unit, face_from_scan=prediction.face_from_scan @ to_mm)
    node = create_fiducials(slicer.mrmlScene, "egg")
    fill_fiducials(node, prediction)
    style_fiducials(node)
    size_points(node.GetDisplayNode(), 1 / MM_PER_UNIT[unit])
    storage.write_markups_node(node, tmp_path / "slicer.mrk.json")
    write_predicted(prediction, tmp_path / "plain.mrk.json", "egg")
    by_slicer, plain = listed(tmp_path / "slicer.mrk.json"), listed(tmp_path / "plain.mrk.json")
    size = {"glyphSize": POINT_MM / MM_PER_UNIT[unit]}
    assert {key: by_slicer["display"][key] for key in (*LOOKS, *size)} == LOOKS | size == plain["display"]
    for key in ("type", "coordinateSystem", "coordinateUnits", "locked", "fixedNumberOfControlPoints", "labelFormat"):
        assert plain[key] == by_slicer[key], key
    assert plain["measurements"] == by_slicer["measurements"]
    for mine, theirs in zip(plain["controlPoints"], by_slicer["controlPoints"], strict=True):
        assert mine.keys() == theirs.keys()
        place, other = np.array(mine.pop("position"), float), np.array(theirs.pop("position"), float)
        np.testing.assert_allclose(place, other, atol=1e-9)
        assert mine == theirs


def test_slicer_reads_it(host: Host, prediction: Prediction, tmp_path: Path) -> None:
    write_predicted(prediction, tmp_path / "egg.mrk.json", "egg")
    node = slicer.util.loadMarkups(str(tmp_path / "egg.mrk.json"))
    np.testing.assert_allclose(expected_error(node), prediction.expected_error)
    display = node.GetDisplayNode()
    assert display.GetSnapMode() == display.SnapModeToVisibleSurface and display.GetGlyphSize() == POINT_MM
    session = ReviewSession(node)
    assert session.reviewed == 0 and [row.missing for row in session.rows] == prediction.missing.tolist()
    np.testing.assert_allclose(session.review.points, prediction.points, atol=1e-9)
    session.close()
