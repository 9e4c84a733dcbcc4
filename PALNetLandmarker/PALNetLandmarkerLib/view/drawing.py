"""Text, lines, discs and images at pixel places of a VTK renderer: what a picture needs beside the 3D view."""

from __future__ import annotations

import numpy as np
import vtk
from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy

from ..palette import Color

_DPI = 72
_ALIGN = {"left": 0, "center": 1, "right": 2}


class Overlay:
    """Flat drawing over a renderer; places are pixels from the lower left corner."""

    def __init__(self, renderer: vtk.vtkRenderer) -> None:
        self._renderer = renderer
        self._actors: list[vtk.vtkActor2D] = []

    def clear(self) -> None:
        """Take away everything that was drawn."""
        for actor in self._actors:
            self._renderer.RemoveViewProp(actor)
        self._actors.clear()

    def text(
        self,
        place: tuple[float, float],
        words: str,
        size: int,
        color: Color,
        align: str = "left",
        bold: bool = False,
        background: Color | None = None,
        cover: float = 1.0,
    ) -> None:
        """One or more lines of text, centred in height on ``place``.

        :param words: a "|" would be taken for a column of a table
        :param align: ``left``, ``center`` or ``right``: which end of the text is at ``place``
        :param background: colour of a box behind the text, :param cover: its opacity
        """
        actor = vtk.vtkTextActor()
        actor.SetInput(words)
        style = actor.GetTextProperty()
        style.SetFontFamilyToArial()
        style.SetFontSize(size)
        style.SetBold(bold)
        style.SetColor(*color)
        style.SetJustification(_ALIGN[align])
        style.SetVerticalJustificationToCentered()
        style.SetLineSpacing(1.25)
        if background is not None:
            style.SetBackgroundColor(*background)
            style.SetBackgroundOpacity(cover)
        actor.SetPosition(*place)
        self._add(actor)

    def lines(self, segments: np.ndarray, color: Color, width: float = 1.0, opacity: float = 1.0) -> None:
        """Straight lines.

        :param segments: (N, 2, 2) px, two ends of each
        """
        cells = vtk.vtkCellArray()
        for index in range(len(segments)):
            cells.InsertNextCell(2, (2 * index, 2 * index + 1))
        data = vtk.vtkPolyData()
        data.SetPoints(_points(np.reshape(segments, (-1, 2))))
        data.SetLines(cells)
        self._add_shape(data, color, width, opacity)

    def disc(self, place: tuple[float, float], radius: float, color: Color) -> None:
        """A filled circle."""
        angles = np.linspace(0.0, 2.0 * np.pi, 48, endpoint=False)
        outline = np.asarray(place) + radius * np.column_stack([np.cos(angles), np.sin(angles)])
        self.polygon(outline, color)

    def polygon(self, outline: np.ndarray, color: Color) -> None:
        """A filled shape.

        :param outline: (N, 2) px
        """
        cells = vtk.vtkCellArray()
        cells.InsertNextCell(len(outline), tuple(range(len(outline))))
        data = vtk.vtkPolyData()
        data.SetPoints(_points(outline))
        data.SetPolys(cells)
        self._add_shape(data, color, 1.0, 1.0)

    def image(self, place: tuple[float, float], pixels: np.ndarray) -> None:
        """A picture with its lower left corner at ``place``.

        :param pixels: (height, width, 3) uint8, first row on top
        """
        mapper = vtk.vtkImageMapper()
        mapper.SetInputData(image_data(pixels))
        mapper.SetColorWindow(255.0)
        mapper.SetColorLevel(127.5)
        actor = vtk.vtkActor2D()
        actor.SetMapper(mapper)
        actor.SetPosition(*place)
        self._add(actor)

    def _add_shape(self, data: vtk.vtkPolyData, color: Color, width: float, opacity: float) -> None:
        mapper = vtk.vtkPolyDataMapper2D()
        mapper.SetInputData(data)
        actor = vtk.vtkActor2D()
        actor.SetMapper(mapper)
        actor.GetProperty().SetColor(*color)
        actor.GetProperty().SetLineWidth(width)
        actor.GetProperty().SetOpacity(opacity)
        self._add(actor)

    def _add(self, actor: vtk.vtkActor2D) -> None:
        self._renderer.AddViewProp(actor)
        self._actors.append(actor)


def width_of(words: str, size: int, bold: bool = False) -> int:
    """The width of a text as :meth:`Overlay.text` draws it, px."""
    style, box = vtk.vtkTextProperty(), [0] * 4
    style.SetFontFamilyToArial()
    style.SetFontSize(size)
    style.SetBold(bold)
    vtk.vtkTextRenderer.GetInstance().GetBoundingBox(style, words, box, _DPI)
    return int(box[1] - box[0])


def can_be_drawn(words: str) -> bool:
    """Whether the letters are in the font, which leaves out others without a word: it has those of the West."""
    none = width_of("xx", 20)
    return all(letter.isspace() or width_of(f"x{letter}x", 20) > none for letter in words if not letter.isascii())


def fitted(words: str, size: int, width: float, bold: bool = False) -> str:
    """A text with its end cut off where it is wider than so many px."""
    shown = words
    while shown and width_of(shown, size, bold) > width:
        words = words[:-1].rstrip()
        shown = f"{words} ..." if words else ""
    return shown


def image_data(pixels: np.ndarray) -> vtk.vtkImageData:
    """A picture for VTK, whose first row is the lowest.

    :param pixels: (height, width, 3) uint8, first row on top
    """
    height, width, channels = pixels.shape
    data = vtk.vtkImageData()
    data.SetDimensions(width, height, 1)
    flat = np.ascontiguousarray(pixels[::-1]).reshape(-1, channels)
    data.GetPointData().SetScalars(numpy_to_vtk(flat, deep=True))
    return data


def pixels_of(window: vtk.vtkRenderWindow) -> np.ndarray:
    """(height, width, 3) uint8: what a window shows when it is drawn now, first row on top."""
    window.Render()
    width, height = window.GetSize()
    buffer = vtk.vtkUnsignedCharArray()
    window.GetPixelData(0, 0, width - 1, height - 1, 0, buffer, 0)
    return np.ascontiguousarray(vtk_to_numpy(buffer).reshape(height, width, 3)[::-1])


def _points(flat: np.ndarray) -> vtk.vtkPoints:
    """(N, 2) px as VTK points."""
    points = vtk.vtkPoints()
    points.SetData(numpy_to_vtk(np.column_stack([flat, np.zeros(len(flat))]).astype(float), deep=True))
    return points
