"""What a scanner makes of a head: hair and clothes, crops, holes, noise, spikes, and a mesh of any resolution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree
from vtkmodules.vtkCommonDataModel import vtkPolyData
from vtkmodules.vtkFiltersCore import vtkDecimatePro, vtkFeatureEdges, vtkQuadricDecimation
from vtkmodules.vtkFiltersModeling import vtkLoopSubdivisionFilter
from vtkmodules.vtkFiltersSources import vtkPlaneSource, vtkSphereSource

from ..scans.surface import (
    Surface,
    closest_on_surface,
    compact,
    polydata_from_arrays,
    surface_from_polydata,
    vertex_adjacency,
    vertex_normals,
)
from .base import CAMERAS, Head, Heads, random_field
from .dress import Cover
from .wear import join, melted_ears, outward, ragged_hole, select, with_beard, with_hair

# A landmark farther than this from what the scan shows is missing from it.
VISIBLE_WITHIN_MM = 3.0

_CAMERA_SETS = (
    ((-30, 0), (30, 0), (-45, -30), (45, -30)),
    ((-30, 0), (30, 0)),
    ((-60, 0), (0, 0), (60, 0), (0, 35)),
    ((-60, 0), (60, 0), (0, -35), (-90, 0), (90, 0)),
    CAMERAS,
    CAMERAS,
    CAMERAS,
)


@dataclass(frozen=True)
class Scan:
    """A synthetic scan: its surface (mm, the head's frame), true landmarks (L, 3), and which of them it shows (L,).

    :ivar population: the name of the one that its head is of
    """

    surface: Surface
    landmarks: np.ndarray
    visible: np.ndarray
    population: str = ""


class Scanner:
    """Turns heads of a population into scans.

    :param severity: 0 leaves a clean complete head, 1 is the wear of everyday scans, 2 is hard
    """

    def __init__(self, population: Heads, severity: float = 1.0) -> None:
        self.population = population
        self.severity = severity
        self._coarse = [self._decimated(count) for count in (1800, 3000, 5000, 8000)]

    def scan(
        self, head: Head, rng: np.random.Generator, vertices: int | None = None, cover: Cover | None = None
    ) -> Scan:
        """One scan of a head.

        :param vertices: about this many in the mesh; without it any number up to the population's own
        :param cover: what the head wears, of :func:`palnet.population.dress.dress`
        """
        population, hard = self.population, self.severity
        points = self._appearance(head, rng)
        triangles = population.model.triangles[self._seen(rng)]
        if vertices is None and hard and rng.random() < 0.4:
            triangles = self._coarse[rng.integers(len(self._coarse))]
        if head.blink > 0.7:
            triangles = triangles[~population.eyeball[triangles].any(axis=1)]
        surface = compact(Surface(points, triangles))
        landmarks, hidden = head.landmarks, np.zeros(len(head.landmarks), bool)
        if cover:
            covered = cover(surface, landmarks)
            surface, landmarks, hidden = covered.surface, covered.landmarks, covered.hidden
        if rng.random() < 0.3 * hard:
            surface = _bust(surface, float(head.landmarks[population.protocol.index("Gn"), 1]), rng)
        surface = _crop(surface, head.landmarks, population, rng, hard)
        if vertices is not None:
            surface = remesh(surface, vertices)
        surface = _noise(surface, rng, hard)
        surface = _holes(surface, rng, hard)
        return Scan(surface, landmarks, landmarks_shown(surface, landmarks) & ~hidden, population.name)

    def _appearance(self, head: Head, rng: np.random.Generator) -> np.ndarray:
        """(V, 3) vertices with hair, beard and melted ears."""
        population, regions, hard = self.population, self.population.regions, self.severity
        points = head.vertices.copy()
        if not hard:
            return points
        melted = rng.choice([0.0, rng.uniform(0.2, 1), 1.0], p=[0.7, 0.15, 0.15])
        if melted:
            points = melted_ears(points, regions, melted)
        out = outward(points)
        if rng.random() < 0.6:
            over, slope = rng.uniform(-10, 20), rng.uniform(8, 40)
            lift = rng.choice([rng.uniform(0, 6), rng.uniform(5, 45)])
            rough = rng.uniform(0, 0.35)
            points = with_hair(points, out, population, rng, lift=lift, rough=rough, over=over, slope=slope)
        if rng.random() < 0.3:
            points = with_beard(points, out, population, rng, rng.uniform(0, 5))
        points[:, 2] += rng.uniform(0, 1.2) * regions.brow * (0.5 + 0.4 * random_field(rng, points, 5))
        return points

    def _seen(self, rng: np.random.Generator) -> np.ndarray:
        """(T,) bool: triangles that the scanner's cameras see."""
        seen = self.population.seen
        if not self.severity:
            return np.ones(len(seen), bool)
        cameras = _CAMERA_SETS[rng.integers(len(_CAMERA_SETS))]
        return np.asarray(seen[:, [CAMERAS.index(camera) for camera in cameras]].any(axis=1))

    def _decimated(self, count: int) -> np.ndarray:
        """Triangles of a coarser mesh over the same vertices."""
        model = self.population.model
        decimate = vtkDecimatePro()
        decimate.SetInputData(polydata_from_arrays(model.neutral, model.triangles))
        decimate.SetTargetReduction(1 - 2 * count / len(model.triangles))
        decimate.PreserveTopologyOn()
        decimate.Update()
        coarse = surface_from_polydata(decimate.GetOutput())
        # This filter moves no vertex, so each is found again exactly.
        return cKDTree(model.neutral).query(coarse.points)[1][coarse.triangles]


def landmarks_shown(surface: Surface, landmarks: np.ndarray) -> np.ndarray:
    """(L,) bool: which landmarks have the scan's surface at their place."""
    return np.asarray(closest_on_surface(surface, landmarks)[1] < VISIBLE_WITHIN_MM)


def remesh(surface: Surface, vertices: int) -> Surface:
    """The same surface with about so many vertices (subdivided, then decimated by quadric error).

    Triangles with a corner that is not a number, or with one corner twice, are left out; empty where none is left.
    """
    a, b, c = surface.triangles.T
    whole = np.isfinite(surface.points).all(axis=1)[surface.triangles].all(axis=1) & (a != b) & (b != c) & (c != a)
    surface = compact(Surface(surface.points, surface.triangles[whole]))
    if not len(surface.triangles):
        return surface
    mesh = polydata_from_arrays(surface.points, surface.triangles)
    while mesh.GetNumberOfPoints() < vertices:
        mesh = _subdivided(mesh)
    if mesh.GetNumberOfPoints() > 1.05 * vertices:
        decimate = vtkQuadricDecimation()
        decimate.SetInputData(mesh)
        decimate.SetTargetReduction(1 - vertices / mesh.GetNumberOfPoints())
        decimate.Update()
        mesh = decimate.GetOutput()
    return compact(surface_from_polydata(mesh))


def _subdivided(mesh: vtkPolyData) -> vtkPolyData:
    """Every triangle as four: smoothly where VTK can, flat where an edge has more than two triangles."""
    if _is_manifold(mesh):
        subdivide = vtkLoopSubdivisionFilter()
        subdivide.SetInputData(mesh)
        subdivide.SetNumberOfSubdivisions(1)
        subdivide.Update()
        # It gives an empty mesh where it cannot.
        if subdivide.GetOutput().GetNumberOfPoints() > mesh.GetNumberOfPoints():
            return subdivide.GetOutput()
    surface = surface_from_polydata(mesh)
    points, triangles = surface.points, surface.triangles
    edges, middle = np.unique(
        np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]]).reshape(-1, 2), axis=0, return_inverse=True
    )
    (a, b, c), (ab, bc, ca) = triangles.T, middle.reshape(-1, 3).T + len(points)
    parts = np.stack([a, ab, ca, ab, b, bc, ca, bc, c, ab, bc, ca], axis=1).reshape(-1, 3)
    return polydata_from_arrays(np.vstack([points, points[edges].mean(axis=1)]), parts)


