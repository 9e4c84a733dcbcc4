"""The part of the module's panel that runs the engine: progress, cancel, and what came out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import slicer
from palnet.errors import Cancelled, PalnetError
from palnet.prediction import Prediction, Progress
from slicer.i18n import tr as _

from .landmarking import Placement


class RunPanel:
    """Runs one job at a time and keeps the window alive meanwhile.

    :param ui: widgets by name: ``cancelButton``, ``progressBar``, ``stepLabel``, ``statusLabel``, ``resultLabel``
    :param on_running_changed: called when a run begins and when it has ended
    """

    def __init__(self, ui: Any, on_running_changed: Callable[[], None]) -> None:
        self._ui = ui
        self._on_running_changed = on_running_changed
        self._cancel_requested = False
        self._closed = False
        self.running = False
        self._placed: Any = None
        ui.cancelButton.connect("clicked(bool)", self.cancel)
        self._show_idle("")
        self._say(ui.resultLabel, "")

    def cancel(self, _checked: bool = False) -> None:
        """Stop the run at its next step."""
        self._cancel_requested = True

    def close(self) -> None:
        """Stop the run, and touch no widget any more: they are about to be destroyed."""
        self._closed = True
        self.cancel()

    def run(self, job: Callable[[Progress], Placement | None]) -> Placement | None:
        """Run a job; errors are shown to the user.

        :param job: is given the progress callback; None means that there was nothing to do
        :returns: what the job returned, or None if it failed or was cancelled
        """
        if self.running:
            return None
        self._cancel_requested = False
        self._set_running(True)
        status, placement = "", None
        try:
            with slicer.util.tryWithErrorDisplay(_("Landmarks could not be placed.")):
                try:
                    placement = job(self._progress)
                except Cancelled as cancelled:
                    status = str(cancelled)
                except PalnetError as error:
                    status = str(error)
                    slicer.util.errorDisplay(status)
        finally:
            self._set_running(False)
            if not self._closed:
                self._show_idle(status)
                self._say(self._ui.resultLabel, summary(placement.prediction) if placement else "")
                self._placed = placement.node if placement else None
        return placement

    def follow(self, landmarks: Any) -> None:
        """The person chose landmarks; what a run found is shown beside those that it placed."""
        if self._placed is not None and landmarks is not self._placed:
            self._placed = None
            self._say(self._ui.resultLabel, "")

    def _say(self, label: Any, text: str) -> None:
        label.text = text
        label.visible = bool(text)

    def _set_running(self, running: bool) -> None:
        self.running = running
        if self._closed:
            return
        self._on_running_changed()
        self._ui.cancelButton.enabled = running
        self._ui.progressBar.visible = running
        self._ui.stepLabel.visible = running
        if running:
            self._ui.progressBar.value = 0
            self._ui.stepLabel.text = _("Starting")
            self._say(self._ui.statusLabel, "")
            self._say(self._ui.resultLabel, "")
            slicer.app.processEvents()

    def _progress(self, fraction: float, step: str) -> None:
        """Callback of the engine."""
        if not self._closed:
            self._ui.progressBar.value = round(100 * fraction)
            self._ui.stepLabel.text = step
        slicer.app.processEvents()
        if self._cancel_requested:
            raise Cancelled(_("Cancelled; nothing was changed."))

    def _show_idle(self, status: str) -> None:
        self._ui.cancelButton.enabled = False
        self._ui.progressBar.visible = False
        self._ui.stepLabel.visible = False
        self._say(self._ui.statusLabel, status)


def summary(prediction: Prediction) -> str:
    """What a run found, in sentences; the warnings, which name what is missing, come last."""
    placed, total = int((~prediction.missing).sum()), len(prediction.protocol)
    lines = [_("{placed} of {total} landmarks placed.").format(placed=placed, total=total)]
    if placed:
        median, largest, label = prediction.error_summary
        line = _("Expected error: median {median:.1f} mm, largest {largest:.1f} mm at {label}.")
        lines.append(line.format(median=median, largest=largest, label=label))
    return "\n".join([*lines, *prediction.warnings])
