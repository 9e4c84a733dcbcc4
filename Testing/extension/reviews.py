"""A review of the egg's landmarks, and what tests ask of one."""

from __future__ import annotations

from typing import Any

import numpy as np
import slicer
import vtk
from palnet.pipeline.prediction import Prediction
from palnet.review.record import State
from PALNetLandmarkerLib.nodes import fiducials
from PALNetLandmarkerLib.review.session import ReviewSession


def landmarks_of(model: Any, prediction: Prediction) -> Any:
    """A fiducial node with a prediction on a model node."""
    node = fiducials.create_fiducials(slicer.mrmlScene, f"{model.GetName()} landmarks")
    fiducials.fill_fiducials(node, prediction, model)
    fiducials.style_fiducials(node)
    return node


def states(session: ReviewSession) -> dict[str, State]:
    """The states of the landmarks that a person has decided on, by label."""
    return {row.label: row.state for row in session.rows if row.state is not State.TO_CHECK}


def place_of(session: ReviewSession, label: str) -> np.ndarray:
    """(3,) RAS of a landmark in the scene."""
    return np.array(session.node.GetNthControlPointPositionWorld(session.protocol.index(label)))


def off_surface(model: Any, place: np.ndarray) -> float:
    """Distance from a place in RAS to a model node's surface as shown."""
    shown = vtk.vtkTransformPolyDataFilter()
    transform = vtk.vtkGeneralTransform()
    slicer.vtkMRMLTransformNode.GetTransformBetweenNodes(model.GetParentTransformNode(), None, transform)
    shown.SetTransform(transform)
    shown.SetInputData(model.GetPolyData())
    shown.Update()
    distance = vtk.vtkImplicitPolyDataDistance()
    distance.SetInput(shown.GetOutput())
    return abs(distance.EvaluateFunction(place))