def _is_manifold(mesh: vtkPolyData) -> bool:
    edges = vtkFeatureEdges()
    edges.SetInputData(mesh)
    edges.BoundaryEdgesOff()
    edges.FeatureEdgesOff()
    edges.ManifoldEdgesOff()
    edges.NonManifoldEdgesOn()
    edges.Update()
    return edges.GetOutput().GetNumberOfCells() == 0


def _bust(surface: Surface, chin: float, rng: np.random.Generator) -> Surface:
    """With clothed shoulders, and sometimes the back of a chair; ``chin`` is the height of gnathion."""
    parts = [surface]
    sphere = vtkSphereSource()
    sphere.SetThetaResolution(64)
    sphere.SetPhiResolution(40)
    sphere.SetRadius(1)
    sphere.Update()
    body = surface_from_polydata(sphere.GetOutput())
    size = np.array([rng.uniform(170, 250), rng.uniform(90, 160), rng.uniform(80, 140)])
    shape = body.points * size * (1 + 0.05 * random_field(rng, body.points * size, 60)[:, None])
    # Collars may reach the chin, never cover it.
    shape = shape + [
        0,
        chin - rng.uniform(15, 70) - shape[:, 1].max(),
        surface.points[:, 2].mean() - rng.uniform(0, 30),
    ]
    parts.append(select(Surface(shape, body.triangles), shape[:, 1] > chin - rng.uniform(120, 250)))
    if rng.random() < 0.4:
        plane = vtkPlaneSource()
        plane.SetResolution(20, 20)
        plane.Update()
        chair = surface_from_polydata(plane.GetOutput())
        back = surface.points[:, 2].min() - rng.uniform(5, 60)
        chair_points = chair.points * [rng.uniform(250, 500), rng.uniform(200, 500), 0] + [
            rng.uniform(-60, 60), chin + rng.uniform(-100, 100), back,
        ]  # fmt: skip
        parts.append(Surface(chair_points, chair.triangles))
    return join(*parts)


