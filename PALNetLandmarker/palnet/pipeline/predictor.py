"""The whole way of a scan: surface, alignment, region of interest, patches, network, and back onto the surface."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import vtk

from ..errors import ModelError, NoFaceError, ScanError
from ..rigid import apply, random_pose, rigid_fit
from ..scans.file import read_surface, reading_warnings, scan_space, surface_unit
from ..scans.surface import Surface, clean_surface, closest_on_surface, surface_from_polydata
from ..scans.visibility import seen_from_front, seen_from_outside
from ..units import mm_per_unit
from .acceptance import beyond_acceptance
from .alignment import UNITS, Aligner, Alignment, likely_units
from .first_guess import Frames, StationNet
from .model import Model
from .network import Network, build, run_on_clouds
from .parts import parts_warnings
from .patches import Clouds
from .prediction import Prediction, Progress
from .region import region_of_interest
from .size import is_to_be_found, size_warnings, ways, with_size_found

_FEWEST_POINTS = 16

# Passes over a candidate alignment, each from where the one before put the face; and over the best few again.
_LOOKS, _LAST_LOOKS = 2, 3
_BEST_FEW = 4
# A first pass that doubts so many times more than is ever accepted comes to nothing.
_HOPELESS = 2.5

# The network looks from a few slightly different poses, always the same ones; their mean is steadier than one look.
_VIEWS = 8
_VIEW_DEGREES, _VIEW_MM = 4.0, 2.0
# They look in turn at so many samples of the surface: where its points happen to be drawn averages out.
_SAMPLES = 2


@dataclass(frozen=True)
class _Look:
    """A candidate alignment with its face surface, clouds (in the alignment's face frame), and what the network says.

    The surface, the clouds and the pose are in working mm. ``doubt`` is the mean expected error of the landmarks that
    it shows, in mm: about 1.2 on faces, up to 3 on parts of them, over 3 on other things and on faces that lie wrongly.
    ``beyond`` is how far it is from being accepted, in mm; not above 0 where it is.
    """

    alignment: Alignment
    face: Surface
    clouds: Clouds
    pose: np.ndarray
    doubt: float
    beyond: float


class Predictor:
    """A loaded model, ready for any number of scans.

    :param device: ``"auto"`` takes a CUDA device if there is one, ``"cpu"`` never does
    :raises ModelError: the model's weights do not fit its network
    """

    def __init__(self, model: Model, device: str = "auto") -> None:
        self.model = model
        cuda = device == "auto" and torch.cuda.is_available()
        self.device = torch.device("cuda" if cuda else "cpu")
        try:
            self.network: Network = build(*model.network)
            self.network.load_state_dict({name: torch.from_numpy(value) for name, value in model.weights.items()})
            self.aligner = _aligner(model)
        except (KeyError, RuntimeError, TypeError) as error:
            raise ModelError(f"The model {model.name} does not fit this program: {error}") from error
        self.network.to(self.device).eval()
        self._mean = model.mean_shape * model.scale
        rng = np.random.default_rng(0)
        self._views = [np.eye(4)] + [random_pose(rng, _VIEW_DEGREES, _VIEW_MM) for _ in range(_VIEWS - 1)]

    @staticmethod
    def load(name: str | Path, device: str = "auto") -> Predictor:
        """A predictor from the name of a bundled model or a model file.

        :raises ModelError: see :meth:`palnet.pipeline.model.Model.find`
        """
        return Predictor(Model.find(name), device)

    def predict_file(self, path: str | Path, unit: str = "auto", progress: Progress | None = None) -> Prediction:
        """Landmarks of a scan file, in the file's own coordinates and unit; see :meth:`predict_surface`."""
        started = time.perf_counter()
        if progress:
            progress(0.0, "Reading the scan")
        mesh = read_surface(
            path, None if progress is None else lambda share: progress(0.15 * share, "Reading the scan")
        )
        space = scan_space(path, mesh)
        reading = time.perf_counter() - started
        prediction = self.predict_surface(mesh, surface_unit(mesh, unit), progress)
        return replace(prediction, space=space, seconds={"reading": reading, **prediction.seconds})

    def predict_surface(
        self, mesh: vtk.vtkPolyData, unit: str = "auto", progress: Progress | None = None
    ) -> Prediction:
        """Landmarks of a surface, in its own coordinates and unit.

        :param unit: see :mod:`palnet.units`; ``"auto"`` finds mm, cm or m by the size of the surface; ``"unknown"`` and
            ``"Ex_R Ex_L 89"``, a known distance in mm, fit the size with the pose
        :raises ScanError: there is no usable surface
        :raises NoFaceError: nothing on it is enough like the model's mean face
        """
        if is_to_be_found(unit):
            return with_size_found(self, mesh, unit, progress)
        clock = _Clock(progress)
        clock.begin("cleaning", 0.15, "Cleaning the surface")
        surface = surface_from_polydata(mesh)
        if not len(surface.triangles):
            raise ScanError("The surface has no triangles: export the scan as a triangle mesh.")
        surface = clean_surface(surface)
        if not len(surface.triangles):
            raise ScanError("Nothing of the surface is usable: its points are not numbers, or its triangles are empty.")
        surface = self._outside(surface, unit)
        clock.begin("alignment", 0.3, f"Finding the {self.model.thing}")
        look = self._without_wall(surface, self._find_face(surface, unit))
        alignment, unit_mm, working = look.alignment, mm_per_unit(look.alignment.unit), self.model.scale
        clock.begin("network", 0.7, "Placing the landmarks")
        points, expected, presence, pose = self._landmarks(look)
        # All views together know better than the one that chose the alignment.
        if beyond_acceptance(self.model, points, expected, presence, self._doubt(expected, presence)) > 0:
            raise self._no_face(surface, unit)
        if self.model.prior:
            seen = presence >= self.model.settings["least_presence"]
            points, expected = self.model.prior.settle(look.face, points, expected, seen)
        clock.begin("projection", 0.95, "Moving the landmarks onto the surface")
        on_surface, distance = closest_on_surface(look.face, points)
        settings = self.model.settings
        expected, distance = expected / working, distance / working
        missing = (presence < settings["least_presence"]) | (distance > settings["most_distance_mm"])
        back = np.linalg.inv(alignment.pose)
        from_face = apply(back, on_surface / working) / unit_mm
        from_face[missing] = np.nan
        expected[missing] = np.nan
        pose[:3, 3] /= working
        to_face = pose @ alignment.pose @ np.diag([unit_mm, unit_mm, unit_mm, 1.0])
        seconds = clock.end()
        return Prediction(
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
                *self._warnings(alignment, missing, expected, unit),
            ),
            model=self.model.name,
            model_checksum=self.model.checksum,
            seconds=seconds,
            doubtful_mm=settings["doubtful_mm"],
        )

    def _outside(self, surface: Surface, unit: str) -> Surface:
        """What of a cleaned surface can be seen; of a size that no scan has, all of it."""
        units = likely_units(surface, self.model.scale, (*UNITS,) if unit == "auto" else [unit])
        if self.model.thing != "face" or not units:
            return surface
        return seen_from_outside(surface, mm_per_unit(units[0]))

    def _find_face(self, surface: Surface, unit: str) -> _Look:
        """The candidate alignment on which the network doubts the landmarks least."""
        looks: list[_Look] = []
        searches = [self.aligner.candidates]
        # Of so many guesses, one that is wrong may be accepted where nobody has measured the limits of doubt with them.
        if self.model.settings.get("search_further"):
            searches.append(self.aligner.further_candidates)
        for search in searches:
            for alignment in search(surface, unit):
                look = self._look(surface, alignment, _LOOKS)
                if look is not None:
                    looks.append(look)
                    if look.doubt < self.model.settings["clear_doubt_mm"]:
                        return look
            if any(look.beyond <= 0 for look in looks):
                break
        else:
            for look in sorted(looks, key=lambda look: look.doubt)[:_BEST_FEW]:
                again = self._look(surface, self._moved(look), _LAST_LOOKS, self.model.thing == "face")
                looks += [again] if again else []
        best = min(looks, key=lambda look: look.beyond, default=None)
        if best is None or best.beyond > 0:
            raise self._no_face(surface, unit)
        return best

    def _without_wall(self, surface: Surface, look: _Look) -> _Look:
        """The same face looked at again without a wall behind it, where it has one."""
        if self.model.thing != "face" or seen_from_front(look.face, 1.0 / self.model.scale) is look.face:
            return look
        return self._look(surface, self._moved(look), _LAST_LOOKS, in_front=True) or look

    def least_doubt(self, surface: Surface, unit: str) -> float:
        """How much the network doubts the likeliest few ways in which a face may lie, at best; infinite for none, mm.

        :param surface: cleaned, :param unit: in which it is tried
        """
        likeliest = itertools.islice(self.aligner.candidates(surface, unit), _BEST_FEW)
        looks = (self._look(surface, alignment, _LOOKS) for alignment in likeliest)
        return min((look.doubt for look in looks if look is not None), default=np.inf)

    def _no_face(self, surface: Surface, unit: str) -> NoFaceError:
        thing = self.model.thing
        return NoFaceError(
            f"No {thing} was found on this surface: check that it is a scan of a {thing}, and that its unit is right. "
            + ways(surface, unit)
        )

    def _moved(self, look: _Look) -> Alignment:
        """Its alignment where the network has put the face: what is cut out around it there is another region."""
        pose = look.pose.copy()
        pose[:3, 3] /= self.model.scale
        return replace(look.alignment, pose=pose @ look.alignment.pose)

    def _look(self, surface: Surface, alignment: Alignment, passes: int, in_front: bool = False) -> _Look | None:
        """The network's passes over a candidate alignment; None where there is too little surface, or no hope.

        :param in_front: without a wall behind the face
        """
        triangles = surface.triangles[:, ::-1] if alignment.inside_out else surface.triangles
        points_face = apply(alignment.pose, surface.points * mm_per_unit(alignment.unit)) * self.model.scale
        face = region_of_interest(Surface(points_face, triangles), self._mean)
        if in_front:
            face = seen_from_front(face, 1.0 / self.model.scale)
        clouds = Clouds.sample(face, self.network.scales)
        if clouds.smallest < _FEWEST_POINTS:
            return None
        pose, doubt = np.eye(4), 0.0
        # From where the first pass put it, a face that lies a little wrongly is clearer, and what is none is not.
        for _ in range(passes):
            points, expected, presence = self._run([clouds], [pose])
            doubt = self._doubt(expected, presence)
            hopeless = doubt > _HOPELESS * self.model.settings["most_doubt_mm"]
            if hopeless or presence.mean() < self.model.settings["least_shown"]:
                return None
            pose = rigid_fit(points, self._mean, presence / expected**2)
        return _Look(
            alignment, face, clouds, pose, doubt, beyond_acceptance(self.model, points, expected, presence, doubt)
        )

    def _doubt(self, expected: np.ndarray, presence: np.ndarray) -> float:
        """Mean expected error in mm of what is shown, of expected errors in working mm."""
        # A network that does not say its error cannot tell faces from other things: the likeliest alignment is taken.
        return float(np.average(expected, weights=presence)) / self.model.scale if self.network.says_error else 0.0

    def _landmarks(self, look: _Look) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Points (L, 3) in the face's frame, expected error (L,), presence (L,), and the pose they imply; working mm.

        The landmarks of the pass before are a better alignment than the mean face was: each round looks from there.
        """
        scales, pose = self.network.scales, look.pose
        clouds = [look.clouds] + [Clouds.sample(look.face, scales, seed) for seed in range(1, _SAMPLES)]
        for _ in range(self.model.settings["rounds"]):
            points, expected, presence = self._run(clouds, [view @ pose for view in self._views])
            pose = rigid_fit(points, self._mean, presence / expected**2)
        return points, expected, presence, pose

    @torch.no_grad()
    def _run(self, clouds: list[Clouds], views: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Mean points (L, 3), in the clouds' frame, expected error (L,) and presence (L,) over views; working mm.

        :param clouds: of one surface; the views look at them in turn
        """
        mean, settings = self._mean, self.model.settings
        each_cloud = [clouds[k % len(clouds)] for k in range(len(views))]
        start = np.stack([cloud.initial_landmarks(mean, v) for cloud, v in zip(each_cloud, views, strict=True)])
        step = run_on_clouds(self.network, each_cloud, views, start, self.device)[-1]
        each = step.points.cpu().double().numpy()
        points = np.mean([apply(np.linalg.inv(v), p) for v, p in zip(views, each, strict=True)], axis=0)
        if step.expected_error is None or step.presence is None:
            return points, np.array(settings["expected_error_mm"], float) * self.model.scale, np.ones(len(mean))
        expected = step.expected_error.mean(dim=0).cpu().double().numpy() * settings["error_scale"]
        return points, expected, step.presence.sigmoid().mean(dim=0).cpu().double().numpy()

    def _warnings(self, alignment: Alignment, missing: np.ndarray, expected: np.ndarray, unit: str) -> list[str]:
        settings, protocol, thing = self.model.settings, self.model.protocol, self.model.thing
        warnings = []
        if alignment.unit != "mm":
            by = "The scan's size says that its unit is" if unit == "auto" else "The scan's unit is"
            warnings.append(f"{by} {alignment.unit}; expected errors are in mm.")
        if missing.any():
            lost = [landmark for landmark, gone in zip(protocol.landmarks, missing, strict=True) if gone]
            names = ", ".join(landmark.label for landmark in lost)
            are = "landmark is" if len(lost) == 1 else "landmarks are"
            warnings.append(f"{len(lost)} {are} not on the scan: {names}.")
        doubtful = int((expected > settings["doubtful_mm"]).sum())
        if doubtful:
            are, them = ("landmark is", "it") if doubtful == 1 else ("landmarks are", "them")
            warnings.append(
                f"{doubtful} {are} expected to be more than {settings['doubtful_mm']:g} mm off: check {them}."
            )
        if alignment.coverage < settings["good_coverage"]:
            warnings.append(
                f"The scan shows only a part of the {thing}, or differs much from the mean {thing}: check all points."
            )
        return warnings


def _aligner(model: Model) -> Aligner:
    alignment = model.alignment
    stations = Frames(alignment["station_points"], alignment["station_axes"])
    network = StationNet(len(stations.points))
    weights = {name[8:]: torch.from_numpy(value) for name, value in alignment.items() if name.startswith("network/")}
    network.load_state_dict(weights)
    smaller = tuple(model.settings.get("smaller_sizes", ()))
    return Aligner(model.template, stations, network.eval(), model.scale, smaller)


class _Clock:
    """Times the steps and tells the person which one begins."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._seconds: dict[str, float] = {}
        self._name, self._start = "", 0.0

    def begin(self, name: str, share: float, text: str) -> None:
        self.end()
        if self._progress:
            self._progress(share, text)
        self._name, self._start = name, time.perf_counter()

    def end(self) -> dict[str, float]:
        if self._name:
            self._seconds[self._name] = time.perf_counter() - self._start
            self._name = ""
        return self._seconds
