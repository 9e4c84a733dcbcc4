"""Make the pictures of docs/landmarks.md: the face model's neutral head with the places of the landmarks.

    python tools/landmark_pictures.py FACE_MODEL

Dark dots are named; in views from the front, pale ones are their mirror images.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import vtk
from scipy.spatial.transform import Rotation

sys.path.insert(0, str(Path(__file__).parent.parent / "PALNetLandmarker"))

from head_picture import Shot, draw_head
from palnet.population.base import LandmarkPlaces
from palnet.population.face_model import FaceModel, read_face_model
from palnet.protocols.protocol import Protocol
from PALNetLandmarkerLib.palette import BACKDROP_TOP, INK, PAPER
from PALNetLandmarkerLib.pictures.labels import place_column
from PALNetLandmarkerLib.view.drawing import Overlay, image_data

ROOT = Path(__file__).parent.parent
DOT, OTHER_DOT = (0.0, 0.30, 0.58), (0.62, 0.75, 0.86)
TEXT, COLUMN = 24, 105  # px: letters, and where the leaders begin, from the edge


class View(NamedTuple):
    """A view, turned and raised by degrees, with half its height in mm; ``left``: labels in the left column."""

    turn: float
    rise: float
    labels: str
    half: float
    size: tuple[int, int]
    left: int


FACE = "Tr G N Prn Sn Ls Sto Li Sl Pg Gn T_R Pra_R Sa_R Sba_R Ft_R Zy_R Go_R Is_R Ex_R Or_R Chk_R Ac_R Al_R Cph_R Ch_R"
PICTURES = {
    "front": [View(0, 0, FACE + " En_R", 120, (1140, 1000), 16)],
    "right": [View(-90, 0, FACE + " C Pa_R", 118, (1100, 1060), 10)],
    "nose_mouth": [View(0, 0, "Prn Sn Ls Sto Li Sl Ac_R Al_R Cph_R Ch_R", 44, (600, 640), 4),
                   View(0, -48, "Prn C Sn Ac_R Al_R Itn_R Stn_R", 37, (600, 640), 4)],
    "ear": [View(-72, 0, "T_R Pra_R Sa_R Pa_R Sba_R Zy_R", 40, (1000, 800), 3)],
    "eye": [View(-12, 0, "Is_R Ex_R Or_R En_R N G", 32, (1000, 740), 2)],
}  # fmt: skip


def main() -> None:
    """Write the pictures to docs/images."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("face_model", type=Path)
    model, protocol = read_face_model(parser.parse_args().face_model), Protocol.bundled("face50")
    places = LandmarkPlaces.load(ROOT / "Resources" / "population" / f"ict_{protocol.name}.json", protocol)
    for name, views in PICTURES.items():
        tiles, writer = vtk.vtkImageAppend(), vtk.vtkPNGWriter()
        for view in views:
            tiles.AddInputData(_draw(view, model, places.on(model.neutral), protocol))
        writer.SetFileName(str(ROOT / "docs" / "images" / f"landmarks_{name}.png"))
        writer.SetCompressionLevel(9)
        writer.SetInputConnection(tiles.GetOutputPort())
        writer.Write()


def _draw(view: View, model: FaceModel, points: np.ndarray, protocol: Protocol) -> vtk.vtkImageData:
    rotation = Rotation.from_euler("yx", [-view.turn, view.rise], degrees=True)
    chosen, turned = [protocol.index(label) for label in view.labels.split()], rotation.apply(points)
    middle = (turned[chosen].min(axis=0) + turned[chosen].max(axis=0)) / 2.0
    middle[0] *= view.turn != 0  # from the front, the midline is in the middle
    shot = Shot(rotation, middle, view.half, view.size)
    pixels = shot.pixels(points)

    def annotate(overlay: Overlay) -> None:
        _name(overlay, view, pixels[chosen])
        mirrored = [k for k in protocol.mirror()[chosen] if view.turn == 0 and k not in chosen]
        for index in [*mirrored, *chosen]:
            overlay.disc(tuple(pixels[index]), 7.0, PAPER)
            overlay.disc(tuple(pixels[index]), 5.5, DOT if index in chosen else OTHER_DOT)

    return image_data(draw_head(model.neutral, model.triangles, shot, BACKDROP_TOP, annotate))


def _name(overlay: Overlay, view: View, pixels: np.ndarray) -> None:
    (width, height), order, labels = view.size, np.argsort(pixels[:, 0], kind="stable"), view.labels.split()
    for own, x, align in ((order[: view.left], COLUMN, "right"), (order[view.left :], width - COLUMN, "left")):
        for index, y in zip(own, place_column(pixels[own], x, 1.5 * TEXT, 70.0, height - 30.0), strict=True):
            overlay.lines(np.array([[(x, y), pixels[index]]]), INK, 1.2, 0.7)
            overlay.text((x, y), f" {labels[index]} ", TEXT, INK, align, False, BACKDROP_TOP, 0.8)
    overlay.lines(np.array([[(20, 20), (20 + 10 * height / (2 * view.half), 20)]]), INK, 3.0)
    overlay.text((20.0, 42.0), "10 mm", 20, INK, background=BACKDROP_TOP, cover=0.8)


if __name__ == "__main__":
    main()
