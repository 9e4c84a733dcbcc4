"""A method measured on scans whose landmarks are known: what it said of each scan, as data, and its sums."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any
from typing import Protocol as Interface

import numpy as np
from scipy.spatial.transform import Rotation
from vtkmodules.vtkCommonDataModel import vtkPolyData

from ..errors import Cancelled, PalnetError, ProtocolError
from ..formats.text import MM_PER_UNIT
from ..measures import metrics
from ..pipeline.alignment import UNITS
from ..pipeline.prediction import Prediction, from_rows, rows_or_null
from ..protocols.protocol import Protocol
from ..rigid import apply
from ..scans.file import read_surface
from ..scans.surface import polydata_from_arrays

if TYPE_CHECKING:
    from ..training.annotated import AnnotatedScans
    from ..training.dataset import PopulationScans

TEST_SEED = 2026
"""Of the synthetic test scans; their subjects are in no training whatever its seed (palnet.training.dataset.SPLITS)."""


class Landmarker(Interface):
    """What is measured: a model's :class:`palnet.pipeline.predictor.Predictor`, or a baseline."""

    def predict_surface(self, mesh: vtkPolyData, unit: str = "auto") -> Prediction:
        """Landmarks in the mesh's own coordinates; raises a :class:`PalnetError` where it finds none."""
        ...


@dataclass(frozen=True)
class Case:
    """A scan with known landmarks.

    :ivar mesh: reads the scan; may raise a :class:`PalnetError`, which counts as a failure of the method
    :ivar truth: (L, 3) in the mesh's coordinates, NaN where not known
    :ivar shown: (L,) bool, the scan has a place for the landmark
    :ivar mm: millimetres in one unit of the mesh
    """

    name: str
    subject: str
    mesh: Callable[[], vtkPolyData]
    truth: np.ndarray
    shown: np.ndarray
    mm: float = 1.0


@dataclass(frozen=True)
class ScanResult:
    """What a method said of one scan, in mm in the scan's own frame.

    :ivar found: (L, 3), NaN where missing, all of them where the scan was refused
    :ivar truth: (L, 3), NaN where not known, :ivar shown: (L,) bool
    :ivar expected: (L,) mm expected error, NaN where the method does not say
    :ivar failure: the sentence with which the scan was refused, or empty
    :ivar warning: a sentence that puts the result in doubt, or empty
    """

    name: str
    subject: str
    found: np.ndarray
    truth: np.ndarray
    shown: np.ndarray
    expected: np.ndarray
    failure: str = ""
    seconds: float = np.nan
    warning: str = ""


