"""The section "Place landmarks" of the module's panel: runs the engine; progress, cancel, and what came out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import slicer
from palnet.errors import Cancelled, PalnetError
from palnet.pipeline.prediction import Prediction, Progress
from slicer.i18n import tr as _

from ..engine.landmarking import Placement
from ..nodes.record import is_untouched_prediction
from .looks import tell


class RunPanel:
    """Runs one job at a time and keeps the window alive meanwhile.

    :param ui: widgets by name: ``cancelButton``, ``progressBar``, ``stepLabel``, ``statusLabel``, ``resultLabel``,
        ``applyButton``, and the choices, which stay as they are during a run
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
        tell(ui.resultLabel, "")

    def cancel(self, _checked: bool = False) -> None:
        """Stop the run at its next step."""
        self._cancel_requested = True

    def close(self) -> None:
        """Stop the run, and touch no widget any more: they are about to be destroyed."""
        self._closed = True
        self.cancel()

    def run(self, job: Callable[[Progress], Placement | None], replaced: Any) -> Placement | None:
        """Run a job; errors are shown to the user.

        :param job: is given the progress callback; None means that there was nothing to do
        :param replaced: the fiducial node that it fills; None for a new one
        :returns: what the job returned, or None if it failed or was cancelled, or the user keeps what would be replaced
        """
        if self.running or not _may_replace(replaced):
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
                tell(self._ui.resultLabel, summary(placement.prediction) if placement else "")
                self._placed = placement.node if placement else None
        return placement

    def show(self, parameters: Any) -> None:
        """Show what can be done with what is chosen; where Apply cannot be pressed, its tooltip says why.

        :param parameters: ``PALNetLandmarkerParameterNode``, or None
        """
        if self.running:
            reason = _("Landmarks are being placed.")
        elif not parameters or not parameters.surfaceModel:
            reason = _("Choose a face scan first. Load one by dropping its file into Slicer.")
        elif not parameters.landmarkModel:
            reason = _("Choose a landmark model first.")
        else:
            reason = ""
        ui = self._ui
        ui.applyButton.enabled = not reason
        ui.applyButton.toolTip = reason or _("Place the landmarks on the face scan.")
        for choice in (ui.surfaceSelector, ui.landmarkModelSelector, ui.landmarksSelector):
            choice.enabled = not self.running
        # What a run found is shown beside the landmarks that it placed.
        if self._placed is not None and self._placed is not (parameters.landmarks if parameters else None):
            self._placed = None
            tell(ui.resultLabel, "")

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
            tell(self._ui.statusLabel, "")
            tell(self._ui.resultLabel, "")
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
        tell(self._ui.statusLabel, status)


def _may_replace(node: Any) -> bool:
    """Ask before points that a person placed, corrected or reviewed are lost."""
    if not node or not node.GetNumberOfControlPoints() or is_untouched_prediction(node):
        return True
    question = _("'{name}' holds {count} points. Replace them by predicted landmarks?")
    return bool(
        slicer.util.confirmOkCancelDisplay(question.format(name=node.GetName(), count=node.GetNumberOfControlPoints()))
    )


def summary(prediction: Prediction) -> str:
    """What a run found, in sentences; the warnings, which name what is missing, come last."""
    placed, total = int((~prediction.missing).sum()), len(prediction.protocol)
    lines = [_("{placed} of {total} landmarks placed.").format(placed=placed, total=total)]
    if placed:
        median, largest, label = prediction.error_summary
        line = _("Expected error: median {median:.1f} mm, largest {largest:.1f} mm at {label}.")
        lines.append(line.format(median=median, largest=largest, label=label))
    return "\n".join([*lines, *prediction.warnings])
