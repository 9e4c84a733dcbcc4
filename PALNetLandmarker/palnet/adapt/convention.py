"""A person's convention: where their landmarks lie to the model's, and landmarks of their own; as a value and a file.

All lengths are in mm on the model's mean face, all vectors in the face frame: x to the subject's left, y up, z forward.
On a scan they are turned with its face and scaled with its size, see :mod:`palnet.adapt.frame`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, isfinite, nan

from ..errors import ConventionError
from ..formats.text import some_of
from ..pipeline.model import Model

FEWEST_SCANS = 3
"""That a convention, or a landmark of one's own, is learned from."""
OFF_SURFACE_MM = 1.0
"""What a person places farther from the surface lies off it: no mesh is so coarse."""
FARTHEST_MM = 20.0
"""On a face: what lies farther from the model's place is no habit, but other points, a slip, or another frame."""
SCANS_FOR_ERROR = 5
"""From so many on the expected error of a landmark of one's own is known."""
FRAMES = ("face", "surface")
CARRIERS = ("surface", "spline")

Vector = tuple[float, float, float]
"""Along x, y and z."""


@dataclass(frozen=True)
class LandmarkShift:
    """What was learned of one of the model's landmarks.

    :ivar used: its shift is used, for the scans left out say that it helps; else the landmark is left alone
    :ivar scans: on which the person placed or accepted it, :ivar moved: on how many of them it lies elsewhere
    :ivar shift: mm, from the model's place to the person's, zero where it is not used
    :ivar frame: what the shift turns with: ``"face"``, or ``"surface"``, the skin about the model's place
    :ivar normal: unit, of that skin as it was in the mean; what ``"surface"`` turns from
    :ivar spread: mm, of the person's places about the shifted ones, along an axis (standard deviation)
    :ivar before: mm, mean distance from the model's place to the person's; NaN where no one placed the landmark
    :ivar after: mm, likewise from the shifted place, each scan by what was learned without it
    :ivar error_factor: by which the expected error and the range change with the shift; 1 where it is not used
    :ivar reach: mm, from the shifted place nine of ten of the person's lie within, on scans left out; NaN if not used
    :ivar off: mm, median distance of the person's places from the scans' surfaces; NaN where no surface was at hand
    """

    label: str
    used: bool = False
    scans: int = 0
    moved: int = 0
    shift: Vector = (0.0, 0.0, 0.0)
    frame: str = "face"
    normal: Vector = (0.0, 0.0, 1.0)
    spread: float = nan
    before: float = nan
    after: float = nan
    error_factor: float = 1.0
    reach: float = nan
    off: float = nan

    @property
    def is_too_far(self) -> bool:
        """Whether it is left alone because the person's places are farther away than those of any convention."""
        return not self.used and self.before > FARTHEST_MM


@dataclass(frozen=True)
class OwnLandmark:
    """A landmark that is not the model's.

    :ivar scans: from which it was learned
    :ivar carrier: what carries it to a scan: ``"surface"``, the corresponding surface (:mod:`palnet.surfaces`), or
        ``"spline"``, a thin plate spline through the model's landmarks
    :ivar place: mm, on the template of the surfaces, or on the model's mean shape
    :ivar shift: mm, from the carried place to the person's, see :class:`LandmarkShift`
    :ivar spread: mm, of the person's places about the predicted ones along an axis
    :ivar error: mm, mean distance of the person's place on scans left out; NaN from fewer than :data:`SCANS_FOR_ERROR`
    :ivar reach: mm, nine of ten are to be expected within; NaN likewise
    :ivar off: mm, as of :class:`LandmarkShift`
    """

    label: str
    scans: int
    carrier: str
    place: Vector
    shift: Vector = (0.0, 0.0, 0.0)
    spread: float = nan
    error: float = nan
    reach: float = nan
    off: float = nan


