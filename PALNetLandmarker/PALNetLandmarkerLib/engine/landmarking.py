"""From a model node in the scene to a fiducial node, by the engine; whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from palnet.errors import Cancelled, PalnetError
from palnet.pipeline.model import Model, bundled_models
from palnet.pipeline.prediction import Prediction, Progress
from palnet.protocols.protocol import Protocol

from ..nodes.fiducials import create_fiducials, fill_fiducials, style_fiducials
from ..nodes.scan_nodes import remove_node
from ..nodes.scan_size import AUTO, size_of, tell_placed_with, unit_of
from ..nodes.scene import surface_of
from ..nodes.volumes import is_volume
from .conventions import followed
from .skins import skin_model

_SKIN_SHARE = 0.7
"""How much of the way from a volume to its landmarks the skin takes."""


@dataclass(frozen=True)
class Placement:
    """Landmarks in the scene.

    :ivar node: ``vtkMRMLMarkupsFiducialNode``, :ivar prediction: what it was filled from
    """

    node: Any
    prediction: Prediction


def bundled_model_names() -> list[str]:
    """Names of the landmark models that come with the extension."""
    try:
        return sorted(bundled_models())
    except PalnetError:  # the installation is incomplete: the user can still choose a file
        return []


def protocol_of(landmark_model: str) -> Protocol | None:
    """The landmarks of a landmark model, by name or file; None where it cannot be read."""
    try:
        return Model.find(landmark_model).protocol
    except PalnetError:
        return None


def place_landmarks(
    model: Any, landmark_model: str, output: Any = None, progress: Progress | None = None, size: str | None = None
) -> Placement:
    """Landmark a model node, or a volume node: of that the skin is found first, and becomes a model node.

    :param model: ``vtkMRMLModelNode`` with a face scan; its parent transforms count; or ``vtkMRMLScalarVolumeNode``
    :param landmark_model: name of a bundled landmark model, or path of a ``.palnet`` file
    :param output: ``vtkMRMLMarkupsFiducialNode`` to fill; a new one by default
    :param progress: called with the fraction done and the name of the step; may raise ``Cancelled``
    :param size: how large the scan is, see :func:`.scan_size.size_of`; by default what its node says
    :raises PalnetError: the scan or the landmark model does not fit, or the run was cancelled; the scene is as before
    """
    if is_volume(model):
        return _place_on_volume(model, landmark_model, output, progress)
    scene = model.GetScene()
    surface = surface_of(model)
    from palnet.pipeline.predictor import Predictor  # the panel opens sooner without

    predictor = followed(Predictor.load(landmark_model), landmark_model)
    prediction = predictor.predict_surface(surface, unit=unit_of(model, size), progress=progress)

    if progress is not None:
        progress(1.0, "Showing the landmarks")  # the last moment to cancel
    # The window lives while the engine works: the scan may have been deleted, or the scene closed.
    if not scene.IsNodePresent(model):
        raise Cancelled("The scan was removed while its landmarks were being placed.")
    return fill(model, prediction, output, size=size_of(model) if size is None else size)


def _place_on_volume(volume: Any, landmark_model: str, output: Any, progress: Progress | None) -> Placement:
    """Landmark the skin of a volume node; where there are no landmarks, a new skin goes again."""

    def part(start: float, end: float) -> Progress | None:
        if progress is None:
            return None
        return lambda share, step: progress(start + (end - start) * share, step)

    skin, is_new = skin_model(volume, part(0.0, _SKIN_SHARE))
    try:
        return place_landmarks(skin, landmark_model, output, part(_SKIN_SHARE, 1.0))
    except BaseException:
        if is_new and volume.GetScene() is not None and volume.GetScene().IsNodePresent(skin):
            remove_node(volume.GetScene(), skin)
        raise


def fill(model: Any, prediction: Prediction, output: Any = None, of_file: bool = False, size: str = AUTO) -> Placement:
    """Put the landmarks of a model node into the scene.

    :param model: ``vtkMRMLModelNode``, :param prediction: of its surface as shown, or of its file
    :param output: ``vtkMRMLMarkupsFiducialNode`` to fill; a new one by default
    :param of_file: the prediction is of the file, whatever transforms the model is under
    :param size: what was said of the scan's size when it was made
    """
    scene = model.GetScene()
    is_new = output is None or not scene.IsNodePresent(output)
    node: Any = create_fiducials(scene, f"{model.GetName()} landmarks") if is_new else output
    unstyled = node.GetNumberOfControlPoints() == 0
    try:
        fill_fiducials(node, prediction, model, of_file)
    except Exception:
        if is_new:
            scene.RemoveNode(node)
        raise
    tell_placed_with(node, size)
    node.CreateDefaultDisplayNodes()
    if unstyled:
        style_fiducials(node)
    return Placement(node, prediction)
