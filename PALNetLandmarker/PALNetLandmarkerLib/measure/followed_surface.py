"""The corresponding surface of one scan's landmarks, which is fitted anew whenever one of them moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import qt
import slicer
from palnet.errors import PalnetError
from palnet.measures.surface_change import STABLE
from palnet.reports.heat_map import round_scale
from palnet.surfaces.template import face_template
from palnet.units import mm_per_unit
from slicer.i18n import tr as _

from ..engine.scan_specs import ScanSpecs
from ..engine.surface_engine import Answer, SurfaceEngine
from ..nodes.scan_nodes import scan_of
from ..nodes.surface_nodes import EXPECTED, MISSING, REGION, create_surface, fill_surface, surface_of_scan
from ..nodes.watch import Listener, PointsWatch
from ..view.surface_colours import SHOWN_EXPECTED, SHOWN_REGION, expected_values, region_values

SURFACE, ASYMMETRY, MEAN, CHANGE = "surface", "asymmetry", "mean", "change"
"""Maps of a surface."""
_SETTLED_MS, _QUIET_MS = 60, 700
_REPEATS = 5
_TURN_MS = 50


class FollowedSurface:
    """Keeps the surface of a fiducial node's landmarks, and a map of it, as the landmarks are.

    :param landmarks: ``vtkMRMLMarkupsFiducialNode`` with landmarks of a scan in the scene
    :param engine: fits, in its own process, :param specs: says what it is told of scans
    :param on_changed: called after there is something new, or the landmarks are gone
    :ivar answer: what came last; None before that, :ivar ready: whether the surface was once made
    :ivar step: what is being done; empty while nothing is
    :ivar problem: why there is no surface, as a sentence; empty otherwise
    """

    def __init__(
        self, landmarks: Any, engine: SurfaceEngine, specs: ScanSpecs, on_changed: Callable[[], None] = lambda: None
    ) -> None:
        self.landmarks = landmarks
        self.answer: Answer | None = None
        self.step = self.problem = ""
        self.closed = self.ready = False
        self._engine = engine
        self._specs = specs
        self._on_changed = on_changed
        self._wanted: dict[str, Any] = {"map": SURFACE}
        self._asked: dict[str, Any] | None = None
        self._settled, self._quiet = _timer(self._refit), _timer(self._repeat)
        listener = Listener(lambda _index: None, lambda: None, self._moved, self._moved, self._gone)
        self._watch = PointsWatch(landmarks, listener)

    @property
    def node(self) -> Any:
        """``vtkMRMLModelNode`` of the surface; None before it was made, and after someone deleted it."""
        return surface_of_scan(scan_of(self.landmarks)) if not self.closed else None

    @property
    def map(self) -> str:
        """Which map is kept."""
        return str(self._wanted["map"])

    def show(self, kind: str = SURFACE, other: Any = None, **more: Any) -> None:
        """Make the surface and a map of it, and keep both as the landmarks are from now on.

        :param kind: ``SURFACE``, ``ASYMMETRY``, ``MEAN`` or ``CHANGE``
        :param other: of a change, the other visit: a fiducial node, or what the engine is told of files
        :param more: of a change ``earlier``, whether the other visit was first, and ``stable`` regions; of a mean
            ``mean``, its file or folder
        """
        self._wanted = {"map": kind, "other": other, **more}
        if kind == CHANGE:
            self._wanted.setdefault("stable", list(STABLE))
        self._asked, self.answer, self.problem = None, None, ""
        self._ask()

    def save_sheet(self, page: str) -> None:
        """Have the map's sheet written, and a table beside it; then ``answer.page`` says where."""
        self._ask(page=page, repeats=_REPEATS)

    def close(self) -> None:
        """Follow no more; the surface stays."""
        self.closed = True
        self._watch.close()
        self._settled.stop()
        self._quiet.stop()

    def largest(self, name: str) -> float:
        """The end of a scale for the values of a name, mm."""
        values = self.answer.arrays.get(name) if self.answer is not None else None
        return round_scale(values) if values is not None else 1.0

    def _moved(self) -> None:
        """A landmark is where it stays."""
        if self._asked is not None or self.answer is not None:
            self._settled.start(_SETTLED_MS)

    def _gone(self) -> None:
        self.close()
        self._on_changed()

    def _refit(self) -> None:
        if self.answer is None or self.node is not None:  # else someone deleted the surface: it is not wanted
            self._ask()

    def _repeat(self) -> None:
        self._ask(repeats=_REPEATS)

    def _ask(self, **more: Any) -> None:
        """Have the map made for the landmarks as they are; not again for the same, but with more to do."""
        self._quiet.stop()
        try:
            task = self._task()
        except PalnetError as error:
            self._take(Answer(error=str(error)))
            return
        if more or task != self._asked:
            self._asked = task
            self._engine.ask(task | more, self._take, self._tell)

    def _task(self) -> dict[str, Any]:
        """:raises PalnetError: a scan is gone, or cannot be passed on"""
        task = {"one": self._specs.of(self.landmarks), **self._wanted}
        if hasattr(task.get("other"), "GetID"):
            task["other"] = self._specs.of(task["other"])
        return task

    def _tell(self, _share: float, step: str) -> None:
        self.step = step
        self._on_changed()

    def _take(self, answer: Answer) -> None:
        self.step = ""
        if self.closed:
            return
        scan = scan_of(self.landmarks)
        if not answer.error and ("points" not in answer.arrays or scan is None):
            answer = Answer(error=_("The background process gave no answer that can be read: try it again."))
        self.problem = answer.error
        if answer.error or self._asked is None:
            self._asked = None
        else:
            self.answer, self.ready = answer, True
            self._fill(scan, answer.arrays, mm_per_unit(self._asked["one"]["unit"]))
            if self.map == CHANGE and "volume_sd_cc" not in answer.rows[0] and "surface" not in self._asked["other"]:
                self._quiet.start(_QUIET_MS)
        self._on_changed()

    def _fill(self, scan: Any, arrays: dict[str, np.ndarray], mm: float) -> None:
        missing, expected = arrays["missing"], arrays["expected"]
        values = {name: value for name, value in arrays.items() if name not in ("points", "missing", "expected")}
        values |= {
            MISSING: missing,
            REGION: face_template().region,
            EXPECTED: expected,
            SHOWN_REGION: region_values(missing),
            SHOWN_EXPECTED: expected_values(expected, missing),
        }
        fill_surface(self.node or create_surface(scan), scan, arrays["points"] / mm, values)


def make_surface(
    landmarks: Any, kind: str = SURFACE, other: Any = None, **more: Any
) -> tuple[Any, list[dict[str, Any]]]:
    """Make a surface and a map of it, and wait for it; for scripts.

    Parameters are those of :meth:`FollowedSurface.show`.

    :returns: ``vtkMRMLModelNode`` and the numbers by region
    :raises PalnetError: it could not be made
    """
    engine = SurfaceEngine()
    followed = FollowedSurface(landmarks, engine, ScanSpecs(lambda: engine.folder))
    try:
        followed.show(kind, other, **more)
        while followed.answer is None and not followed.problem:
            engine.wait(_TURN_MS)
            slicer.app.processEvents()
        if followed.problem or followed.answer is None:
            raise PalnetError(followed.problem)
        return followed.node, followed.answer.rows
    finally:
        followed.close()
        engine.stop()


def _timer(act: Callable[[], None]) -> Any:
    timer = qt.QTimer()
    timer.setSingleShot(True)
    timer.connect("timeout()", act)
    return timer