@dataclass(frozen=True)
class Evaluation:
    """One method on one set of scans.

    :ivar method: name of the model or baseline, :ivar data: name of the set
    :ivar limits: mm: below the first a landmark is good, above the second bad
    """

    method: str
    data: str
    protocol: Protocol
    results: tuple[ScanResult, ...]
    limits: tuple[float, float] = metrics.LIMITS_MM

    @cached_property
    def found(self) -> np.ndarray:
        """(S, L, 3), see :class:`ScanResult`."""
        return np.stack([result.found for result in self.results])

    @cached_property
    def truth(self) -> np.ndarray:
        """(S, L, 3), see :class:`ScanResult`."""
        return np.stack([result.truth for result in self.results])

    @cached_property
    def shown(self) -> np.ndarray:
        """(S, L), see :class:`ScanResult`."""
        return np.stack([result.shown for result in self.results])

    @cached_property
    def expected(self) -> np.ndarray:
        """(S, L), see :class:`ScanResult`."""
        return np.stack([result.expected for result in self.results])

    @cached_property
    def errors(self) -> np.ndarray:
        """(S, L) mm, see :func:`palnet.measures.metrics.point_errors`."""
        return metrics.point_errors(self.found, self.truth, self.shown)

    @cached_property
    def aligned(self) -> np.ndarray:
        """(S,) bool, see :func:`palnet.measures.metrics.aligned`."""
        return metrics.aligned(self.errors, self.truth)

    @cached_property
    def accepted(self) -> np.ndarray:
        """(S,) bool: the scan was not refused."""
        return np.array([not result.failure for result in self.results])

    def points(self, landmarks: Iterable[int] | None = None) -> metrics.PointErrors:
        """Point-wise errors of some landmarks, or of all."""
        some = slice(None) if landmarks is None else np.array(list(landmarks), int)
        return metrics.summarise(self.errors[:, some], self.truth[:, some], self.shown[:, some], self.limits)

    def called_missing(self, landmarks: Iterable[int] | None = None) -> tuple[float, float]:
        """Shares of the hidden and of the shown that were called missing, of some landmarks, or of all."""
        some = slice(None) if landmarks is None else np.array(list(landmarks), int)
        return metrics.called_missing(self.found[:, some], self.shown[:, some], self.accepted)

    def region_landmarks(self) -> dict[str, list[int]]:
        """Indices of the landmarks of each region that the protocol names."""
        regions: dict[str, list[int]] = {}
        for k, landmark in enumerate(self.protocol.landmarks):
            if landmark.region:
                regions.setdefault(landmark.region, []).append(k)
        return regions

    def regions(self) -> dict[str, metrics.PointErrors]:
        """Point-wise errors of the landmarks of each region."""
        return {name: self.points(landmarks) for name, landmarks in self.region_landmarks().items()}

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data, null where a number is missing; :meth:`from_json` reads it back."""
        return {
            "method": self.method,
            "data": self.data,
            "limits_mm": list(self.limits),
            "protocol": self.protocol.to_json(),
            "scans": [
                {
                    "name": one.name,
                    "subject": one.subject,
                    "failure": one.failure,
                    "warning": one.warning,
                    "seconds": one.seconds if np.isfinite(one.seconds) else None,
                    "shown": one.shown.tolist(),
                    **{key: rows_or_null(getattr(one, key)) for key in ("found", "truth", "expected")},
                }
                for one in self.results
            ],
        }

    @staticmethod
    def from_json(data: dict[str, Any]) -> Evaluation:
        """Evaluation from plain JSON data.

        :raises ValueError, KeyError, TypeError, ProtocolError: the data is not an evaluation
        """
        protocol = Protocol.from_json(data["protocol"])
        count = len(protocol)
        results = tuple(
            ScanResult(
                name=one["name"],
                subject=one["subject"],
                found=from_rows(one["found"], (count, 3)),
                truth=from_rows(one["truth"], (count, 3)),
                shown=np.array(one["shown"], bool),
                expected=from_rows(one["expected"], (count,)),
                failure=one["failure"],
                seconds=np.nan if one["seconds"] is None else one["seconds"],
                warning=one.get("warning", ""),
            )
            for one in data["scans"]
        )
        good, bad = data["limits_mm"]
        return Evaluation(data["method"], data["data"], protocol, results, (good, bad))


def evaluate(landmarker: Landmarker, case: Case, unit: str = "auto") -> ScanResult:
    """Run a method on one scan; a refused scan is a result like any other.

    :raises ProtocolError: the method places other landmarks than are known
    """
    started = time.perf_counter()
    try:
        prediction = landmarker.predict_surface(case.mesh(), unit)
    except Cancelled:
        raise
    except PalnetError as error:
        return refused(case, str(error), time.perf_counter() - started)
    return measured(case, prediction, time.perf_counter() - started)


def measured(case: Case, prediction: Prediction, seconds: float = np.nan) -> ScanResult:
    """A prediction beside the truth.

    :raises ProtocolError: it has not the landmarks of the case
    """
    if prediction.points.shape != case.truth.shape:
        raise ProtocolError(
            f"{case.name} has {len(case.truth)} landmarks and the prediction {len(prediction.points)}: "
            "use a model of the same protocol."
        )
    known = next((unit for unit, mm in MM_PER_UNIT.items() if mm == case.mm), "")
    warning = (
        f"{case.name} counts as a scan in {known}, and the method takes it for one in {prediction.unit}: one of the "
        "two is wrong, and so may be its errors. Name the unit with --unit."
    )
    return ScanResult(
        case.name,
        case.subject,
        prediction.points * case.mm,
        case.truth * case.mm,
        case.shown,
        np.where(prediction.missing, np.nan, prediction.expected_error),
        seconds=seconds,
        warning=warning if prediction.unit != known else "",
    )


def refused(case: Case, failure: str, seconds: float = np.nan) -> ScanResult:
    """The result of a scan on which nothing was placed."""
    nothing = np.full(case.truth.shape, np.nan)
    return ScanResult(
        case.name, case.subject, nothing, case.truth * case.mm, case.shown, nothing[:, 0], failure, seconds
    )


def annotated_cases(scans: AnnotatedScans) -> list[Case]:
    """Scans on which a person placed landmarks; one that the person did not place counts as not shown."""
    return [
        Case(
            scan.name,
            scan.subject,
            partial(read_surface, scan.path),
            scan.points,
            np.isfinite(scan.points).all(axis=1),
            scans.scale_mm,
        )
        for scan in scans.scans
    ]


def synthetic_cases(source: PopulationScans, count: int) -> Iterator[Case]:
    """Synthetic scans in random poses and units, half of them with 2,000 to 500,000 vertices.

    Scans that show less than a third of the landmarks are left out before anything is measured, as in training.

    :param source: of the split ``"test"`` with the seed ``TEST_SEED``, for scans that nobody has trained on
    """
    number = done = 0
    while done < count:
        number += 1
        scan = source.scan(number, any_resolution(number))
        if scan.visible.sum() < len(scan.visible) / 3:
            continue
        done += 1
        mm = list(UNITS.values())[number % len(UNITS)]
        to_file = np.eye(4)
        to_file[:3, :3] = Rotation.random(random_state=number).as_matrix() / mm
        to_file[:3, 3] = np.random.default_rng((number, 99)).normal(0, 300, 3) / mm
        mesh = polydata_from_arrays(apply(to_file, scan.surface.points).astype(np.float32), scan.surface.triangles)
        name = f"test {number}"
        yield Case(name, name, partial(_same, mesh), apply(to_file, scan.landmarks), scan.visible, mm)


def any_resolution(number: int) -> int | None:
    """How many vertices the synthetic scan of a number has: None, the scanner's own, in half of them."""
    rng = np.random.default_rng((number, 98))
    return None if rng.random() < 0.5 else int(np.exp(rng.uniform(np.log(2000), np.log(500_000))))


def _same(mesh: vtkPolyData) -> vtkPolyData:
    return mesh
