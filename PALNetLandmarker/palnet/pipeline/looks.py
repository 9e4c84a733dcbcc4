"""What the landmark network says of a face that lies somewhere on a scan."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial import cKDTree

from ..rigid import apply, rigid_fit
from ..scans.surface import DRAWS, Surface, grid_average, sample_surface
from ..scans.visibility import seen_from_front
from ..units import mm_per_unit
from .acceptance import beyond_acceptance
from .alignment import Alignment
from .layers import sigmoid
from .model import Model
from .network import Network, run_on_clouds
from .patches import Clouds
from .region import MARGIN_MM, near_landmarks, region_of_interest

_FEWEST_POINTS = 16
# A first pass that doubts so many times more than is ever accepted comes to nothing.
_HOPELESS = 2.5
# Share of the landmarks to be shown that a pass before the last has to show.
_LEAST_AT_FIRST = 0.5
# The coarsest level of a first pass doubts more, but no face that was found on 830 cut scans more than 1.9 times.
_NO_HOPE_AT_FIRST = 2.05
# The coarsest level of a whole scan is averaged from samples so many times its spacing apart: those of the finest would
# cost more than all else that a scan of a whole person is asked.
_COARSE_FROM = 0.5
# And what is much larger than a head, from about so many samples: a person, or a thing in a unit that may be its own.
_MOST_SAMPLES = 300_000


@dataclass(frozen=True)
class Look:
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

    def moved(self, scale: float) -> Alignment:
        """Its alignment where the network has put the face: what is cut out around it there is another region.

        :param scale: working mm in a mm
        """
        pose = self.pose.copy()
        pose[:3, 3] /= scale
        return replace(self.alignment, pose=pose @ self.alignment.pose)


@dataclass(frozen=True)
class Coarse:
    """Points (N, 3) of a whole scan in working mm, their normals (N, 3), and a tree of the points."""

    points: np.ndarray
    normals: np.ndarray
    tree: cKDTree


class Looker:
    """A landmark network, and what its model says of its answers."""

    def __init__(self, model: Model, network: Network) -> None:
        self.model, self.network = model, network
        self.mean = model.mean_shape * model.scale
        """(L, 3) working mm, face frame."""

    def look(self, surface: Surface, alignment: Alignment, passes: int, in_front: bool = False) -> Look | None:
        """The network's passes over a candidate alignment; None where there is too little surface, or no hope.

        :param surface: in the scan's coordinates
        :param passes: each looks from where the one before put the face
        :param in_front: without a wall behind the face
        """
        triangles = surface.triangles[:, ::-1] if alignment.inside_out else surface.triangles
        points_face = apply(alignment.pose, surface.points * mm_per_unit(alignment.unit)) * self.model.scale
        face = region_of_interest(Surface(points_face, triangles), self.mean)
        if in_front:
            face = seen_from_front(face, 1.0 / self.model.scale)
        clouds = Clouds.sample(face, self.network.scales)
        if clouds.smallest < _FEWEST_POINTS:
            return None
        pose, doubt = np.eye(4), 0.0
        # From where the first pass put it, a face that lies a little wrongly is clearer, and what is none is not.
        least = self.model.settings["least_shown"]
        for number in range(1, passes + 1):
            points, expected, presence = self.run([clouds], [pose])
            doubt = self.doubt(expected, presence)
            hopeless = doubt > _HOPELESS * self.model.settings["most_doubt_mm"]
            # A face that lies wrongly shows less than it does once it is moved.
            if hopeless or presence.mean() < least * (1.0 if number == passes else _LEAST_AT_FIRST):
                return None
            pose = rigid_fit(points, self.mean, presence / expected**2)
        beyond = beyond_acceptance(self.model, points, expected, presence, doubt, alignment.coverage)
        return Look(alignment, face, clouds, pose, doubt, beyond)

    def hopeless(self, coarse: Coarse, alignment: Alignment) -> bool:
        """Whether the network's coarsest level says that the face lies nowhere near, which costs a tenth of a look."""
        return self.coarse_doubt(coarse, alignment) > _NO_HOPE_AT_FIRST * self.model.settings["most_doubt_mm"]

    def coarse_doubt(self, coarse: Coarse, alignment: Alignment) -> float:
        """How much the network's coarsest level doubts a candidate alignment, mm; 0 where it cannot say."""
        if not self.network.says_error or len(self.network.scales) == 1:
            return 0.0
        motion = alignment.pose.copy()
        motion[:3, 3] *= self.model.scale
        # Of a person on a chair, the most is nowhere near.
        centre = self.mean.mean(axis=0)
        reach = float(np.linalg.norm(self.mean - centre, axis=1).max()) + MARGIN_MM
        around = coarse.tree.query_ball_point(apply(np.linalg.inv(motion), centre[None])[0], reach)
        points, normals = apply(motion, coarse.points[around]), coarse.normals[around] @ motion[:3, :3].T
        near = near_landmarks(points, self.mean, MARGIN_MM)
        if near.sum() < _FEWEST_POINTS:
            return np.inf
        clouds = Clouds([points[near]], [normals[near] * (-1 if alignment.inside_out else 1)])
        _, expected, presence = self.run([clouds], [np.eye(4)], levels=1)
        return self.doubt(expected, presence)

    def coarse(self, surface: Surface, unit: str) -> Coarse:
        """A whole scan as the network's coarsest level sees it.

        :param surface: in the scan's coordinates and ``unit``
        """
        scaled = Surface(surface.points * (mm_per_unit(unit) * self.model.scale), surface.triangles)
        scale = self.network.scales[0]
        apart = max(_COARSE_FROM * scale.spacing, float(np.sqrt(DRAWS * scaled.areas().sum() / _MOST_SAMPLES)))
        points, normals = grid_average(*sample_surface(scaled, apart), scale.spacing)
        return Coarse(points, normals, cKDTree(points))

    def doubt(self, expected: np.ndarray, presence: np.ndarray) -> float:
        """Mean expected error in mm of what is shown, of expected errors (L,) in working mm."""
        # A network that does not say its error cannot tell faces from other things: the likeliest alignment is taken.
        return float(np.average(expected, weights=presence)) / self.model.scale if self.network.says_error else 0.0

    def run(
        self, clouds: list[Clouds], views: list[np.ndarray], levels: int | None = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Mean points (L, 3), in the clouds' frame, expected error (L,) and presence (L,) over views; working mm.

        :param clouds: of one surface; the views (4, 4) look at them in turn
        :param levels: how many of the network's are run; all by default
        """
        settings = self.model.settings
        each_cloud = [clouds[k % len(clouds)] for k in range(len(views))]
        start = np.stack([cloud.initial_landmarks(self.mean, v) for cloud, v in zip(each_cloud, views, strict=True)])
        step = run_on_clouds(self.network, each_cloud, views, start, levels)[-1]
        each = step.points.astype(float)
        points = np.mean([apply(np.linalg.inv(v), p) for v, p in zip(views, each, strict=True)], axis=0)
        if step.expected_error is None or step.presence is None:
            expected = np.array(settings["expected_error_mm"], float) * self.model.scale
            return points, expected, np.ones(len(self.mean))
        expected = step.expected_error.mean(axis=0).astype(float) * settings["error_scale"]
        return points, expected, sigmoid(step.presence).mean(axis=0).astype(float)
