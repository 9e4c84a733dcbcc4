"""Fourteen kinds of things as large as faces and heads, drawn at random: surfaces in mm."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import vtk
from palnet.population.heads import random_field
from palnet.population.wear import join
from palnet.scans.surface import Surface, polydata_from_arrays, surface_from_polydata
from scipy.spatial import ConvexHull
from scipy.spatial.transform import Rotation

Maker = Callable[[np.random.Generator], Surface]


def sphere(resolution: int = 90) -> Surface:
    """Of radius 1."""
    source = vtk.vtkSphereSource()
    source.SetRadius(1.0)
    source.SetThetaResolution(resolution)
    source.SetPhiResolution(resolution)
    source.Update()
    return surface_from_polydata(source.GetOutput())


def _shaped(surface: Surface, size: np.ndarray, at: tuple[float, float, float] = (0, 0, 0)) -> Surface:
    return Surface(surface.points * size + np.array(at, float), surface.triangles)


def _cuboid(size: np.ndarray, at: tuple[float, float, float] = (0, 0, 0)) -> Surface:
    box = vtk.vtkTessellatedBoxSource()
    box.SetLevel(24)
    box.QuadsOff()
    box.SetBounds(-0.5, 0.5, -0.5, 0.5, -0.5, 0.5)
    box.Update()
    return _shaped(surface_from_polydata(box.GetOutput()), size, at)


def _rod(start: np.ndarray, end: np.ndarray, radius: float) -> Surface:
    line = vtk.vtkLineSource()
    line.SetPoint1(start)
    line.SetPoint2(end)
    line.SetResolution(30)
    tube = vtk.vtkTubeFilter()
    tube.SetInputConnection(line.GetOutputPort())
    tube.SetRadius(radius)
    tube.SetNumberOfSides(24)
    tube.CappingOn()
    tube.Update()
    return surface_from_polydata(tube.GetOutput())


def height_map(x: np.ndarray, y: np.ndarray, z: np.ndarray, shape: tuple[int, int]) -> Surface:
    """A sheet over a grid, its points in the order of the grid's ravel."""
    corner = np.arange(shape[0] * shape[1]).reshape(shape)
    a, b, c, d = (part.ravel() for part in (corner[:-1, :-1], corner[1:, :-1], corner[1:, 1:], corner[:-1, 1:]))
    return Surface(np.stack([x, y, z], axis=1), np.vstack([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]))


