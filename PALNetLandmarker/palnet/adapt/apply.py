"""A convention on a scan: landmarks where the person has them, back on the surface, and those of their own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from vtkmodules.vtkCommonDataModel import vtkPolyData

from ..errors import PalnetError
from ..pipeline.model import Model
from ..pipeline.prediction import Prediction
from ..protocols.from_labels import protocol_from_labels
from ..protocols.protocol import Landmark, Protocol
from ..scans.clean import usable
from ..scans.surface import Surface, surface_from_polydata
from .carry import carrier
from .convention import Convention, OwnLandmark
from .file import checksum
from .frame import SKIN_MM, FaceFrame, Skin, outward, turned_between
from .own import REACH_MM

_FEW_SCANS = 1.5
"""By how much ranges of a shift from few scans are wider, as a share that falls with the square of their number."""


class Adapter:
    """A convention made ready for any number of predictions of a model.

    :raises ConventionError: it does not fit the model, see :meth:`palnet.adapt.convention.Convention.check_fits`
    """

    def __init__(self, convention: Convention, model: Model) -> None:
        convention.check_fits(model)
        self.convention, self.model = convention, model
        self._checksum = checksum(convention)
        ones = convention.landmarks
        self._used = np.array([one.used for one in ones])
        self._shift = np.array([one.shift for one in ones], float)
        self._normal = np.array([one.normal for one in ones], float)
        self._by_skin = np.array([one.frame == "surface" for one in ones])
        self._factor = np.array([one.error_factor for one in ones])
        self._least_error = np.array([one.after if one.used else 0.0 for one in ones])
        self._least_reach = np.array([one.reach if one.used else 0.0 for one in ones])
        counts = np.array([max(one.scans, 1) for one in ones])
        self._reach_factor = self._factor * (1.0 + _FEW_SCANS / counts**2)
        self._protocol = with_own(model.protocol, convention.own)

    def apply(self, prediction: Prediction, mesh: vtkPolyData) -> Prediction:
        """A prediction with the landmarks where the person has them.

        What the convention does not change stays as it is to the last digit. The model's own places are kept in
        ``unshifted``, and the person's own landmarks stand behind the model's.

        :param prediction: of the model, not yet changed, :param mesh: the scan, in the coordinates of the prediction
        """
        if self.convention.changes_nothing:
            return replace(prediction, convention=self._checksum)
        surface = usable(surface_from_polydata(mesh))
        frame = FaceFrame.of(prediction, self.model.mean_shape)
        shifted = self._shifted(prediction, surface, frame)
        return self._with_own(shifted, prediction, surface, frame)

    def _shifted(self, prediction: Prediction, surface: Surface, frame: FaceFrame) -> Prediction:
        moved = self._used & ~prediction.missing
        base, mm = prediction.points, self.model.scale * frame.mm
        skin = Skin(surface, base[moved], REACH_MM / mm)
        shift = self._shift
        turning = moved & self._by_skin
        if turning.any():
            normals = np.full(base.shape, np.nan)
            normals[turning] = skin.normals(base[turning], SKIN_MM * frame.size / mm)
            own = outward(frame.directions(normals), self._normal)
            shift = np.where(self._by_skin[:, None], turned_between(shift, self._normal, own), shift)
        places = base.copy()
        places[moved] = skin.onto(base[moved] + frame.to_scan(shift)[moved])
        scan_part = prediction.scan_error_mm
        # Not even on a scan that seems easy is less stated than what the scans left out have shown.
        expected, reach = prediction.expected_error * self._factor, prediction.range_mm * self._reach_factor
        expected = np.where(moved, _at_least(expected, self._least_error), prediction.expected_error)
        reach = np.where(moved, _at_least(reach, self._least_reach), prediction.range_mm)
        with np.errstate(invalid="ignore"):
            convention = np.sqrt(np.maximum(expected**2 - scan_part**2, 0.0))
        return replace(
            prediction,
            points=places,
            unshifted=np.where(moved[:, None], base, np.nan),
            convention=self._checksum,
            expected_error=expected,
            range_mm=reach,
            convention_mm=np.where(moved & np.isfinite(prediction.convention_mm), convention, prediction.convention_mm),
        )

    def _with_own(self, shifted: Prediction, prediction: Prediction, surface: Surface, frame: FaceFrame) -> Prediction:
        own = self.convention.own
        if not own:
            return shifted
        points, warnings = np.full((len(own), 3), np.nan), list(shifted.warnings)
        for kind in sorted({one.carrier for one in own}):
            which = [k for k, one in enumerate(own) if one.carrier == kind]
            try:
                points[which] = self._carried(kind, [own[k] for k in which], prediction, surface, frame)
            except PalnetError as problem:
                labels = ", ".join(own[k].label for k in which)
                warnings.append(f"Landmarks of your own could not be placed ({labels}). {problem}")
        there = np.isfinite(points).all(axis=1)

        def behind(values: np.ndarray, more: np.ndarray) -> np.ndarray:
            return np.concatenate([values, more])

        nothing = np.full(len(own), np.nan)
        error, reach = (np.array([getattr(one, name) for one in own]) for name in ("error", "reach"))
        return replace(
            shifted,
            protocol=self._protocol,
            points=behind(shifted.points, points),
            expected_error=behind(shifted.expected_error, np.where(there, error * frame.size, np.nan)),
            presence=behind(shifted.presence, there.astype(float)),
            range_mm=behind(shifted.range_mm, np.where(there, reach * frame.size, np.nan)),
            convention_mm=behind(shifted.convention_mm, nothing),
            unshifted=behind(shifted.unshifted, np.full((len(own), 3), np.nan)),
            warnings=tuple(warnings),
        )

    def _carried(
        self, kind: str, own: list[OwnLandmark], prediction: Prediction, surface: Surface, frame: FaceFrame
    ) -> np.ndarray:
        """(N, 3) places on the scan; NaN where it shows no surface near one."""
        mm = self.model.scale * frame.mm
        way = carrier(kind, prediction, self.model, surface)
        places = way.to_scan(np.array([one.place for one in own], float))
        skin = Skin(surface, places, REACH_MM / mm)
        on_skin = skin.onto(places)
        gone = np.linalg.norm(on_skin - places, axis=1) * frame.mm > self.model.settings["most_distance_mm"]
        shift = np.array([one.shift for one in own], float)
        moved = shift.any(axis=1)
        if moved.any():
            on_skin[moved] = skin.onto(on_skin[moved] + frame.to_scan(shift)[moved])
        on_skin[gone] = np.nan
        return on_skin


def with_own(protocol: Protocol, own: tuple[OwnLandmark, ...]) -> Protocol:
    """A protocol with landmarks of a person's own behind its own ones.

    Which side one is on, and what its mirror image is, is taken from its name alone, as ``_R`` and ``_L``.
    """
    if not own:
        return protocol
    sides = {one.label: one for one in protocol_from_labels("own", [one.label for one in own]).landmarks}
    more = tuple(
        Landmark(
            one.label,
            one.label,
            sides[one.label].side if sides[one.label].pair else _side(one),
            pair=sides[one.label].pair,
            definition=f"A landmark of your own, learned from {one.scans} scans.",
            view=_view(one),
        )
        for one in own
    )
    return replace(protocol, landmarks=(*protocol.landmarks, *more))


def _at_least(values: np.ndarray, least: np.ndarray) -> np.ndarray:
    """The larger of both; what is not known stays so, and a limit that is not known is none."""
    return np.where(values < least, least, values)


_MIDLINE_MM = 5.0


def _side(one: OwnLandmark) -> str:
    across = one.place[0]
    return "midline" if abs(across) < _MIDLINE_MM else "left" if across > 0 else "right"


def _view(one: OwnLandmark) -> tuple[float, float, float]:
    """From where it is judged: from the front, and from its side if it lies aside."""
    return (0.0, 0.0, 1.0) if _side(one) == "midline" else (0.7 if one.place[0] > 0 else -0.7, 0.0, 0.7)
