"""A face that is the template, in the scene and landmarked, and an engine of surfaces that a test can steer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import slicer
from fakes import predict_egg, to_ras
from palnet.pipeline.prediction import Prediction
from palnet.scans.surface import polydata_from_arrays
from palnet.surfaces.maps import by_region, shift
from palnet.surfaces.template import face_template
from PALNetLandmarkerLib.engine.surface_engine import Answer
from reviews import landmarks_of

MISSING = 40
"""Points that the answers' scan does not show."""


def face_model(name: str = "face", moved_mm: float = 0.0, scale: float = 1.0) -> Any:
    """The template as a scan, a model node; its nose may stand out more."""
    template = face_template()
    points = with_nose(moved_mm) * scale
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", name)
    node.SetAndObservePolyData(to_ras(polydata_from_arrays(points, template.surface.triangles)))
    node.CreateDefaultDisplayNodes()
    return node


def with_nose(moved_mm: float) -> np.ndarray:
    """(N, 3) the template's points with the nose moved to the front."""
    template = face_template()
    points = template.surface.points
    tip = template.landmarks_on(points)[template.labels.index("Prn")]
    return points + moved_mm * np.exp(-((np.linalg.norm(points - tip, axis=1) / 15) ** 2))[:, None] * [0, 0, 1]


def face_prediction(moved_mm: float = 0.0) -> Prediction:
    """The template's landmarks as a prediction in the frame of :func:`face_model`; those it has not are missing."""
    template, made = face_template(), predict_egg()
    places = dict(zip(template.labels, template.landmarks_on(with_nose(moved_mm)), strict=True))
    points = np.array([places.get(label, np.full(3, np.nan)) for label in made.protocol.labels])
    gone = ~np.isfinite(points).all(axis=1)
    return replace(
        made,
        points=points,
        expected_error=np.where(gone, np.nan, 1.0),
        presence=np.where(gone, 0.1, 0.98),
        face_from_scan=np.eye(4),
    )


def landmarked_face(name: str = "face", moved_mm: float = 0.0) -> Any:
    """The fiducial node of a face in the scene."""
    return landmarks_of(face_model(name, moved_mm), face_prediction(moved_mm))


class FakeEngine:
    """Stands for ``SurfaceEngine``: a test answers.

    :cvar made: all that were made, oldest first
    """

    made: list[FakeEngine]

    def __init__(self) -> None:
        self.tasks: list[dict[str, Any]] = []
        self._waiting: tuple[Callable[[Answer], None], Callable[[float, str], None]] | None = None
        self.stopped = False
        FakeEngine.made.append(self)

    @property
    def folder(self) -> Path:
        return Path(slicer.app.temporaryPath)

    @property
    def busy(self) -> bool:
        return self._waiting is not None

    def ask(self, task: dict[str, Any], on_done: Any, on_progress: Any = lambda _share, _step: None) -> None:
        self.tasks.append(task)
        self._waiting = (on_done, on_progress)

    def cancel(self) -> None:
        self._waiting = None

    def stop(self) -> None:
        self.cancel()
        self.stopped = True

    def progress(self, share: float, step: str) -> None:
        assert self._waiting is not None
        self._waiting[1](share, step)
        slicer.app.processEvents()

    def answer(self, answer: Answer | None = None) -> None:
        """Answer what was asked last, by default as the process would of the template."""
        assert self._waiting is not None
        done, self._waiting = self._waiting[0], None
        done(answer_to(self.tasks[-1]) if answer is None else answer)
        slicer.app.processEvents()


def answer_to(task: dict[str, Any], error: str = "") -> Answer:
    """What the process would answer, nearly."""
    if error or "folder" in task:
        return Answer(error=error, told="2 surfaces; written: mean.", page="" if error else task["output"] + "/a.html")
    template = face_template()
    points = template.surface.points
    missing = np.arange(len(points)) < MISSING
    change = shift(points, with_nose(3.0), ~missing, template)
    arrays = {"points": points, "missing": missing, "expected": np.ones(len(points))}
    arrays |= {
        "asymmetry": {"asymmetry_mm": change.outward},
        "mean": {"from_mean_mm": change.outward},
        "change": {"outward_mm": change.outward, "forward_mm": change.forward},
    }.get(task["map"], {})
    rows = by_region(change, template)
    for row in rows:
        row["expected_median_mm"] = 1.0
        if task.get("repeats"):
            row |= {"volume_sd_cc": 0.25, "outward_sd_mm": 0.1}
    page = task.get("page") or ""
    return Answer(arrays, rows, f"Saved: {Path(page).name}." if page else "", page)


def surface_points(node: Any) -> np.ndarray:
    """(N, 3) a model node's points in LPS."""
    return slicer.util.arrayFromModelPoints(node).astype(float) * [-1, -1, 1]
