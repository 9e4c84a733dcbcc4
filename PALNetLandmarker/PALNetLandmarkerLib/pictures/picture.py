"""A sheet of pictures of a prediction: front, three-quarter views and profiles. VTK draws it; Slicer is not needed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import vtk
from palnet.errors import OutputError
from palnet.files import whole_file
from palnet.pipeline.prediction import Prediction
from palnet.rigid import apply
from palnet.units import mm_of
from vtk.util.numpy_support import vtk_to_numpy

from ..palette import BACKDROP_BOTTOM, BACKDROP_TOP, ERROR_CLASSES, GREY, INK, SKIN, error_class
from ..view.drawing import Overlay, image_data, pixels_of
from .labels import choose_sides, place_column
from .panels import (
    FRONT,
    LEFT_OBLIQUE,
    LEFT_PROFILE,
    PANELS,
    RIGHT_OBLIQUE,
    RIGHT_PROFILE,
    Panel,
    named,
    size_of,
    visible,
)
from .sheet import FRONT_SIZE, SIDE_SIZE, compose

_GLYPH_SHARE = 0.022  # diameter of a point, of the size of the face
_LABEL_SIZE = 22
_COLUMN = 96.0  # px from the edge, where the leaders begin


@dataclass(frozen=True)
class _Face:
    """What every panel draws, in the face frame in mm.

    :ivar points: (L, 3), NaN where missing, :ivar classes: (L,) index into ``ERROR_CLASSES``,
    :ivar named: (panels, L) bool, :ivar size: mm, from :func:`size_of`
    """

    points: np.ndarray
    classes: np.ndarray
    named: np.ndarray
    size: float

    @property
    def present(self) -> np.ndarray:
        """(L,) bool"""
        return np.isfinite(self.points).all(axis=1)


def render_sheet(prediction: Prediction, surface: vtk.vtkPolyData, title: str, path: Path) -> None:
    """Write a sheet of pictures as a PNG file.

    :param surface: the scan in the coordinates of its file
    :param title: name of the scan
    :raises OutputError: the file cannot be written
    """
    content = _png(draw_sheet(prediction, surface, title))
    try:
        with whole_file(path) as beside:
            beside.write_bytes(content)
    except OSError as error:
        raise OutputError(f"The picture cannot be written to {path}: {error.strerror or error}.") from error


def draw_sheet(prediction: Prediction, surface: vtk.vtkPolyData, title: str) -> np.ndarray:
    """The sheet of :func:`render_sheet` as (height, width, 3) uint8, first row on top."""
    scan = in_face_frame(surface, prediction.face_from_scan)
    locator = vtk.vtkStaticCellLocator()
    locator.SetDataSet(scan)
    locator.BuildLocator()
    points = apply(prediction.face_from_scan, prediction.points)
    seen = np.array([visible(panel, points, locator) for panel in PANELS])
    classes = np.array([error_class(error) for error in prediction.expected_error])
    size = size_of(points[np.isfinite(points).all(axis=1)])
    face = _Face(points, classes, named(prediction.protocol, seen), size)

    actors = [_scan(scan), *_points(face)]
    front = _draw_panels(actors, prediction, face, (FRONT,), FRONT_SIZE)
    others = (RIGHT_OBLIQUE, LEFT_OBLIQUE, RIGHT_PROFILE, LEFT_PROFILE)
    sides = _draw_panels(actors, prediction, face, others, SIDE_SIZE)
    hidden = ~(face.named.any(axis=0) | prediction.missing)
    return compose({**front, **sides}, prediction, hidden, title)


def in_face_frame(surface: vtk.vtkPolyData, face_from_scan: np.ndarray) -> vtk.vtkPolyData:
    """The scan in the face frame, with normals for smooth shading."""
    normals = vtk.vtkPolyDataNormals()
    normals.SplittingOff()
    normals.SetInputData(_moved(surface, face_from_scan))
    normals.Update()
    return normals.GetOutput()


def _moved(surface: vtk.vtkPolyData, motion: np.ndarray) -> vtk.vtkPolyData:
    """A surface, and its normals if it has some, moved by a (4, 4) transform."""
    transform = vtk.vtkTransform()
    transform.SetMatrix(motion.ravel())
    transformer = vtk.vtkTransformPolyDataFilter()
    transformer.SetTransform(transform)
    transformer.SetInputData(surface)
    transformer.Update()
    return transformer.GetOutput()


def _scan(scan: vtk.vtkPolyData) -> vtk.vtkActor:
    mapper = vtk.vtkPolyDataMapper()
    mapper.SetInputData(scan)
    mapper.ScalarVisibilityOff()
    actor = vtk.vtkActor()
    actor.SetMapper(mapper)
    look = actor.GetProperty()
    look.SetColor(*SKIN)
    look.SetInterpolationToGouraud()
    look.SetSpecular(0.08)
    look.SetSpecularPower(15.0)
    return actor


def _points(face: _Face) -> list[vtk.vtkActor]:
    """The landmarks as balls, an actor for each class of expected errors."""
    ball = vtk.vtkSphereSource()
    ball.SetRadius(_GLYPH_SHARE * face.size / 2)
    ball.SetThetaResolution(24)
    ball.SetPhiResolution(16)
    actors = []
    for index, (_, color) in enumerate(ERROR_CLASSES):
        places = vtk.vtkPoints()
        for point in face.points[(face.classes == index) & face.present]:
            places.InsertNextPoint(*point)
        data = vtk.vtkPolyData()
        data.SetPoints(places)
        glyphs = vtk.vtkGlyph3DMapper()
        glyphs.SetInputData(data)
        glyphs.SetSourceConnection(ball.GetOutputPort())
        actor = vtk.vtkActor()
        actor.SetMapper(glyphs)
        actor.GetProperty().SetColor(*color)
        actors.append(actor)
    return actors


def _draw_panels(
    actors: list[vtk.vtkActor], prediction: Prediction, face: _Face, panels: tuple[Panel, ...], size: tuple[int, int]
) -> dict[Panel, np.ndarray]:
    """Pictures of some panels at one scale."""
    width, height = size
    # Without any landmark there is still the scan to show, about where a face would be.
    shown = face.points[face.present] if face.present.any() else np.zeros((1, 3))
    flats = [panel.project(shown) for panel in panels]
    extents = np.array([np.ptp(flat, axis=0) for flat in flats])
    # Room for the columns of labels to the sides, and for the face beyond its landmarks.
    half_height = max(0.55 * face.size, 0.63 * extents[:, 1].max(), 0.74 * extents[:, 0].max() * height / width)
    # Where there is no screen VTK says so, and draws all the same.
    vtk.vtkLogger.SetStderrVerbosity(vtk.vtkLogger.VERBOSITY_ERROR)
    renderer, window = vtk.vtkRenderer(), vtk.vtkRenderWindow()
    window.SetOffScreenRendering(True)
    window.SetMultiSamples(8)
    window.SetSize(width, height)
    window.AddRenderer(renderer)
    renderer.SetBackground(*BACKDROP_BOTTOM)
    renderer.SetBackground2(*BACKDROP_TOP)
    renderer.GradientBackgroundOn()
    lights = vtk.vtkLightKit()
    lights.SetKeyLightIntensity(0.9)
    renderer.AutomaticLightCreationOff()
    lights.AddLightsToRenderer(renderer)
    for actor in actors:
        renderer.AddActor(actor)
    overlay = Overlay(renderer)
    pictures = {}
    for panel, flat in zip(panels, flats, strict=True):
        middle = (flat.min(axis=0) + flat.max(axis=0)) / 2.0
        focus = middle[0] * panel.right + middle[1] * np.array([0.0, 1.0, 0.0])
        camera = renderer.GetActiveCamera()
        camera.SetParallelProjection(True)
        camera.SetFocalPoint(*focus)
        camera.SetPosition(*(focus + panel.towards_viewer * half_height * 8.0))
        camera.SetViewUp(0.0, 1.0, 0.0)
        camera.SetParallelScale(half_height)
        renderer.ResetCameraClippingRange()
        _annotate(overlay, panel, prediction, face, middle, half_height, size)
        pictures[panel] = pixels_of(window)
        overlay.clear()
    window.Finalize()
    return pictures


def _annotate(
    overlay: Overlay,
    panel: Panel,
    prediction: Prediction,
    face: _Face,
    middle: np.ndarray,
    half_height: float,
    size: tuple[int, int],
) -> None:
    """Names with leaders, the view's title and a scale over one panel."""
    width, height = size
    per_mm = height / (2.0 * half_height)
    show = face.named[PANELS.index(panel)]
    landmarks = [landmark for landmark, shown in zip(prediction.protocol.landmarks, show, strict=True) if shown]
    anchors = (panel.project(face.points[show]) - middle) * per_mm + np.array([width, height]) / 2.0
    central = np.array([panel is FRONT and landmark.side == "midline" for landmark in landmarks], dtype=bool)
    sides = choose_sides(anchors, width / 2.0, central)
    for side, column, align in ((-1, _COLUMN, "right"), (1, width - _COLUMN, "left")):
        own = np.flatnonzero(sides == side)
        heights = place_column(anchors[own], column, 1.4 * _LABEL_SIZE, 84.0, height - 80.0)
        starts = np.column_stack([np.full(len(own), column), heights])
        overlay.lines(np.stack([starts, anchors[own]], axis=1), INK, 1.0, 0.6)
        for index, place in zip(own, starts, strict=True):
            label_place = (place[0] + 5 * side, place[1])
            overlay.text(label_place, landmarks[index].label, _LABEL_SIZE, INK, align, False, BACKDROP_TOP, 0.75)
    overlay.text((width / 2.0, height - 30.0), f" {panel.title} ", 26, INK, "center", True, BACKDROP_TOP, 0.75)
    if panel is FRONT:
        overlay.text((28.0, height - 30.0), "R", 30, GREY, bold=True)
        overlay.text((width - 28.0, height - 30.0), "L", 30, GREY, "right", bold=True)
    bar = _round_length(0.1 * face.size)
    overlay.lines(np.array([[[20.0, 22.0], [20.0 + bar * per_mm, 22.0]]]), INK, 3.0)
    overlay.text((20.0, 40.0), f"{bar:g} {mm_of(prediction.unit)}", 18, INK)


def _round_length(length: float) -> float:
    """The nearest of 1, 2, 5, 10, 20, 50 ... mm, for a scale."""
    choices = np.outer([1.0, 2.0, 5.0], 10.0 ** np.arange(-2, 4)).ravel()
    return float(choices[np.argmin(np.abs(np.log(choices / length)))])


def _png(pixels: np.ndarray) -> bytes:
    """A picture as the content of a PNG file."""
    writer = vtk.vtkPNGWriter()
    writer.WriteToMemoryOn()
    writer.SetInputData(image_data(pixels))
    writer.Write()
    return bytes(vtk_to_numpy(writer.GetResult()))
