"""What the background process found on the scans of a queue, kept for as long as it is true."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from palnet.errors import PalnetError
from palnet.pipeline.prediction import Prediction

from ..engine.conventions import stamp_for
from .sources import Scans

if TYPE_CHECKING:  # it needs Qt, the queue does not
    from ..engine.background import BackgroundPredictor

Outcome = Prediction | PalnetError


class PredictionsAhead:
    """Predictions, or why there is none, by the keys of scans.

    :param scans: where the scans are
    :param landmark_model: says which landmark model is in use, by name or file
    :param on_done: called with a key when there is something new about it
    :param on_progress: called when :attr:`step` is another
    :ivar underway: the scan that is being landmarked, :ivar step: what is being done with it
    """

    def __init__(
        self,
        predictor: BackgroundPredictor,
        scans: Scans,
        landmark_model: Callable[[], str],
        on_done: Callable[[str], None],
        on_progress: Callable[[], None],
    ) -> None:
        self._predictor = predictor
        self._scans = scans
        self._landmark_model = landmark_model
        self._on_done = on_done
        self._on_progress = on_progress
        self._found: dict[str, tuple[tuple[Any, ...], Outcome]] = {}
        self.underway: str | None = None
        self.step = ""

    def of(self, key: str) -> Outcome | None:
        """What was found on a scan as it is now, with the landmark model as it is now."""
        stamp, outcome = self._found.get(key, ((), None))
        return outcome if outcome is not None and stamp == self._stamp(key) else None

    def keep(self, key: str, outcome: Outcome) -> None:
        """Keep what was found on a scan as it is now."""
        self._found[key] = (self._stamp(key), outcome)

    def forget(self, key: str) -> None:
        """Keep nothing of a scan."""
        self._found.pop(key, None)

    def predict(self, keys: list[str]) -> None:
        """Have the first of some scans on which nothing was found landmarked, unless another one is."""
        if self._predictor.busy or self._predictor.problem:
            return
        for key in keys:
            if self.of(key) is not None:
                continue
            self.underway, self.step = key, ""
            try:
                scan = self._scans.scan(key)
                unit = self._scans.unit(key)
                self._predictor.submit(scan, self._landmark_model(), self._finisher(key), self._show_step, unit)
                return
            except PalnetError as error:
                self.underway = None
                self.keep(key, error)

    def _finisher(self, key: str) -> Callable[[Outcome], None]:
        stamp = self._stamp(key)  # the scan may change while it is being landmarked

        def finish(outcome: Outcome) -> None:
            self.underway = None
            self._found[key] = (stamp, outcome)
            self._on_done(key)

        return finish

    def _show_step(self, _share: float, step: str) -> None:
        self.step = step
        self._on_progress()

    def _stamp(self, key: str) -> tuple[Any, ...]:
        model = self._landmark_model()
        return (*self._scans.stamp(key), model, *stamp_for(model))
