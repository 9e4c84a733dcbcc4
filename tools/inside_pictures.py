"""Make docs/images/insides.jpg: three surfaces with insides, and their landmarks with these insides and without.

    python tools/inside_pictures.py

The surfaces are made of the sample face: a second wall, a mouth bag with eyeballs and sockets, and hair cards. Prints
how far the landmarks lie from those of the face without insides, mm: of all, and how many lie more than 2 mm off.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import vtk
from scipy.spatial.transform import Rotation

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / name) for name in ("PALNetLandmarker", "Testing/palnet", "tools")]

from head_picture import Shot, draw_head, write_tiles  # noqa: E402
from palnet.pipeline import predictor as steps  # noqa: E402
from palnet.pipeline.prediction import Prediction  # noqa: E402
from palnet.pipeline.predictor import Predictor  # noqa: E402
from palnet.resources import resource  # noqa: E402
from palnet.scans.clean import clean_surface  # noqa: E402
from palnet.scans.file import read_surface  # noqa: E402
from palnet.scans.surface import Surface, compact, polydata_from_arrays, surface_from_polydata  # noqa: E402
from PALNetLandmarkerLib.palette import INK, PAPER, SKIN  # noqa: E402
from PALNetLandmarkerLib.view.drawing import Overlay  # noqa: E402
from shapes import join  # noqa: E402

UPRIGHT = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
"""From a scan's axes, left, back, up, to those of the pictures, right, up, towards the viewer."""
INSIDE, RIGHT, WRONG = (0.30, 0.50, 0.66), (0.05, 0.45, 0.20), (0.80, 0.10, 0.10)
OFF_MM, TILE, HALF = 2.0, (420, 460), 124.0


def main() -> None:
    """Print the numbers and write the picture."""
    face = clean_surface(surface_from_polydata(read_surface(resource("samples") / "sample_face.ply")))
    predictor = Predictor.load("face50")
    bare = predictor.predict_surface(polydata_from_arrays(face.points, face.triangles))
    at = dict(zip(bare.protocol.labels, bare.points, strict=True))
    rows = []
    made = {
        "A second wall, 4 mm inside": (face, second_wall(face)),
        "Mouth bag, eyeballs, sockets": (opened(face, at), mouth_and_eyes(face, at)),
        "Hair cards": (face, hair_cards(face, at)),
    }
    for name, (outer, inner) in made.items():
        both = join(outer, inner)
        with_them = without_the_step(predictor, both)
        found = predictor.predict_surface(polydata_from_arrays(both.points, both.triangles))
        colors = np.repeat([SKIN, INSIDE], [len(outer.points), len(inner.points)], axis=0)
        rows.append([cut_open(both, colors, name)])
        for title, result in (("Before", with_them), ("After", found)):
            apart = np.linalg.norm(result.points - bare.points, axis=1)
            said = f"{title}: {np.nanmean(apart):.2f} mm, {int((apart > OFF_MM).sum())} over {OFF_MM:g} mm"
            print(f"{name}. {said}, {int(np.isnan(apart).sum())} not placed")
            rows[-1].append(with_points(both, colors, result, apart, said))
    write_tiles(ROOT / "docs" / "images" / "insides.jpg", rows, 88)


def without_the_step(predictor: Predictor, surface: Surface) -> Prediction:
    """Landmarks of a surface as it is, whatever of it can be seen."""
    kept = steps.seen_from_outside, steps.seen_from_front
    try:
        steps.seen_from_outside = steps.seen_from_front = lambda whole, _mm: whole
        return predictor.predict_surface(polydata_from_arrays(surface.points, surface.triangles))
    finally:
        steps.seen_from_outside, steps.seen_from_front = kept


def second_wall(face: Surface) -> Surface:
    """The same 4 mm inside, facing the other way, as hollow prints and skin out of CT have it."""
    normals = np.zeros_like(face.points)
    for corner in range(3):
        np.add.at(normals, face.triangles[:, corner], face.cross())
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return Surface(face.points - 4.0 * normals, face.triangles[:, ::-1])


def opened(face: Surface, at: dict[str, np.ndarray]) -> Surface:
    """The face with a slit between the lips and between the lids."""
    keep = np.ones(len(face.triangles), bool)
    middles = face.points[face.triangles].mean(axis=1)
    for first, last in (("Ch_R", "Ch_L"), ("En_R", "Ex_R"), ("En_L", "Ex_L")):
        along = at[last] - at[first]
        share = np.clip((middles - at[first]) @ along / (along @ along), 0.05, 0.95)
        way = [at["Sto"]] if first == "Ch_R" else []
        line = at[first] + share[:, None] * along
        if way:  # the lips meet in front of the line from corner to corner
            line += (way[0] - (at[first] + at[last]) / 2) * (1 - (2 * share[:, None] - 1) ** 2)
        off = middles - line
        keep &= (np.abs(off[:, 2]) > (1.0 if way else 3.0)) | (np.hypot(off[:, 0], off[:, 1]) > 8.0)
    return compact(Surface(face.points, face.triangles[keep]))


