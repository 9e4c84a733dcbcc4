"""The whole way of a scan: surface, alignment, region of interest, patches, network, and back onto the surface."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np
from vtkmodules.vtkCommonDataModel import vtkPolyData

from ..errors import ModelError, NoFaceError, ScanError
from ..rigid import apply, random_pose, rigid_fit
from ..scans.clean import clean_and_thin, usable
from ..scans.file import is_volume, read_surface, reading_warnings, scan_space, surface_unit
from ..scans.last_seen import keep_seen
from ..scans.surface import Surface, at_any_corner, closest_on_surface, compact, surface_from_polydata
from ..scans.visibility import seen_from_front, seen_from_outside
from ..units import mm_per_unit
from .acceptance import beyond_acceptance, unusual_shape
from .alignment import UNITS, Aligner, likely_units
from .buried import buried, buried_warnings
from .clock import Clock
from .edges import beyond_edge
from .finding import LAST_LOOKS, LOOKS, find_face
from .first_guess import Frames, StationNet
from .landmark_warnings import landmark_warnings
from .looks import Look, Looker
from .model import Model
from .model_check import check_complete
from .network import Network, build
from .parts import parts_warnings
from .patches import Clouds
from .prediction import Prediction, Progress
from .ranges import Ranges
from .region import near_landmarks
from .size import is_to_be_found, size_warnings, ways, with_size_found

# The network sees points 2.2 mm apart; the landmarks are put on the whole surface at the end.
_FINE_MM, _NEAR_MM = 1.2, 3.0

# The network looks from a few slightly different poses, always the same ones; their mean is steadier than one look.
_VIEWS = 4
# The pose that the rounds before the last one find needs no more.
_FIRST_VIEWS = 1
_VIEW_DEGREES, _VIEW_MM = 4.0, 2.0
# They look in turn at so many samples of the surface: where its points happen to be drawn averages out.
_SAMPLES = 4


class Predictor:
    """A loaded model, ready for any number of scans.

    :raises ModelError: the model's weights do not fit its network
    """

    def __init__(self, model: Model) -> None:
        check_complete(model.settings, model.name)
        self.model = model
        try:
            self.network: Network = build(*model.network, model.weights)
            self.aligner = _aligner(model)
        except (KeyError, ModelError) as error:
            raise ModelError(f"The model {model.name} does not fit this program: {error}") from error
        self.looker = Looker(model, self.network)
        self.ranges = Ranges.from_settings(model.settings["ranges"]) if "ranges" in model.settings else None
        rng = np.random.default_rng(0)
        self._views = [np.eye(4)] + [random_pose(rng, _VIEW_DEGREES, _VIEW_MM) for _ in range(_VIEWS - 1)]

    @staticmethod
    def load(name: str | Path) -> Predictor:
        """A predictor from the name of a bundled model or a model file.

        :raises ModelError: see :meth:`palnet.pipeline.model.Model.find`
        """
        return Predictor(Model.find(name))

    def predict_file(self, path: str | Path, unit: str = "auto", progress: Progress | None = None) -> Prediction:
        """Landmarks of a scan file, in the file's own coordinates and unit; see :meth:`predict_surface`."""
        return predicted_file(self, path, unit, progress)

    def predict_surface(self, mesh: vtkPolyData, unit: str = "auto", progress: Progress | None = None) -> Prediction:
        """Landmarks of a surface, in its own coordinates and unit.

        :param unit: see :mod:`palnet.units`; ``"auto"`` finds mm, cm or m by the size of the surface; ``"unknown"`` and
            ``"Ex_R Ex_L 89"``, a known distance in mm, fit the size with the pose
        :raises ScanError: there is no usable surface
        :raises NoFaceError: nothing on it is enough like the model's mean face
        """
        if is_to_be_found(unit):
            return with_size_found(self, mesh, unit, progress)
        clock = Clock(progress)
        clock.begin("cleaning", 0.15, "Cleaning the surface")
        surface = surface_from_polydata(mesh)
        if not len(surface.triangles):
            raise ScanError("The surface has no triangles: export the scan as a triangle mesh.")
        whole = usable(surface)
        surface, thinned = clean_and_thin(whole, self._spacing(whole, unit), clock.check)
        if not len(surface.triangles):
            raise ScanError("Nothing of the surface is usable: its points are not numbers, or its triangles are empty.")
        cleaned, surface = surface, self._outside(surface, unit)
        clock.begin("alignment", 0.3, f"Finding the {self.model.thing}")
        look = find_face(self.looker, surface, self.aligner.search(surface, unit, clock.check))
        if look is None:
            raise self._no_face(surface, unit)
        look = self._without_wall(surface, look)
        alignment, unit_mm, working = look.alignment, mm_per_unit(look.alignment.unit), self.model.scale
        clock.begin("network", 0.7, "Placing the landmarks")
        points, expected, presence, pose = self._landmarks(look)
        # All views together know better than the one that chose the alignment.
        doubt = self.looker.doubt(expected, presence)
        if beyond_acceptance(self.model, points, expected, presence, doubt, alignment.coverage) > 0:
            raise self._no_face(surface, unit)
        unusual = unusual_shape(self.model, points, expected, presence)
        if self.model.prior:
            seen = presence >= self.model.settings["least_presence"]
            points, expected = self.model.prior.settle(look.face, points, expected, seen)
        clock.begin("projection", 0.95, "Moving the landmarks onto the surface")
        on_surface, distance = closest_on_surface(look.face, points)
        settings = self.model.settings
        gone, least = beyond_edge(look.face, on_surface, distance, working)
        expected, distance = np.maximum(expected, least) / working, distance / working
        missing = gone | (presence < settings["least_presence"]) | (distance > settings["most_distance_mm"])
        back = np.linalg.inv(alignment.pose)
        from_face = apply(back, on_surface / working) / unit_mm
        from_face[missing] = np.nan
        hidden = np.zeros(len(points), bool)
        if self.model.thing == "face":
            in_scan = apply(back, points / working) / unit_mm
            hidden = buried(cleaned, surface, in_scan, from_face, back[:3, 2], unit_mm)
        expected[missing] = np.nan
        reach = convention = np.full(len(expected), np.nan)
        if self.ranges:
            expected, reach, convention = self.ranges.stated(expected, presence)
        if thinned:
            from_face = _exactly_on(whole, from_face, _NEAR_MM / unit_mm / working)
        pose[:3, 3] /= working
        to_face = pose @ alignment.pose @ np.diag([unit_mm, unit_mm, unit_mm, 1.0])
        seconds = clock.end()
        prediction = Prediction(
            protocol=self.model.protocol,
            points=from_face,
            expected_error=expected,
            presence=presence,
            unit=alignment.unit,
            face_from_scan=to_face,
            alignment_error=alignment.error,
            warnings=(
                *reading_warnings(mesh),
                *parts_warnings(surface, from_face, unit_mm),
                *size_warnings(self.model, from_face, alignment.unit),
            ),
            model=self.model.name,
            model_checksum=self.model.checksum,
            seconds=seconds,
            doubtful_mm=settings["doubtful_mm"],
            buried=tuple(np.array(self.model.protocol.labels)[hidden].tolist()),
            range_mm=reach,
            convention_mm=convention,
        )
        if self.model.thing == "face" and alignment.unit in self._units(cleaned, unit)[:1]:
            keep_seen(mesh, surface)
        said = landmark_warnings(self.model, alignment, prediction, unusual, unit)
        warnings = (*prediction.warnings, *said, *buried_warnings(self.model.protocol, hidden))
        return replace(prediction, warnings=warnings)

    def _spacing(self, surface: Surface, unit: str) -> float:
        """How fine a surface is needed, in its unit: as in the unit that makes it largest, where several are likely."""
        if not len(surface.points):
            return 0.0
        units = [unit] if unit != "auto" else likely_units(surface, self.model.scale)
        return min((_FINE_MM / mm_per_unit(name) / self.model.scale for name in units), default=0.0)

    def _outside(self, surface: Surface, unit: str) -> Surface:
        """What of a cleaned surface can be seen; of a size that no scan has, all of it."""
        units = self._units(surface, unit)
        if self.model.thing != "face" or not units:
            return surface
        return seen_from_outside(surface, mm_per_unit(units[0]))

    def _units(self, surface: Surface, unit: str) -> list[str]:
        return likely_units(surface, self.model.scale, (*UNITS,) if unit == "auto" else [unit])

    def _without_wall(self, surface: Surface, look: Look) -> Look:
        """The same face looked at again without a wall behind it, where it has one."""
        if self.model.thing != "face" or seen_from_front(look.face, 1.0 / self.model.scale) is look.face:
            return look
        return self.looker.look(surface, look.moved(self.model.scale), LAST_LOOKS, in_front=True) or look

    def coarse_doubt(self, surface: Surface, unit: str) -> float:
        """How much the network's coarsest level doubts the likeliest way in which a face may lie, mm; quick.

        :param surface: cleaned, :param unit: in which it is tried
        """
        alignment = next(self.aligner.search(surface, unit).quick(), None)
        if alignment is None:
            return np.inf
        return self.looker.coarse_doubt(self.looker.coarse(surface, unit), alignment)

    def quick_look(self, surface: Surface, unit: str, few: int | None = None) -> tuple[float, np.ndarray]:
        """The network's least doubt of the likeliest few ways in which a face may lie, infinite for none, and points.

        :param surface: cleaned, :param unit: in which it is tried, :param few: at most so many ways
        :returns: mm, and the landmarks (L, 3) in mm in a frame of their own
        """
        best: Look | None = None
        for way in itertools.islice(self.aligner.search(surface, unit).quick(), few):
            look = self.looker.look(surface, way, LOOKS)
            if look is not None and (best is None or look.doubt < best.doubt):
                best = look
            if best is not None and best.doubt < self.model.settings["clear_doubt_mm"]:
                break
        if best is None:
            return np.inf, np.full(self.model.mean_shape.shape, np.nan)
        points, _, presence = self.looker.run([best.clouds], [best.pose])
        points[presence < self.model.settings["least_presence"]] = np.nan
        return best.doubt, points / self.model.scale

    def _no_face(self, surface: Surface, unit: str) -> NoFaceError:
        thing = self.model.thing
        return NoFaceError(
            f"No {thing} was found on this surface: check that it is a scan of a {thing}, and that its unit is right. "
            + ways(surface, unit)
        )

    def _landmarks(self, look: Look) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Points (L, 3) in the face's frame, expected error (L,), presence (L,), and the pose they imply; working mm.

        The landmarks of the pass before are a better alignment than the mean face was: each round looks from there.
        """
        scales, pose = self.network.scales, look.pose
        clouds = [look.clouds] + [Clouds.sample(look.face, scales, seed) for seed in range(1, _SAMPLES)]
        rounds = self.model.settings["rounds"]
        for number in range(1, rounds + 1):
            views = self._views if number == rounds else self._views[:_FIRST_VIEWS]
            points, expected, presence = self.looker.run(clouds, [view @ pose for view in views])
            pose = rigid_fit(points, self.looker.mean, presence / expected**2)
        return points, expected, presence, pose


class OfSurfaces(Protocol):
    """Whoever places landmarks on surfaces."""

    def predict_surface(self, mesh: vtkPolyData, unit: str = "auto", progress: Progress | None = None) -> Prediction:
        """As :meth:`Predictor.predict_surface`."""
        ...


def predicted_file(machine: OfSurfaces, path: str | Path, unit: str, progress: Progress | None) -> Prediction:
    """The landmarks that a predictor places on a scan file, in the file's own coordinates and unit."""
    started = time.perf_counter()
    step = "Finding the skin in the volume" if is_volume(path) else "Reading the scan"
    if progress:
        progress(0.0, step)
    mesh = read_surface(path, None if progress is None else lambda share: progress(0.15 * share, step))
    space = scan_space(path, mesh)
    reading = time.perf_counter() - started
    prediction = machine.predict_surface(mesh, surface_unit(mesh, unit), progress)
    return replace(prediction, space=space, seconds={"reading": reading, **prediction.seconds})


def _exactly_on(surface: Surface, points: np.ndarray, near: float) -> np.ndarray:
    """Points (L, 3) that lie on a thinned surface, moved to the whole one, which is within ``near`` of them."""
    placed = np.isfinite(points).all(axis=1)
    if not placed.any():
        return points
    beside = near_landmarks(surface.points, points[placed], near)
    part = compact(Surface(surface.points, surface.triangles[at_any_corner(beside, surface.triangles)]))
    moved, distance = closest_on_surface(part, points)
    return np.where((distance < near)[:, None], moved, points)


def _aligner(model: Model) -> Aligner:
    alignment = model.alignment
    stations = Frames(alignment["station_points"], alignment["station_axes"])
    if stations.axes.shape != (len(stations.points), 3, 3) or not (np.linalg.det(stations.axes) > 0.5).all():
        raise ModelError(f"The model {model.name} cannot be used: its first guess has no stations. Get it again.")
    weights = {name[8:]: value for name, value in alignment.items() if name.startswith("network/")}
    network = StationNet(len(stations.points), weights)
    smaller = tuple(model.settings.get("smaller_sizes", ()))
    return Aligner(model.template, stations, network, model.scale, smaller)