def _crop(surface: Surface, landmarks: np.ndarray, population: Heads, rng: np.random.Generator, hard: float) -> Surface:
    """A face mask, a head, or everything; sometimes with a part of the face cut off."""
    if not hard:
        return surface
    at = {label: landmarks[k] for k, label in enumerate(population.protocol.labels)}
    ragged = rng.uniform(0, 4) * random_field(rng, surface.points, rng.uniform(10, 40))
    x, y, z = surface.points.T
    kind = rng.choice(["mask", "head", "all"], p=[0.4, 0.35, 0.25])
    keep = np.ones(len(surface.points), bool)
    if kind == "mask":
        ear, width = at["T_L"][2], rng.uniform(0.7, 1.15)
        keep &= z + ragged > ear + rng.uniform(-30, 40)
        keep &= y + ragged > at["Gn"][1] - rng.uniform(-2, 45)
        keep &= y + ragged < at["Tr"][1] + rng.uniform(-25, 40)
        keep &= np.abs(x) + ragged < width * 100
    elif kind == "head":
        keep &= y + ragged > at["Gn"][1] - rng.uniform(5, 70)
        keep &= z + ragged > at["T_L"][2] - rng.uniform(10, 110)
    if rng.random() < 0.12 * hard:
        normal = rng.normal(size=3) * [1, 0.6, 0.3]
        normal /= np.linalg.norm(normal)
        reach = landmarks @ normal
        keep &= surface.points @ normal + ragged < np.quantile(reach, rng.uniform(0.75, 1.0)) + 5
    return select(surface, keep) if keep.any() else surface


def _noise(surface: Surface, rng: np.random.Generator, hard: float) -> Surface:
    """Smoothing, then noise of several scales along the normals, then spikes."""
    if not hard:
        return surface
    points = surface.points.copy()
    adjacency = vertex_adjacency(surface.triangles, len(points))
    degree = np.maximum(np.asarray(adjacency.sum(1)).ravel(), 1)[:, None]
    edge = np.sqrt(surface.areas().sum() / max(len(points), 1))
    for _ in range(rng.choice([0, 0, 1, 2]) if edge > 1.0 else rng.integers(0, 6)):
        points += 0.4 * (adjacency @ points / degree - points)
    normals = vertex_normals(Surface(points, surface.triangles))
    height = np.zeros(len(points))
    for wavelength, most in ((4, 0.25), (10, 0.3), (30, 0.4), (80, 0.8)):
        height += hard * rng.uniform(0, most) * random_field(rng, points, wavelength, 24)
    height += hard * rng.uniform(0, 0.2) ** 1.5 * rng.normal(size=len(points))
    points += height[:, None] * normals
    if rng.random() < 0.5:
        spikes = rng.random(len(points)) < rng.uniform(0, 0.003) * hard
        points[spikes] += normals[spikes] * rng.exponential(8, (spikes.sum(), 1)) * rng.choice([-0.5, 1, 1])
    return Surface(points, surface.triangles)


def _holes(surface: Surface, rng: np.random.Generator, hard: float) -> Surface:
    """Round and ragged holes, most of them small, and a few loose fragments."""
    count = rng.poisson(3 * hard) if hard else 0
    if not count or len(surface.points) < 100:
        return surface
    keep = np.ones(len(surface.points), bool)
    tree = cKDTree(surface.points)
    loose = []
    for centre in surface.points[rng.integers(len(surface.points), size=count)]:
        radius = min(3 + rng.exponential(5), 22)
        inside, gone = ragged_hole(surface.points, tree, centre, radius, rng)
        keep[gone] = False
        if rng.random() < 0.1:
            fragment = np.zeros(len(surface.points), bool)
            fragment[inside] = True
            part = select(surface, fragment)
            loose.append(Surface(part.points + rng.normal(0, 30, 3), part.triangles))
    return join(select(surface, keep), *loose)
