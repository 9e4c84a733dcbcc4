"""A scan that is no one's face, and an engine that a test can steer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import vtk
from palnet.errors import PalnetError
from palnet.pipeline.prediction import Prediction
from palnet.protocols.protocol import Protocol
from vtk.util.numpy_support import vtk_to_numpy

# Half axes of the egg in the face frame, mm, and where the engine's frame has its middle.
_AXES = np.array([75.0, 110.0, 95.0])
_CENTRE = np.array([0.0, 0.0, -80.0])


def _placement() -> tuple[np.ndarray, np.ndarray]:
    """Rotation and shift from the face frame to the coordinates of the scan's file."""
    axis = np.array([0.6, -0.5, 0.62])
    axis /= np.linalg.norm(axis)
    cross = np.cross(np.eye(3), axis)
    angle = 2.1
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross, np.array([31.5, -204.25, 77.0])


def egg() -> vtk.vtkPolyData:
    """An egg of a head's size in some pose, mm, float32 as a scanner writes it."""
    source = vtk.vtkSphereSource()
    source.SetRadius(1.0)
    source.SetThetaResolution(120)
    source.SetPhiResolution(80)
    source.Update()
    surface = source.GetOutput()
    points = vtk_to_numpy(surface.GetPoints().GetData())
    rotation, shift = _placement()
    points[:] = (points.astype(float) * _AXES + _CENTRE) @ rotation.T + shift
    surface.GetPointData().SetNormals(None)
    return surface


def to_ras(surface: Any) -> Any:
    """A copy of a surface in LPS with its points in RAS."""
    copy = surface.NewInstance()
    copy.DeepCopy(surface)
    points = vtk_to_numpy(copy.GetPoints().GetData())
    points *= np.array([-1, -1, 1], points.dtype)
    return copy


def predict_egg(missing: tuple[str, ...] = ()) -> Prediction:
    """Landmarks of protocol face50 on the egg's vertices, in the coordinates of its file."""
    protocol = Protocol.bundled("face50")
    vertices = vtk_to_numpy(egg().GetPoints().GetData()).astype(float)
    rotation, shift = _placement()
    in_face = (vertices - shift) @ rotation
    random = np.random.default_rng(7)
    directions = np.array([landmark.view for landmark in protocol.landmarks], dtype=float)
    directions += random.normal(scale=0.35, size=directions.shape)
    directions[:, 2] = np.abs(directions[:, 2])
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    units = (in_face - _CENTRE) / _AXES
    points = vertices[np.argmax(directions @ units.T, axis=1)]
    errors = np.linspace(0.5, 7.0, len(protocol))
    gone = np.array([landmark.label in missing for landmark in protocol.landmarks])
    points[gone], errors[gone] = np.nan, np.nan
    transform = np.eye(4)
    transform[:3, :3], transform[:3, 3] = rotation.T, -rotation.T @ shift
    return Prediction(
        protocol=protocol,
        points=points,
        expected_error=errors,
        presence=np.where(gone, 0.1, 0.98),
        unit="mm",
        face_from_scan=transform,
        alignment_error=1.2,
        warnings=(f"{len(missing)} landmarks are not on the scan: {', '.join(missing)}.",) if missing else (),
        model="face50",
        model_checksum="0123456789abcdef" * 4,
    )


class FakePredictor:
    """Stands for ``palnet.pipeline.predictor.Predictor``.

    :cvar steps: what the progress callback hears, :cvar error: raised instead of a prediction, if any
    :cvar during: called after each step, as what a user does in the meantime
    :cvar calls: the arguments of each load and prediction
    """

    steps: ClassVar[tuple[str, ...]] = ("Reading the scan", "Finding the face", "Placing the landmarks")
    error: ClassVar[PalnetError | None] = None
    during: ClassVar[Callable[[str], None] | None] = None
    calls: ClassVar[list[dict[str, Any]]] = []

    @classmethod
    def reset(cls) -> None:
        cls.error, cls.during, cls.calls = None, None, []

    @classmethod
    def load(cls, model: str | Path) -> FakePredictor:
        cls.calls.append({"model": model})
        return cls()

    def predict_surface(
        self, surface: vtk.vtkPolyData, unit: str = "auto", progress: Callable[[float, str], None] | None = None
    ) -> Prediction:
        self.calls.append({"surface": surface, "unit": unit})
        for number, step in enumerate(self.steps):
            if progress is not None:
                progress(number / len(self.steps), step)
            if self.during is not None:
                type(self).during(step)  # type: ignore[misc]
        if self.error is not None:
            raise self.error
        return predict_egg(missing=("T_R", "Sba_L"))

    def predict_file(
        self, path: Path, unit: str = "auto", progress: Callable[[float, str], None] | None = None
    ) -> Prediction:
        return self.predict_surface(egg(), unit, progress)
