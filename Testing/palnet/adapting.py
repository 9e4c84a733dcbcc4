"""Persons with known habits, for the tests of conventions: faces without a surface, or on a smooth head."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
from palnet.adapt.convention import Convention, LandmarkShift, OwnLandmark
from palnet.adapt.marked import MarkedScan
from palnet.pipeline.model import Model
from palnet.pipeline.prediction import Prediction
from palnet.rigid import apply, random_pose, rigid_fit
from palnet.scans.surface import Surface, closest_on_surface
from palnet.surfaces.template import face_template
from template_faces import template_person


@functools.lru_cache(maxsize=1)
def face_model() -> Model:
    """The bundled model, for its mean shape and protocol; nothing is predicted with it here."""
    return Model.find("face50")


def predicted(seed: int, unit_mm: float = 1.0, size: float = 1.0, bent_mm: float = 2.0) -> Prediction:
    """A prediction on a face of its own shape, somewhere, in some unit."""
    model, rng = face_model(), np.random.default_rng(seed)
    count = len(model.protocol)
    pose = random_pose(rng, 60.0, 100.0)
    face_from_scan = np.linalg.inv(pose) @ np.diag([unit_mm, unit_mm, unit_mm, 1.0])
    shape = size * (model.mean_shape + rng.normal(0, bent_mm, (count, 3)))
    return Prediction(
        protocol=model.protocol,
        points=apply(np.linalg.inv(face_from_scan), shape),
        expected_error=np.full(count, 2.0),
        presence=np.ones(count),
        unit="mm" if unit_mm == 1.0 else f"{unit_mm} mm",
        face_from_scan=face_from_scan,
        alignment_error=1.0,
        model=model.name,
        model_checksum=model.checksum,
        range_mm=np.full(count, 4.0),
        convention_mm=np.full(count, 1.0),
    )


def marked_by(
    prediction: Prediction, shift: np.ndarray, size: float = 1.0, surface: Surface | None = None
) -> MarkedScan:
    """A prediction as a person marks it whose places lie so far (L, 3) mm of the mean face from the model's."""
    turn = prediction.face_from_scan[:3, :3]
    moved = prediction.points + size * shift @ np.linalg.inv(turn).T
    return MarkedScan(prediction, tuple(prediction.protocol.labels), moved, surface)


def without(scan: MarkedScan, labels: list[str]) -> MarkedScan:
    """The same, but for some landmarks that the person did not mark."""
    gone = np.isin(scan.labels, labels)
    return replace(scan, points=np.where(gone[:, None], np.nan, scan.points))


OWN = {"cheek_L": 2000, "cheek_R": int(face_template().mirror[2000]), "aside": 1365}
"""A person's own landmarks, and the points of the template that they are."""


def scan_of(
    seed: int, unit_mm: float = 1.0, noise_mm: float = 0.3
) -> tuple[Prediction, Surface, dict[str, np.ndarray]]:
    """A prediction on a person's scan, somewhere and in some unit, and the true places of landmarks of their own."""
    surface, truth, landmarks = template_person(seed)
    rng, labels = np.random.default_rng(seed), face_template().labels
    mm = np.array([landmarks[labels.index(label)] for label in face_model().protocol.labels])
    mm = closest_on_surface(surface, mm + rng.normal(0, noise_mm, mm.shape))[0]
    to_file = random_pose(rng, 60.0, 100.0)
    to_file[:3] /= unit_mm
    pose = rigid_fit(mm, face_model().mean_shape) @ np.linalg.inv(to_file)
    count = len(face_model().protocol)
    found = Prediction(
        *(face_model().protocol, apply(to_file, mm), np.full(count, 2.0), np.ones(count), f"{unit_mm} mm", pose, 1.0),
        model=face_model().name,
        model_checksum=face_model().checksum,
        range_mm=np.full(count, 4.0),
        convention_mm=np.full(count, 1.0),
    )
    own = {label: apply(to_file, truth[[point]])[0] for label, point in OWN.items()}
    return found, Surface(apply(to_file, surface.points), surface.triangles), own


GN = LandmarkShift("Gn", True, 8, 7, (0.1, -5.5, 1.25), "surface", (0.0, -0.6, 0.8), 1.2, 5.9, 1.8, 0.45)
OWN_LANDMARK = OwnLandmark("glabella 2", 5, "surface", (0.5, 40.0, 60.0), (0.0, 0.0, 0.0), 0.8, 1.1, 2.0)


def convention() -> Convention:
    """A convention of eight scans: Gn is shifted, and there is one landmark of one's own."""
    labels = face_model().protocol.labels
    landmarks = tuple(GN if label == "Gn" else LandmarkShift(label) for label in labels)
    model = face_model()
    return Convention(model.protocol.name, model.name, model.checksum, 8, "2026-11-29", landmarks, (OWN_LANDMARK,))
