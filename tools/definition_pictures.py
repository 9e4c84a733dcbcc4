"""Make Resources/protocols/face50: for each landmark a small picture that shows its place on the neutral head.

    python tools/definition_pictures.py FACE_MODEL

The module shows them beside the definitions. A landmark is seen from the direction in which it is judged, the
protocol's ``view``, turned a little where that shows the place better.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import vtk
from scipy.interpolate import PchipInterpolator
from scipy.spatial.transform import Rotation

sys.path.insert(0, str(Path(__file__).parent.parent / "PALNetLandmarker"))

from head_picture import Shot, draw_head
from palnet.population.base import LandmarkPlaces
from palnet.population.face_model import EYEBALLS, FaceModel, read_face_model
from palnet.protocols.protocol import Landmark, Protocol
from PALNetLandmarkerLib.palette import BACKDROP_BOTTOM, CHOSEN, PAPER, SKIN
from PALNetLandmarkerLib.view.drawing import Overlay, image_data

ROOT = Path(__file__).parent.parent
SIZE, TIMES = (320, 240), 4  # px; drawn so many times larger, then shrunk
QUALITY = 92
DOT, RING, STROKE, HALO = 3.8, 15.0, 2.2, 1.4  # px

# Half the height of the pictures of a region, mm.
HALF = {"forehead": 62.0, "eyes": 30.0, "nose": 30.0, "mouth": 30.0, "jaw": 46.0, "cheek": 66.0, "ear": 38.0}
# Where another direction (mirrored for the left side) and size show the place better, which is then in the middle.
SPECIAL: dict[str, tuple[tuple[float, float, float], float]] = {
    "G": ((1.0, 0.0, 0.35), 40.0),
    "N": ((1.0, 0.0, 0.25), 40.0),
    "C": ((0.85, -0.25, 0.35), 26.0),
    "Go_R": ((-0.8, 0.0, 0.5), 66.0),
    "Is_R": ((-0.1, -0.1, 1.0), 34.0),
}

# Colours that the face model lacks, so that eyes and lips are recognised at once.
EYE_WHITE, IRIS, LIPS = (0.96, 0.96, 0.95), (0.42, 0.48, 0.52), (0.80, 0.62, 0.60)
IRIS_RADIUS = 5.9  # mm


def main() -> None:
    """Write a picture for each landmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("face_model", type=Path)
    parser.add_argument("--only", nargs="*", help="labels")
    options = parser.parse_args()
    model, protocol = read_face_model(options.face_model), Protocol.bundled("face50")
    points = LandmarkPlaces.load(ROOT / "Resources" / "population" / f"ict_{protocol.name}.json", protocol).on(
        model.neutral
    )
    folder, colors = ROOT / "Resources" / "protocols" / protocol.name, face_colors(model, protocol, points)
    folder.mkdir(exist_ok=True)
    for landmark, point in zip(protocol.landmarks, points, strict=True):
        if options.only and landmark.label not in options.only:
            continue
        shot = aim(landmark, point, protocol, points)
        place = shot.pixels(point[None])[0]
        pixels = draw_head(
            model.neutral,
            model.triangles,
            shot,
            BACKDROP_BOTTOM,
            lambda overlay, place=place: mark(overlay, place),
            colors,
            soft=True,
        )
        write_jpeg(shrink(pixels), folder / f"{landmark.label}.jpg")


def aim(landmark: Landmark, point: np.ndarray, protocol: Protocol, points: np.ndarray) -> Shot:
    """How a landmark is looked at: its region is in the frame, and its place well inside."""
    mirrored = landmark.side == "left"
    special = SPECIAL.get(landmark.pair if mirrored else landmark.label)
    size = (SIZE[0] * TIMES, SIZE[1] * TIMES)
    if special:
        rotation = facing(np.array(special[0]) * ([-1, 1, 1] if mirrored else 1))
        return Shot(rotation, rotation.apply(point), special[1], size)
    rotation, half = facing(np.array(landmark.view)), HALF[landmark.region]
    own = [(other.region, other.side) == (landmark.region, landmark.side) for other in protocol.landmarks]
    seen, place = rotation.apply(points[own]), rotation.apply(point)
    middle = (seen.min(axis=0) + seen.max(axis=0)) / 2.0
    room = 0.5 * half * np.array([SIZE[0] / SIZE[1], 1.0])
    middle[:2] = np.clip(middle[:2], place[:2] - room, place[:2] + room)
    return Shot(rotation, middle, half, size)


