"""What a person is told of placed landmarks: the unit, an unusual shape, what is missing, doubtful or in part there."""

from __future__ import annotations

from ..units import unit_in_words
from .alignment import Alignment
from .model import Model
from .prediction import RANGE_OF_DOUBT, Prediction


def landmark_warnings(model: Model, alignment: Alignment, found: Prediction, unusual: bool, unit: str) -> list[str]:
    """Sentences for the user, most important first.

    :param found: the landmarks, :param unusual: their shape is unlike those that the model knows
    :param unit: as it was asked for, ``"auto"`` where it was found by the scan's size
    """
    settings, protocol, thing = model.settings, model.protocol, model.thing
    warnings = []
    if alignment.unit != "mm":
        by = "The scan's size says that its unit is" if unit == "auto" else "The scan's unit is"
        warnings.append(f"{by} {unit_in_words(alignment.unit)}; expected errors are in mm.")
    if unusual:
        warnings.append(
            f"The shape of this {thing} is unlike those that the model knows: what is said of symmetry and of "
            "places that do not fit the others does not hold for it."
        )
    if found.missing.any():
        lost = [landmark for landmark, gone in zip(protocol.landmarks, found.missing, strict=True) if gone]
        names = ", ".join(landmark.label for landmark in lost)
        are = "landmark is" if len(lost) == 1 else "landmarks are"
        warnings.append(f"{len(lost)} {are} not on the scan: {names}.")
    doubtful = int(found.doubtful.sum())
    if doubtful:
        are, them = ("landmark is", "it") if doubtful == 1 else ("landmarks are", "them")
        off = f"expected to be more than {settings['doubtful_mm']:g} mm off"
        if "ranges" in settings:
            off = f"left uncertain by the scan, by more than {RANGE_OF_DOUBT * settings['doubtful_mm']:g} mm"
        warnings.append(f"{doubtful} {are} {off}: check {them}.")
    if alignment.coverage < settings["good_coverage"]:
        warnings.append(
            f"The scan shows only a part of the {thing}, or differs much from the mean {thing}: check all points."
        )
    return warnings