@dataclass(frozen=True)
class Convention:
    """What a person's scans say of how they place landmarks. No name of a scan or a person is in it.

    :ivar protocol: name of the model's protocol, :ivar model: its name, :ivar model_checksum: its SHA-256
    :ivar scans: that were learned from, :ivar created: the day, ISO 8601
    :ivar landmarks: one for each landmark of the model, in the protocol's order
    :ivar own: landmarks of the person's own
    """

    protocol: str
    model: str
    model_checksum: str
    scans: int
    created: str
    landmarks: tuple[LandmarkShift, ...]
    own: tuple[OwnLandmark, ...] = ()

    @property
    def used(self) -> tuple[LandmarkShift, ...]:
        """The landmarks that are shifted."""
        return tuple(one for one in self.landmarks if one.used)

    @property
    def off_surface(self) -> tuple[LandmarkShift | OwnLandmark, ...]:
        """The landmarks that the person places off the surface, where no landmark is put."""
        every: tuple[LandmarkShift | OwnLandmark, ...] = (*self.landmarks, *self.own)
        return tuple(one for one in every if one.off > OFF_SURFACE_MM)

    @property
    def changes_nothing(self) -> bool:
        """Whether a prediction stays as it is."""
        return not self.used and not self.own

    def check_fits(self, model: Model) -> None:
        """What is asked of a model before its predictions are changed.

        :raises ConventionError: the convention is of another protocol, or was learned beside another model, whose own
            habits are in it
        """
        labels = [one.label for one in self.landmarks]
        if self.protocol != model.protocol.name or labels != model.protocol.labels:
            raise ConventionError(
                f"The convention is of the protocol {self.protocol}, the model {model.name} of {model.protocol.name}: "
                "learn one with this model (palnet adapt)."
            )
        if self.model_checksum != model.checksum:
            raise ConventionError(
                f"The convention was learned with another model ({self.model}, {self.model_checksum[:12]}) than "
                f"{model.name} ({model.checksum[:12]}), and what that one does otherwise is in it: learn it again with "
                "this model (palnet adapt), from the same scans."
            )
        far = [one.label for one in self.used if hypot(*one.shift) * model.scale > FARTHEST_MM]
        if far:
            raise ConventionError(
                f"The convention moves {some_of(far)} farther than any person does ({FARTHEST_MM:.0f} mm on a face): "
                "learn it again (palnet adapt), which says what is wrong with the landmarks."
            )
        taken = [one.label for one in self.own if one.label in labels]
        if taken:
            raise ConventionError(f"'{taken[0]}' is a landmark of the model: give one's own landmark another name.")


def said(one: LandmarkShift) -> str:
    """A landmark's line for a person: ``Gn follows your convention (8 scans, 5.9 to 1.8 mm)``."""
    if one.is_too_far:
        return (
            f"{one.label} stays as the model places it ({one.scans} scans): yours are {one.before:.0f} mm away in the "
            f"mean, and no convention is more than {FARTHEST_MM:.0f} mm; look whether it is labelled and placed right"
        )
    if not one.used:
        return f"{one.label} stays as the model places it ({one.scans} scans){_off(one)}"
    gain = f"{one.before:.1f} to {one.after:.1f} mm"
    return f"{one.label} follows your convention ({one.scans} scans, {gain}){_off(one)}"


def said_of_own(one: OwnLandmark) -> str:
    """The same of a landmark of one's own."""
    error = f", expected error {one.error:.1f} mm" if isfinite(one.error) else ""
    where = " on the surface" if one.off > OFF_SURFACE_MM else ""
    return f"{one.label} is predicted{where} ({one.scans} scans{error}){_off(one)}"


def said_of_off_surface(one: Convention) -> str:
    """A sentence on the landmarks that a person places off the surface; empty where there are none."""
    each = [f"{landmark.label} ({landmark.off:.1f} mm)" for landmark in one.off_surface]
    if not each:
        return ""
    return (
        f"You place these off the surface of the scans: {some_of(each)}. That cannot be followed, for landmarks are "
        "put onto the surface; where one follows in part, its stated error holds what is left."
    )


def summary(one: Convention) -> str:
    """What a convention comes to: ``8 scans; 2 of 50 landmarks follow your convention, 1 of your own is predicted``."""
    marked, own = sum(shift.scans > 0 for shift in one.landmarks), len(one.own)
    parts = []
    if marked:
        parts.append(f"{len(one.used)} of {marked} landmarks follow your convention")
    if own or not marked:
        parts.append(f"{own} of your own {'is' if own == 1 else 'are'} predicted")
    return f"{one.scans} scans; {', '.join(parts)}"


def _off(one: LandmarkShift | OwnLandmark) -> str:
    if not one.off > OFF_SURFACE_MM:
        return ""
    return f"; you place it {one.off:.1f} mm off the surface, and landmarks are put onto it only"