def _grid(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    width, height = rng.uniform(120, 300, 2)
    unit = np.linspace(-0.5, 0.5, 100)
    x, y = np.meshgrid(width * unit, height * unit, indexing="ij")
    return x, y


def _ball(rng: np.random.Generator) -> Surface:
    return _shaped(sphere(), rng.uniform(60, 130, 3))


def _box(rng: np.random.Generator) -> Surface:
    return _cuboid(rng.uniform(80, 240, 3))


def _cylinder(rng: np.random.Generator) -> Surface:
    return _rod(np.zeros(3), np.array([0, rng.uniform(100, 300), 0]), rng.uniform(40, 110))


def _torus(rng: np.random.Generator) -> Surface:
    torus = vtk.vtkParametricTorus()
    torus.SetRingRadius(rng.uniform(60, 100))
    torus.SetCrossSectionRadius(rng.uniform(15, 50))
    source = vtk.vtkParametricFunctionSource()
    source.SetParametricFunction(torus)
    source.SetUResolution(90)
    source.SetVResolution(60)
    source.Update()
    return surface_from_polydata(source.GetOutput())


def _sheet(rng: np.random.Generator) -> Surface:
    x, y = _grid(rng)
    flat = np.stack([x.ravel(), y.ravel(), 0 * x.ravel()], axis=1)
    flat[:, 2] = rng.uniform(2, 12) * random_field(rng, flat, rng.uniform(20, 60))
    return height_map(*flat.T, x.shape)


def _terrain(rng: np.random.Generator) -> Surface:
    x, y = _grid(rng)
    flat = np.stack([x.ravel(), y.ravel(), 0 * x.ravel()], axis=1)
    height = sum(strength * random_field(rng, flat, size) for strength, size in ((30, 200), (15, 90), (7, 40), (2, 15)))
    return height_map(flat[:, 0], flat[:, 1], rng.uniform(0.5, 1.5) * height, x.shape)


def _blob(rng: np.random.Generator) -> Surface:
    ball = _shaped(sphere(), rng.uniform(70, 120, 3))
    bumps = 1 + 0.12 * random_field(rng, ball.points, 120) + 0.06 * random_field(rng, ball.points, 45)
    return Surface(ball.points * bumps[:, None], ball.triangles)


def _rock(rng: np.random.Generator) -> Surface:
    corners = rng.normal(size=(rng.integers(15, 40), 3))
    corners *= rng.uniform(70, 120, 3) / np.linalg.norm(corners, axis=1, keepdims=True)
    hull = ConvexHull(corners)
    rough = Surface(corners, hull.simplices.astype(np.int64))
    # The hull's triangles are wound as it happens; its equations know where the outside is.
    inward = (rough.normals() * hull.equations[:, :3]).sum(axis=1) < 0
    rough.triangles[inward] = rough.triangles[inward, ::-1]
    divide = vtk.vtkLinearSubdivisionFilter()
    divide.SetInputData(polydata_from_arrays(corners, rough.triangles))
    divide.SetNumberOfSubdivisions(4)
    divide.Update()
    rock = surface_from_polydata(divide.GetOutput())
    bumps = 1 + 0.03 * random_field(rng, rock.points, 40) + 0.012 * random_field(rng, rock.points, 12)
    return Surface(rock.points * bumps[:, None], rock.triangles)


def _tooth(rng: np.random.Generator) -> Surface:
    ball = sphere()
    x, y, z = ball.points.T
    crown = 1 + 0.25 * np.cos(2 * np.arctan2(z, x) + rng.uniform(0, 6)) ** 2 * np.maximum(y, 0)
    roots = np.where(y < 0, 1 + rng.uniform(0.3, 0.9) * np.abs(np.sin(rng.integers(1, 3) * np.arctan2(z, x))) * y**2, 1)
    return _shaped(Surface(ball.points * (crown * roots)[:, None], ball.triangles), rng.uniform(60, 110, 3))


def _vase(rng: np.random.Generator) -> Surface:
    height = rng.uniform(150, 350)
    up = np.linspace(0, height, 80)
    radius = rng.uniform(40, 80) * (1 + 0.35 * np.sin(up / height * rng.uniform(4, 9) + rng.uniform(0, 6)))
    profile = vtk.vtkPolyData()
    points, line = vtk.vtkPoints(), vtk.vtkCellArray()
    line.InsertNextCell(len(up))
    for k in range(len(up)):
        line.InsertCellPoint(points.InsertNextPoint(radius[k], 0, up[k]))
    profile.SetPoints(points)
    profile.SetLines(line)
    turn = vtk.vtkRotationalExtrusionFilter()
    turn.SetInputData(profile)
    turn.SetResolution(90)
    turn.CappingOff()
    turn.Update()
    return surface_from_polydata(turn.GetOutput())


def _hand(rng: np.random.Generator) -> Surface:
    parts = [_shaped(sphere(), np.array([42, 50, 15]) * rng.uniform(0.8, 1.2, 3))]
    for k, x in enumerate(np.linspace(-30, 30, 4)):
        tip = np.array([x * rng.uniform(1.0, 1.8), 40 + rng.uniform(50, 85), rng.uniform(-5, 45)])
        parts.append(_rod(np.array([x, 35, 0]), tip, rng.uniform(7, 10) - (k == 3)))
    parts.append(_rod(np.array([-35, -5, 0]), np.array([-80, 40, rng.uniform(0, 30)]), rng.uniform(9, 12)))
    return _shaped(join(*parts), np.full(3, rng.uniform(0.9, 1.5)))


def _chair(rng: np.random.Generator) -> Surface:
    width, depth, seat, back = rng.uniform([90, 90, 80, 90], [220, 220, 220, 260])
    corners = [(x * (width / 2 - 6), -seat / 2, z * (depth / 2 - 6)) for x in (-1, 1) for z in (-1, 1)]
    legs = [_cuboid(np.array([12, seat, 12]), corner) for corner in corners]
    rest = _cuboid(np.array([width, back, 12]), (0, back / 2, -depth / 2 + 6))
    return join(_cuboid(np.array([width, 12, depth]), (0, 0, 0)), rest, *legs)


def _car(rng: np.random.Generator) -> Surface:
    length, width, height = rng.uniform([180, 80, 30], [320, 140, 60])
    body = _cuboid(np.array([length, height, width]))
    cabin = _cuboid(np.array([length * rng.uniform(0.4, 0.6), height, width * 0.9]), (0, height, 0))
    places = [np.array([x * length / 3, -height / 2, z * width / 2]) for x in (-1, 1) for z in (-1, 1)]
    return join(body, cabin, *(_rod(place, place * [1, 1, 0.75], height / 2) for place in places))


def _letters(rng: np.random.Generator) -> Surface:
    text = vtk.vtkVectorText()
    text.SetText("".join(rng.choice(list("ABCDEGHKMORSWX"), 3)))
    extrude = vtk.vtkLinearExtrusionFilter()
    extrude.SetInputConnection(text.GetOutputPort())
    extrude.SetExtrusionTypeToVectorExtrusion()
    extrude.SetVector(0, 0, rng.uniform(0.2, 1.0))
    extrude.Update()
    letters = surface_from_polydata(extrude.GetOutput())
    wide = np.ptp(letters.points[:, 0])
    return Surface(letters.points * (rng.uniform(150, 300) / wide), letters.triangles)


THINGS: dict[str, Maker] = {
    "ball": _ball,
    "box": _box,
    "cylinder": _cylinder,
    "torus": _torus,
    "bumpy sheet": _sheet,
    "terrain": _terrain,
    "blob": _blob,
    "rock": _rock,
    "tooth": _tooth,
    "vase": _vase,
    "hand": _hand,
    "chair": _chair,
    "car": _car,
    "letters": _letters,
}


def worn(surface: Surface, rng: np.random.Generator) -> Surface:
    """The thing turned and with a scanner's noise."""
    turned = surface.points @ Rotation.random(random_state=int(rng.integers(2**31))).as_matrix().T
    return Surface(turned + rng.normal(0, rng.uniform(0, 0.3), turned.shape), surface.triangles)
