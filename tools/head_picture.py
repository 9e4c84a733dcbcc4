"""The face model's neutral head, drawn from any side: shared by the tools that make pictures of landmarks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import vtk
from palnet.scans.surface import polydata_from_arrays
from PALNetLandmarkerLib.palette import SKIN, Color
from PALNetLandmarkerLib.view.drawing import Overlay, image_data, pixels_of
from scipy.spatial.transform import Rotation
from vtk.util.numpy_support import numpy_to_vtk


def write_tiles(path: Path, rows: Sequence[Sequence[np.ndarray]], quality: int) -> None:
    """Write pictures (height, width, 3) uint8 of one size as one JPEG file, rows from top to bottom."""
    writer = vtk.vtkJPEGWriter()
    writer.SetFileName(str(path))
    writer.SetQuality(quality)
    writer.SetInputData(image_data(np.vstack([np.hstack(row) for row in rows])))
    writer.Write()


@dataclass(frozen=True)
class Shot:
    """A picture without perspective of something in the face frame.

    :ivar rotation: from the face frame to the viewer's (x right, y up, z towards the viewer)
    :ivar middle: (3,) what is in the middle of the picture, in the viewer's frame, mm
    :ivar half: half the picture's height, mm, :ivar size: (width, height) px
    """

    rotation: Rotation
    middle: np.ndarray
    half: float
    size: tuple[int, int]

    def pixels(self, points: np.ndarray) -> np.ndarray:
        """(N, 2) px from the lower left corner, of (N, 3) points of the face frame."""
        flat = (self.rotation.apply(points) - self.middle)[:, :2]
        return flat * self.size[1] / (2 * self.half) + np.array(self.size) / 2


def draw_head(
    vertices: np.ndarray,
    triangles: np.ndarray,
    shot: Shot,
    background: Color,
    annotate: Callable[[Overlay], None],
    colors: np.ndarray | None = None,
    soft: bool = False,
) -> np.ndarray:
    """Draw a head.

    :param vertices: (V, 3) mm, face frame, :param triangles: (T, 3)
    :param annotate: draws what lies over the head
    :param colors: (V, 3) from 0 to 1; skin by default
    :param soft: even light, and shadows in hollows, so that nostrils and ears are easier to read
    :returns: (height, width, 3) uint8, first row on top
    """
    renderer, window = vtk.vtkRenderer(), vtk.vtkRenderWindow()
    mapper, actor, lights = vtk.vtkPolyDataMapper(), vtk.vtkActor(), vtk.vtkLightKit()
    normals, camera = vtk.vtkPolyDataNormals(), renderer.GetActiveCamera()
    surface = polydata_from_arrays(shot.rotation.apply(vertices) - shot.middle, triangles)
    if colors is not None:
        surface.GetPointData().SetScalars(numpy_to_vtk(np.round(colors * 255).astype(np.uint8), deep=True))
    normals.SplittingOff()
    normals.SetInputData(surface)
    mapper.SetInputConnection(normals.GetOutputPort())
    actor.SetMapper(mapper)
    actor.GetProperty().SetColor(*SKIN)
    lights.SetKeyToHeadRatio(1.8)
    lights.AddLightsToRenderer(renderer)
    renderer.SetBackground(*background)
    renderer.AddActor(actor)
    above = renderer
    if soft:
        lights.SetKeyLightIntensity(0.82)
        lights.SetKeyToFillRatio(1.5)
        lights.SetKeyToBackRatio(2.5)
        renderer.SetUseSSAO(True)
        renderer.SetSSAORadius(0.25 * shot.half)
        renderer.SetSSAOBias(0.03 * shot.half)
        renderer.SetSSAOKernelSize(128)
        renderer.SSAOBlurOn()
        # What lies over the head would throw shadows, too.
        above = vtk.vtkRenderer()
        above.SetLayer(1)
        window.SetNumberOfLayers(2)
        window.AddRenderer(above)
    camera.ParallelProjectionOn()
    camera.SetParallelScale(shot.half)
    camera.SetPosition(0, 0, 600)
    renderer.ResetCameraClippingRange()
    annotate(Overlay(above))
    window.SetOffScreenRendering(1)
    window.SetSize(*shot.size)
    window.AddRenderer(renderer)
    return pixels_of(window)
