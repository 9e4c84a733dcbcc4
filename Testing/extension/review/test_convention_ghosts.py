"""Landmarks that a person's convention has shifted: the model's own places stay with them, and are shown as ghosts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import slicer
import vtk
from palnet.formats.text import TO_LPS
from palnet.pipeline.prediction import Prediction
from PALNetLandmarkerLib.nodes.fiducials import create_fiducials, fill_fiducials
from PALNetLandmarkerLib.review.session import ReviewSession
from reviews import landmarks_of

MOVED = 5.0


def followed(prediction: Prediction) -> Prediction:
    """The landmark Prn follows a convention."""
    own = np.full(prediction.points.shape, np.nan)
    at = prediction.protocol.index("Prn")
    own[at] = prediction.points[at] - [0.0, MOVED, 0.0]
    return replace(prediction, convention="c" * 64, unshifted=own)


def test_the_models_own_place_is_a_ghost(model: Any, prediction: Prediction) -> None:
    session = ReviewSession(landmarks_of(model, followed(prediction)))
    session.ghosts = True
    nodes = slicer.util.getNodesByClass("vtkMRMLModelNode")
    (ghosts,) = [node for node in nodes if node.GetName() == "PAL-Net predictions"]
    assert ghosts.GetPolyData().GetNumberOfPoints() > 0
    assert session.reviewed == 0 and session.review.moved_mm[session.protocol.index("Prn")] == 0.0
    assert "follows the convention" in session.node.GetNthControlPointDescription(session.protocol.index("Prn"))
    session.close()


@pytest.mark.parametrize("space", ["LPS", "RAS"])
def test_it_goes_along_into_the_frame_of_the_node(prediction: Prediction, space: str) -> None:
    given = followed(prediction)
    turned = replace(given, space=space, points=given.points * TO_LPS[space], unshifted=given.unshifted * TO_LPS[space])
    node = create_fiducials(slicer.mrmlScene, "egg")
    fill_fiducials(node, turned)
    session = ReviewSession(node)
    np.testing.assert_allclose(session.review.prediction.unshifted, given.unshifted, atol=1e-6)
    assert session.review.prediction.convention == given.convention
    session.close()


def test_it_moves_along_when_a_transform_is_hardened(prediction: Prediction) -> None:
    node = create_fiducials(slicer.mrmlScene, "egg")
    fill_fiducials(node, followed(prediction))
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTransformNode")
    matrix = vtk.vtkMatrix4x4()
    matrix.SetElement(2, 3, 10.0)
    transform.SetMatrixTransformToParent(matrix)
    node.SetAndObserveTransformNodeID(transform.GetID())
    node.HardenTransform()
    session = ReviewSession(node)
    at = session.protocol.index("Prn")
    away = session.review.prediction.points[at] - session.review.prediction.unshifted[at]
    assert session.reviewed == 0 and np.allclose(away, [0.0, MOVED, 0.0], atol=1e-3)
    session.close()
