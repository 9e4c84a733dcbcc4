"""The button "Place landmarks" on top of the panel: runs the engine; progress, cancel, and what came out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import slicer
from palnet.errors import Cancelled, PalnetError
from palnet.pipeline.prediction import Prediction, Progress
from palnet.pipeline.size import is_about_size, without_options
from palnet.units import mm_of
from slicer.i18n import tr as _

from ..engine.landmarking import Placement
from ..nodes.record import is_untouched_prediction
from .looks import complain, enable, literal, tell
from .tabs import scroll_to_top


class RunPanel:
    """Runs one job at a time and keeps the window alive meanwhile.

    The button becomes progress with *Cancel*, at the same place.

    :param ui: widgets by name: ``runStack`` with ``readyPage`` and ``runningPage``, ``cancelButton``, ``progressBar``,
        ``statusLabel``, ``applyButton``, and the choices, which stay as they are during a run
    :param result: the label that says what a run found
    :param on_running_changed: called when a run begins and when it has ended
    :param on_size_doubted: called after a refusal that may come of the scan's size
    """

    def __init__(
        self,
        ui: Any,
        result: Any,
        on_running_changed: Callable[[], None],
        on_size_doubted: Callable[[], None] = lambda: None,
    ) -> None:
        self._ui = ui
        self._result = result
        self._on_running_changed = on_running_changed
        self._on_size_doubted = on_size_doubted
        self._about = {
            selector.objectName: str(selector.toolTip)
            for selector in (ui.surfaceSelector, ui.landmarksSelector, ui.landmarkModelSelector)
        }
        self._cancel_requested = False
        self._closed = False
        self.running = False
        self._placed: Any = None
        self._scan: Any = None
        ui.cancelButton.connect("clicked(bool)", self.cancel)
        self._show_idle("")
        tell(result, "")

    def cancel(self, _checked: bool = False) -> None:
        """Stop the run at its next step."""
        self._cancel_requested = True

    def close(self) -> None:
        """Stop the run, and touch no widget any more: they are about to be destroyed."""
        self._closed = True
        self.cancel()

    def run(self, job: Callable[[Progress], Placement | None], kept: str = "") -> Placement | None:
        """Run a job; errors are shown to the user.

        :param job: is given the progress callback; None means that there was nothing to do
        :param kept: the name of a list that a new one is made beside; the person is told
        :returns: what the job returned, or None if it failed or was cancelled
        """
        if self.running:
            return None
        self._cancel_requested = False
        self._set_running(True)
        status, placement, doubts_size = "", None, False
        try:
            with slicer.util.tryWithErrorDisplay(_("Landmarks could not be placed.")):
                try:
                    placement = job(self._progress)
                except Cancelled as cancelled:
                    status = str(cancelled)
                except PalnetError as error:
                    status, doubts_size = without_options(str(error)), is_about_size(str(error))
                    offer = _("If its size may be the reason, say how large it is, below 'Place landmarks'.")
                    complain(f"{status}\n\n{offer}" if doubts_size else status)
        finally:
            self._set_running(False)
            if not self._closed:
                self._show_idle(status)
                tell(self._result, summary(placement.prediction, kept) if placement else "")
                self._placed = placement.node if placement else None
                if doubts_size:
                    self._on_size_doubted()
        return placement

    def show(self, parameters: Any) -> None:
        """Show what can be done with what is chosen; where Apply cannot be pressed, its tooltip says why.

        :param parameters: ``PALNetLandmarkerParameterNode``, or None
        """
        if self.running:
            reason = _("Landmarks are being placed.")
        elif not parameters or not (parameters.surfaceModel or parameters.scanVolume):
            reason = _("Choose a face scan first. Load one by dropping its file into Slicer.")
        elif not parameters.landmarkModel:
            reason = _("Choose a landmark model first.")
        else:
            reason = ""
        ui = self._ui
        enable(ui.applyButton, not reason)
        ui.applyButton.toolTip = reason or _("Place the landmarks on the face scan.")
        scan = (parameters.surfaceModel or parameters.scanVolume) if parameters else None
        chosen = (scan, parameters.landmarks) if parameters else (None, None)
        names = [node.GetName() if node is not None else "" for node in chosen]
        selectors = (ui.surfaceSelector, ui.landmarksSelector, ui.landmarkModelSelector)
        for selector, name in zip(selectors, [*names, parameters.landmarkModel if parameters else ""], strict=True):
            enable(selector, not self.running)
            # A name may be longer than the field.
            about = self._about[selector.objectName]
            selector.toolTip = literal(f"{name}\n{about}") if name else about
        # What became of a run is said beside the scan that it was of.
        if parameters:
            if not self.running and chosen[0] is not self._scan:
                tell(ui.statusLabel, "")
            self._scan = chosen[0]
        # What a run found is shown beside the landmarks that it placed.
        if self._placed is not None and self._placed is not (parameters.landmarks if parameters else None):
            self._placed = None
            tell(self._result, "")

    def _set_running(self, running: bool) -> None:
        self.running = running
        if self._closed:
            return
        ui = self._ui
        enable(ui.cancelButton, running)
        if running:
            self._show_step(0.0, _("Starting"))
            ui.runStack.setCurrentWidget(ui.runningPage)
            ui.cancelButton.setFocus()
            tell(ui.statusLabel, "")
            tell(self._result, "")
        self._on_running_changed()
        if running:
            # The button that was pressed is gone: Qt looks for another place for the keyboard, and scrolls there.
            scroll_to_top(ui.runStack)
            slicer.app.processEvents()

    def _show_step(self, fraction: float, step: str) -> None:
        self._ui.progressBar.value = round(100 * fraction)
        self._ui.progressBar.setFormat(f"{step}  %p %")

    def _progress(self, fraction: float, step: str) -> None:
        """Callback of the engine."""
        if not self._closed:
            self._show_step(fraction, step)
        slicer.app.processEvents()
        if self._cancel_requested:
            raise Cancelled(_("Cancelled; nothing was changed."))

    def _show_idle(self, status: str) -> None:
        enable(self._ui.cancelButton, False)
        self._ui.runStack.setCurrentWidget(self._ui.readyPage)
        scroll_to_top(self._ui.runStack)
        tell(self._ui.statusLabel, status)


def may_be_filled(node: Any) -> bool:
    """Whether landmarks can go into a fiducial node: not where a person placed, corrected or decided on points."""
    return not node or not node.GetNumberOfControlPoints() or is_untouched_prediction(node)


def summary(prediction: Prediction, kept: str = "") -> str:
    """What a run found, in sentences; the warnings, which name what is missing, come last.

    :param kept: the name of a list that was not filled anew, if there is one
    """
    placed, total = int((~prediction.missing).sum()), len(prediction.protocol)
    lines = [_("{placed} of {total} landmarks placed.").format(placed=placed, total=total)]
    if placed:
        median, largest, label = prediction.error_summary
        line = _("Expected error: median {median:.1f} {mm}, largest {largest:.1f} {mm} at {label}.")
        lines.append(line.format(median=median, largest=largest, label=label, mm=mm_of(prediction.unit)))
    if prediction.shifted.any():
        told = _("Following your conventions: {count} (G shows where the model has them).")
        lines.append(told.format(count=int(prediction.shifted.sum())))
    if kept:
        lines.append(_("'{name}' was kept as it is: these are in a new list.").format(name=kept))
    return "\n".join([*lines, *map(without_options, prediction.warnings)])