def ball(centre: np.ndarray, radii: tuple[float, float, float], inwards: bool = False) -> Surface:
    """An ellipsoid, radii in the axes of the scan."""
    sphere = vtk.vtkSphereSource()
    sphere.SetThetaResolution(40)
    sphere.SetPhiResolution(28)
    sphere.SetRadius(1.0)
    sphere.Update()
    whole = surface_from_polydata(sphere.GetOutput())
    return Surface(whole.points * radii + centre, whole.triangles[:, ::-1] if inwards else whole.triangles)


def mouth_and_eyes(_face: Surface, at: dict[str, np.ndarray]) -> Surface:
    """A mouth bag behind the lips, and behind the lids an eyeball in a socket on each side."""
    parts = [ball(at["Sto"] + [0, 21.0, 0], (26.0, 20.0, 18.0), inwards=True)]
    for side in "RL":
        middle = (at[f"En_{side}"] + at[f"Ex_{side}"]) / 2
        parts.append(ball(middle + [0, 10.0, 0], (12.0, 12.0, 12.0)))
        parts.append(ball(middle + [0, 15.0, 0], (17.0, 15.0, 16.0), inwards=True))
    return join(*parts)


def hair_cards(face: Surface, at: dict[str, np.ndarray]) -> Surface:
    """Strips in layers from the hairline down both sides, over the skin and through it, as in games."""
    rng, parts = np.random.default_rng(17), []
    for _ in range(260):
        side, back = rng.choice([-1.0, 1.0]), rng.uniform(20.0, 75.0)
        top = np.array([side * rng.uniform(25.0, 70.0), at["Tr"][1] + back, at["Tr"][2] + rng.uniform(-8.0, 12.0)])
        steps_down = np.linspace(0.0, 1.0, 9)[:, None]
        wide = np.array(
            [side * rng.uniform(60.0, 84.0), top[1] + rng.uniform(0.0, 25.0), top[2] - rng.uniform(70.0, 130.0)]
        )
        line = top + steps_down * (wide - top) + np.sin(np.pi * steps_down) * [side * 14.0, 0.0, 6.0]
        edge = np.array([0.0, 5.0, 0.0])
        points = np.concatenate([line - edge, line + edge])
        index = np.arange(8)
        cards = np.concatenate(
            [np.stack([index, index + 1, index + 9], 1), np.stack([index + 1, index + 10, index + 9], 1)]
        )
        parts.append(Surface(points, cards))
    del face
    return join(*parts)


def cut_open(surface: Surface, colors: np.ndarray, name: str) -> np.ndarray:
    """From the side, without the half that is nearer."""
    middle = np.median(surface.points[:, 0])
    half = surface.triangles[(surface.points[surface.triangles, 0] > middle + 2.0).all(axis=1)]
    return drawn(Surface(surface.points, half), colors, Rotation.from_euler("y", 80, degrees=True), name)


def with_points(surface: Surface, colors: np.ndarray, found: Prediction, apart: np.ndarray, said: str) -> np.ndarray:
    """From the front, with its landmarks: red where they lie off."""
    turn = Rotation.identity()

    def points(over: Overlay, shot: Shot) -> None:
        for place, off in zip(found.points @ UPRIGHT.T, apart, strict=True):
            if np.isfinite(off):
                x, y = shot.pixels(place[None])[0]
                over.disc((x, y), 5.0, WRONG if off > OFF_MM else RIGHT)

    return drawn(surface, colors, turn, said, points)


def drawn(
    surface: Surface,
    colors: np.ndarray,
    turn: Rotation,
    title: str,
    more: Callable[[Overlay, Shot], None] = lambda _over, _shot: None,
) -> np.ndarray:
    """A tile with its title."""
    points = surface.points @ UPRIGHT.T
    used = turn.apply(points)
    shot = Shot(turn, (used.min(axis=0) + used.max(axis=0)) / 2 + [0, 14.0, 0], HALF, TILE)

    def annotate(over: Overlay) -> None:
        more(over, shot)
        over.text((TILE[0] / 2, TILE[1] - 18), title, 19, INK, "center")

    return draw_head(points, surface.triangles, shot, PAPER, annotate, colors)


if __name__ == "__main__":
    main()
