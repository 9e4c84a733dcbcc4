"""What a landmark network is measured against: the mean shape put on the scan, and a template bent onto it.

Both start where alignment alone says that the face lies, without the network that places landmarks, and both answer as
a :class:`palnet.pipeline.predictor.Predictor` does. Neither knows its error. Lengths are in working mm inside
(:class:`palnet.training.dataset.ScanSource`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from vtkmodules.vtkCommonDataModel import vtkPolyData

from ..errors import NoFaceError, PalnetError, ScanError
from ..pipeline.alignment import Alignment
from ..pipeline.prediction import Prediction
from ..pipeline.region import region_of_interest
from ..population.scanner import remesh
from ..rigid import apply, rigid_fit
from ..scans.clean import clean_surface
from ..scans.surface import Surface, closest_on_surface, places_on_triangles, surface_from_polydata
from ..units import mm_per_unit

if TYPE_CHECKING:
    from ..pipeline.predictor import Predictor
    from ..population.heads import Population

# MeshMonk bends vertices to vertices: too few are no surface, and with more it only gets slower.
_FEWEST_VERTICES, _MOST_VERTICES = 8_000, 20_000


@dataclass(frozen=True)
class _Aligned:
    """A scan's surface near the landmarks, working mm in the face frame, and how it came there."""

    surface: Surface
    alignment: Alignment


class MeanShape:
    """The model's mean landmarks at the aligned pose, each moved to the nearest place of the surface."""

    name = "mean shape"

    def __init__(self, predictor: Predictor) -> None:
        self.model = predictor.model
        self._aligner = predictor.aligner

    def predict_surface(self, mesh: vtkPolyData, unit: str = "auto") -> Prediction:
        """Landmarks of a surface, in its own coordinates and unit.

        :raises ScanError: there is no usable surface, :raises NoFaceError: it could not be aligned
        """
        aligned = self._align(mesh, unit)
        return self._prediction(self._place(aligned.surface), aligned)

    def _align(self, mesh: vtkPolyData, unit: str) -> _Aligned:
        surface = clean_surface(surface_from_polydata(mesh))
        if not len(surface.triangles):
            raise ScanError("Nothing of the surface is usable: export the scan as a triangle mesh.")
        scale = self.model.scale
        # As the candidates of one unit and winding are ordered.
        best = min(
            self._aligner.search(surface, unit).whole(),
            key=lambda one: one.error * scale / 10 - one.coverage,
            default=None,
        )
        if best is None:
            raise NoFaceError("The surface could not be aligned: check what it shows, and its unit.")
        triangles = surface.triangles[:, ::-1] if best.inside_out else surface.triangles
        in_face = Surface(apply(best.pose, surface.points * mm_per_unit(best.unit)) * scale, triangles)
        near = region_of_interest(in_face, self.model.mean_shape * scale)
        if not len(near.triangles):
            raise NoFaceError("The surface could not be aligned: check what it shows, and its unit.")
        return _Aligned(near, best)

    def _place(self, surface_face: Surface) -> np.ndarray:
        """(L, 3) landmarks on the surface, working mm, face frame."""
        return closest_on_surface(surface_face, self.model.mean_shape * self.model.scale)[0]

    def _prediction(self, points_face: np.ndarray, aligned: _Aligned) -> Prediction:
        alignment, count = aligned.alignment, len(points_face)
        unit_mm = mm_per_unit(alignment.unit)
        return Prediction(
            protocol=self.model.protocol,
            points=apply(np.linalg.inv(alignment.pose), points_face / self.model.scale) / unit_mm,
            expected_error=np.full(count, np.nan),
            presence=np.ones(count),
            unit=alignment.unit,
            face_from_scan=alignment.pose @ np.diag([unit_mm, unit_mm, unit_mm, 1.0]),
            alignment_error=alignment.error,
            model=self.name,
        )


class TemplateTransfer(MeanShape):
    """One annotated surface bent onto the scan by MeshMonk (White et al. 2019), its landmarks with it.

    :param template: a surface, mm, in any frame, :param landmarks: (L, 3) on it, NaN where it has none
    :raises PalnetError: MeshMonk is not installed, or the template has fewer than three landmarks
    """

    name = "template (MeshMonk)"

    def __init__(self, predictor: Predictor, template: Surface, landmarks: np.ndarray) -> None:
        super().__init__(predictor)
        self._meshmonk = _meshmonk()
        # MeshMonk weighs positions against unit normals and was made for faces in mm: it, too, works in working mm.
        scale, known = self.model.scale, np.isfinite(landmarks).all(axis=1)
        mean = self.model.mean_shape * scale
        if known.sum() < 3:
            raise PalnetError("The template has fewer than three landmarks: name one with the model's landmarks.")
        pose = rigid_fit(landmarks[known] * scale, mean[known])
        in_face = Surface(apply(pose, template.points * scale), template.triangles)
        self._template = _dense(region_of_interest(in_face, mean))
        self._corners, self._weights = places_on_triangles(self._template, apply(pose, landmarks * scale))

    def _place(self, surface_face: Surface) -> np.ndarray:
        target = _dense(surface_face)
        try:
            # No rigid step first: the two are aligned already, and on partial scans it slides off by centimetres.
            bent = self._meshmonk.pyramid_register(
                floating_features=self._features(self._template),
                target_features=self._features(target),
                floating_faces=self._template.triangles.astype(np.int32),
                target_faces=target.triangles.astype(np.int32),
            )
        except (ValueError, RuntimeError) as error:
            raise NoFaceError(f"MeshMonk could not register the template: {error}.") from error
        vertices = np.asarray(bent.aligned_vertices, float)
        landmarks = np.einsum("lk,lkd->ld", self._weights, vertices[self._corners])
        return closest_on_surface(surface_face, landmarks)[0]

    def _features(self, surface: Surface) -> np.ndarray:
        """(V, 6) float32 positions and normals, as MeshMonk wants them."""
        points = np.ascontiguousarray(surface.points, np.float32)
        normals = self._meshmonk.compute_normals(points, surface.triangles.astype(np.int32))
        return np.hstack([points, np.nan_to_num(np.asarray(normals, np.float32))])


def population_template(population: Population) -> tuple[Surface, np.ndarray]:
    """The face model's mean head and its landmarks (L, 3), mm, as a template."""
    return Surface(population.model.neutral.astype(float), population.model.triangles), population.mean_landmarks


def _meshmonk() -> Any:
    try:
        import meshmonk
    except ImportError:
        raise PalnetError("Template transfer needs MeshMonk: pip install meshmonk (Apache-2.0).") from None
    meshmonk.set_log_level("silent")
    return meshmonk


def _dense(surface: Surface) -> Surface:
    """Without unused vertices, and with neither too few nor too many."""
    surface = clean_surface(surface)
    wanted = int(np.clip(len(surface.points), _FEWEST_VERTICES, _MOST_VERTICES))
    return surface if wanted == len(surface.points) else remesh(surface, wanted)