def facing(towards: np.ndarray) -> Rotation:
    """From the face frame to the frame of a viewer in a direction, with the face upright."""
    back = towards / np.linalg.norm(towards)
    right = np.cross([0.0, 1.0, 0.0], back)
    right /= np.linalg.norm(right)
    return Rotation.from_matrix(np.array([right, np.cross(back, right), back]))


def face_colors(model: FaceModel, protocol: Protocol, points: np.ndarray) -> np.ndarray:
    """(V, 3) skin, eyeballs that look at the viewer, and lips within the borders that the landmarks define."""
    colors = np.tile(SKIN, (len(model.neutral), 1))
    lips = lip_share(model.neutral, dict(zip(protocol.labels, points, strict=True)))
    colors += lips[:, None] * (np.array(LIPS) - SKIN)
    for side in (-1, 1):
        ball = np.array([k for k in EYEBALLS if model.neutral[k, 0] * side > 0])
        place = model.neutral[ball]
        front = place[np.argmax(place[:, 2])]
        iris = (np.linalg.norm((place - front)[:, :2], axis=1) < IRIS_RADIUS) & (place[:, 2] > front[2] - 6.0)
        colors[ball] = np.where(iris[:, None], IRIS, EYE_WHITE)
    return colors


def lip_share(vertices: np.ndarray, place: dict[str, np.ndarray]) -> np.ndarray:
    """(V,) from 0 (skin) to 1 (lip): what lies between curves through the mouth's corners and borders."""
    upper = np.array([place[label][:2] for label in ("Ch_R", "Cph_R", "Ls", "Cph_L", "Ch_L")])
    corner, bottom = upper[-1], place["Li"][1]
    x = np.clip(vertices[:, 0], upper[0, 0], corner[0])
    top = PchipInterpolator(*upper.T)(x)
    low = corner[1] + (bottom - corner[1]) * (1.0 - np.abs(x / corner[0]) ** 2.5)
    inside = np.minimum.reduce([top - vertices[:, 1], vertices[:, 1] - low, corner[0] - np.abs(vertices[:, 0])])
    in_front = vertices[:, 2] > place["Ch_R"][2] - 5.0
    return np.where(in_front, np.clip(inside / 0.8, 0.0, 1.0), 0.0)


def mark(overlay: Overlay, place: np.ndarray) -> None:
    """A dot with a ring around it, both with a pale edge."""
    angles = np.linspace(0.0, 2.0 * np.pi, 97)
    circle = np.column_stack([np.cos(angles), np.sin(angles)])
    for more, color in ((HALO, PAPER), (0.0, CHOSEN)):
        ring = place + RING * TIMES * circle
        overlay.lines(np.stack([ring[:-1], ring[1:]], axis=1), color, (STROKE + 2 * more) * TIMES)
        overlay.disc(tuple(place), (DOT + more) * TIMES, color)


def shrink(pixels: np.ndarray) -> np.ndarray:
    """The picture at its final size: each pixel the mean of those it was drawn with."""
    height, width, channels = pixels.shape
    blocks = pixels.reshape(height // TIMES, TIMES, width // TIMES, TIMES, channels)
    return np.round(blocks.mean(axis=(1, 3))).astype(np.uint8)


def write_jpeg(pixels: np.ndarray, path: Path) -> None:
    writer = vtk.vtkJPEGWriter()
    writer.SetQuality(QUALITY)
    writer.SetInputData(image_data(pixels))
    writer.SetFileName(str(path))
    writer.Write()


if __name__ == "__main__":
    main()
