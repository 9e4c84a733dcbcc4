"""The lower part of the tab "Scans": landmarks on all scans of a folder, without waiting for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
import slicer
from palnet.batch.sheet import CONTACT_SHEET
from palnet.batch.words import time_left
from slicer.i18n import tr as _

from ..nodes.scene import is_file
from ..queue.batch_process import BatchProcess, task_of
from ..queue.folder_scans import RESULTS
from .looks import enable, literal, shortened, tell

_NEEDS = _("To have a whole folder landmarked, choose 'A folder of scans' above; you can go on working meanwhile.")


class BatchPanel:
    """Runs the batch of the folder whose scans are listed above it, and leads on to the review of what came out.

    :param ui: widgets by name: ``recursiveCheckBox``, ``batchButton``, ``cancelBatchButton``, ``batchProgressBar``,
        ``batchLabel``, ``batchStatusLabel``, ``reviewBatchButton``, ``contactSheetButton``
    :param landmark_model: says which landmark model is in use, by name or file
    :param review: lists the scans of a folder anew, by its path, with what came out
    :param on_end: called when a batch has ended
    """

    def __init__(
        self,
        ui: Any,
        landmark_model: Callable[[], str],
        review: Callable[[str], None],
        on_end: Callable[[], None] = lambda: None,
    ) -> None:
        self._ui = ui
        self._landmark_model = landmark_model
        self._review = review
        self._when_ended = on_end
        self._folder: Path | None = None
        self._failed: dict[str, str] = {}
        self._stopping = False
        self.process = BatchProcess(self._on_step, self._on_end)
        ui.batchButton.connect("clicked(bool)", self.start)
        ui.cancelBatchButton.connect("clicked(bool)", self.cancel)
        ui.reviewBatchButton.connect("clicked(bool)", self._on_review)
        ui.contactSheetButton.connect("clicked(bool)", self._on_contact_sheet)
        ui.batchLabel.text = _NEEDS
        self._refresh()
        self._tell("")

    def close(self) -> None:
        """End the batch, and touch no widget any more: they go."""
        self.process.stop()

    @property
    def folder(self) -> Path | None:
        """The folder whose scans are landmarked."""
        return self._folder

    @folder.setter
    def folder(self, folder: Path | None) -> None:
        if folder == self._folder or self.process.running:
            return
        self._folder = folder
        self._failed = {}
        told = _("The results go to the folder {results} in it. What is done already is not done again.")
        self._ui.batchLabel.text = told.format(results=RESULTS) if folder is not None else _NEEDS
        self._tell("")
        self._refresh()

    def start(self, _checked: bool = False) -> None:
        """Landmark the scans of the folder; what goes wrong is shown to the person."""
        if self.process.running or self._folder is None:
            return
        with slicer.util.tryWithErrorDisplay(_("The batch could not be started.")):
            self._failed, self._stopping = {}, False
            self._tell("")
            self._ui.batchProgressBar.value = 0
            self._ui.batchLabel.text = _("Starting")
            recursive = bool(self._ui.recursiveCheckBox.checked)
            self.process.start(task_of(self._folder, self._landmark_model(), recursive))
        self._refresh()

    def cancel(self, _checked: bool = False) -> None:
        """End the batch; what is done stays."""
        self._stopping = True
        self._ui.batchLabel.text = _("Stopping")
        enable(self._ui.cancelBatchButton, False)
        self.process.cancel()

    def _on_step(self, step: dict[str, Any]) -> None:
        self._ui.batchProgressBar.maximum = step["total"]
        self._ui.batchProgressBar.value = step["done"]
        if step["error"]:
            self._failed[step["scan"]] = step["error"]
            self._tell_failed()
        if not self._stopping:
            left = f" ({time_left(step['left_s'])})" if step["left_s"] else ""
            text = _("{done} of {total} scans done{left}")
            self._ui.batchLabel.text = text.format(done=step["done"], total=step["total"], left=left)

    def _on_end(self, line: dict[str, Any]) -> None:
        self._stopping = False
        if "error" in line:
            self._ui.batchLabel.text = ""
            self._tell(line["error"])
        else:
            stopped = _("Stopped.") if line["stopped"] else ""
            self._ui.batchLabel.text = f"{stopped} {line['finished']}".strip()
        self._refresh()
        self._when_ended()

    def _tell_failed(self) -> None:
        names = list(self._failed)
        shown = ", ".join(shortened(name) for name in names[:3])
        more = _(" and {count} more").format(count=len(names) - 3) if len(names) > 3 else ""
        self._tell(_("No landmarks: {names}{more}.").format(names=shown, more=more))
        listed = "\n".join(f"{name}: {error}" for name, error in self._failed.items())
        self._ui.batchStatusLabel.toolTip = literal(listed)

    def _refresh(self) -> None:
        """Which widgets can be used now."""
        ui, running = self._ui, self.process.running
        enable(ui.recursiveCheckBox, not running)
        enable(ui.batchButton, self._folder is not None and not running)
        enable(ui.cancelBatchButton, running)
        ui.cancelBatchButton.visible = running
        ui.batchProgressBar.visible = running
        there = self._sheet is not None and is_file(self._sheet)
        for button in (ui.reviewBatchButton, ui.contactSheetButton):
            button.visible = there
        enable(ui.reviewBatchButton, there and not running)
        enable(ui.contactSheetButton, there and not running)

    @property
    def _sheet(self) -> Path | None:
        return self._folder / RESULTS / CONTACT_SHEET if self._folder else None

    def _on_review(self, _checked: bool = False) -> None:
        if self._folder is not None:
            self._review(str(self._folder))

    def _on_contact_sheet(self, _checked: bool = False) -> None:
        qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(self._sheet)))

    def _tell(self, problem: str) -> None:
        tell(self._ui.batchStatusLabel, problem, warning=True)
        self._ui.batchStatusLabel.toolTip = ""
