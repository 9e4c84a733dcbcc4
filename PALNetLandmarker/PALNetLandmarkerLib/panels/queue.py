"""The list in the tab "Scans" of the module's panel: the list of scans, and the way from one to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import qt
import slicer
from palnet.errors import Cancelled, OutputError, PalnetError, PersonsWorkError
from palnet.pipeline.size import without_options
from slicer.i18n import tr as _

from ..engine.background import BackgroundPredictor
from ..engine.own_models import unsaved_folder
from ..queue.queue import QueueEntry, ScanQueue, ScanState
from .folders import remember_folder, start_folder
from .looks import cell, complain, enable, literal, on_button, tell

_SCENE, _FOLDER = 0, 1
_KEY_ROLE = qt.Qt.UserRole
_WAIT_PX = 320


class QueuePanel:
    """Shows a :class:`ScanQueue` and opens its scans.

    :param ui: widgets by name: ``sourceSelector``, ``folderButton``, ``scansTable``, ``previousScanButton``,
        ``nextScanButton``, ``queueLabel``, ``queueStatusLabel``
    :param open_scan: shows a scan to the person: its model node, and its landmarks node or None; called again with the
        landmarks where they come later
    :param landmark_model: says which landmark model is in use, by name or file
    :param busy: whether landmarks are being placed on demand; no other scan is opened meanwhile
    :param on_folder_changed: called with :attr:`folder` when the person chose another one
    :ivar on_reviewed: called with the number of scans that are reviewed, whenever the list is shown anew
    """

    def __init__(
        self,
        ui: Any,
        open_scan: Callable[[Any, Any], None],
        landmark_model: Callable[[], str],
        busy: Callable[[], bool] = lambda: False,
        on_folder_changed: Callable[[str], None] = lambda _folder: None,
    ) -> None:
        self._ui = ui
        self._busy = busy
        self._on_folder_changed = on_folder_changed
        self._folder = ""
        self._entries: list[QueueEntry] = []
        self._chosen: str | None = None
        self._problem = ""
        self._told_not_saved: set[str] = set()
        self._waiting = False
        self._wait: Any = None
        self._not_saved = ""
        self._news = ""
        self.on_reviewed: Callable[[int], None] = lambda _count: None
        # What happens in the scene comes in bursts: one look at the queue is enough for each.
        self._timer = qt.QTimer()
        self._timer.setSingleShot(True)
        self._timer.connect("timeout()", self.refresh)
        self._predictor = BackgroundPredictor()
        self.queue = ScanQueue(
            slicer.mrmlScene,
            self._predictor,
            landmark_model,
            open_scan,
            may_open=lambda: not busy() and not self._waiting,
            on_changed=lambda: self._timer.start(0),
            on_problem=self._show_problem,
            unsaved_folder=unsaved_folder,
            progress=self._show_wait,
        )
        header = ui.scansTable.horizontalHeader()
        header.setSectionResizeMode(0, qt.QHeaderView.Stretch)
        header.setSectionResizeMode(1, qt.QHeaderView.ResizeToContents)
        ui.sourceSelector.connect("activated(int)", self._on_source)
        ui.folderButton.connect("clicked(bool)", self._choose_folder)
        ui.previousScanButton.connect("clicked(bool)", self.previous_scan)
        ui.nextScanButton.connect("clicked(bool)", self.next_scan)
        ui.scansTable.connect("cellActivated(int,int)", self._on_row)
        ui.scansTable.connect("itemSelectionChanged()", self._show_status)
        self.refresh()

    def tell(self, line: str) -> None:
        """Show a line until another scan is opened."""
        self._news = line
        self._show_status()

    def close(self) -> None:
        """Save what is open, end the background process, and touch no widget any more: they go."""
        self.queue.close()
        self._predictor.stop()
        self._timer.stop()

    @property
    def folder(self) -> str:
        """The folder whose scans are queued; empty for the scans of the scene."""
        return self._folder

    @folder.setter
    def folder(self, folder: str) -> None:
        if folder != self._folder:
            self._use(folder)

    def read_folder(self, folder: str) -> None:
        """Queue the scans of a folder as it is now, also where they are queued already."""
        self._change_folder(folder)

    def open_file(self, scan: Path) -> None:
        """Queue the scans of a scan file's folder, and open that one."""
        self.read_folder(str(scan.parent))
        if not self._problem:
            with self._opening() as may:
                if may and any(entry.key == str(scan) for entry in self._entries):
                    self.queue.open(str(scan))

    def _use(self, folder: str) -> None:
        self._folder, self._problem = folder, ""
        try:
            if folder:
                self.queue.use_folder(Path(folder))
            else:
                self.queue.use_scene()
        except PalnetError as error:
            self.queue.use_scene()
            self._show_problem(error)
        self.refresh()

    def next_scan(self, _checked: bool = False) -> None:
        """Open the next scan that is not reviewed yet."""
        with self._opening() as may:
            if may and not self.queue.open_next():
                self._problem = self._problem or _("There is no other scan to review.")

    def previous_scan(self, _checked: bool = False) -> None:
        """Open the scan before this one."""
        with self._opening() as may:
            if may:
                self.queue.open_previous()

    def refresh(self) -> None:
        """Show the queue as it is."""
        self._entries = entries = self.queue.entries
        table, ui = self._ui.scansTable, self._ui
        table.setRowCount(len(entries))
        for row, entry in enumerate(entries):
            self._fill_cell(row, 0, entry.name, entry)
            self._fill_cell(row, 1, state_text(entry), entry)
            if entry.key == self.queue.current != self._chosen:
                table.setCurrentCell(row, 0)  # also scrolls there
        self._chosen = self.queue.current
        ui.sourceSelector.setCurrentIndex(_FOLDER if self._folder else _SCENE)
        ui.folderButton.visible = bool(self._folder)
        ui.folderButton.text = on_button(Path(self._folder).name)
        ui.folderButton.toolTip = literal(_("{folder}. Choose another one.").format(folder=self._folder))
        ui.queueLabel.text = self._summary(entries)
        enable(ui.nextScanButton, bool(entries))
        enable(ui.previousScanButton, bool(entries) and self.queue.current not in (None, entries[0].key))
        self._show_status()
        self.on_reviewed([entry.state for entry in entries].count(ScanState.REVIEWED))

    def _fill_cell(self, row: int, column: int, text: str, entry: QueueEntry) -> None:
        table = self._ui.scansTable
        item = table.item(row, column)
        if item is None:
            item = qt.QTableWidgetItem()
            table.setItem(row, column, item)
        item.setText(cell(text))
        item.setToolTip(literal(without_options(entry.detail) or text))
        item.setData(_KEY_ROLE, entry.key)
        font = item.font()
        font.setBold(entry.key == self.queue.current)
        item.setFont(font)

    def _summary(self, entries: list[QueueEntry]) -> str:
        if not entries:
            if self._folder:
                return _("There are no scans in this folder.")
            return _("No scans yet: drop scan files into Slicer, or choose 'A folder of scans' above.")
        states = [entry.state for entry in entries]
        text = _("{reviewed} of {count} reviewed; {ready} ready").format(
            reviewed=states.count(ScanState.REVIEWED), count=len(states), ready=states.count(ScanState.READY)
        )
        failed = states.count(ScanState.FAILED)
        return _("{summary}; {failed} failed").format(summary=text, failed=failed) if failed else text

    def _show_status(self) -> None:
        """Why the chosen scan failed; else what went wrong last; else what hinders the work ahead."""
        row = self._ui.scansTable.currentRow()
        chosen = self._entries[row] if 0 <= row < len(self._entries) else None
        failed = chosen is not None and chosen.state is ScanState.FAILED
        text = without_options(chosen.detail) if chosen is not None and failed else self._problem
        if not text and (self.queue.current or self._folder):
            text = self._predictor.problem
        tell(self._ui.queueStatusLabel, text or self._news, warning=bool(text))

    def _show_problem(self, error: PalnetError) -> None:
        self._problem = without_options(str(error))
        if isinstance(error, OutputError):
            # Once: every next scan of a folder that is write protected would ask for a click. But the work of another
            # person is met scan by scan.
            kind = str(error) if isinstance(error, PersonsWorkError) else ""
            if kind not in self._told_not_saved:
                self._told_not_saved.add(kind)
                self._not_saved = "\n\n".join(filter(None, [self._not_saved, str(error)]))
                self._tell_not_saved()
        self._timer.start(0)

    def _tell_not_saved(self) -> None:
        """Show the box, as soon as the mouse is an arrow."""
        if self._not_saved and not self._waiting:
            text, self._not_saved = self._not_saved, ""
            complain(text)

    @contextmanager
    def _opening(self) -> Iterator[bool]:
        """Around opening a scan: says whether that may be, and shows what goes wrong."""
        self._problem = ""
        if self._waiting:
            yield False
        elif self._busy():
            self._problem = _("Landmarks are being placed. Go to another scan when that is done.")
            yield False
        else:
            self._waiting = True
            try:
                with slicer.util.tryWithErrorDisplay(_("The scan could not be opened."), waitCursor=True):
                    try:
                        yield True
                    except PalnetError as error:
                        self._show_problem(error)
            finally:
                self._waiting = False
                self._end_wait()
                self._tell_not_saved()
        self.refresh()

    def _show_wait(self, share: float, step: str) -> None:
        """Show how far the skin of a volume is, over a window that waits for it.

        :raises Cancelled: the person does not want to wait
        """
        if self._wait is None:
            self._wait = qt.QProgressDialog(literal(step), _("Cancel"), 0, 100, slicer.util.mainWindow())
            self._wait.setWindowTitle(_("Opening the scan"))
            self._wait.setMinimumWidth(_WAIT_PX)  # else as narrow as its text, and the title is cut off
            self._wait.setWindowModality(qt.Qt.ApplicationModal)
            self._wait.setMinimumDuration(0)
            self._wait.setAutoClose(False)
            self._wait.setAutoReset(False)
        self._wait.setLabelText(literal(step))
        self._wait.setValue(round(100 * share))
        slicer.app.processEvents()
        if self._wait.wasCanceled:
            raise Cancelled(_("Cancelled; the scan was not opened."))

    def _end_wait(self) -> None:
        if self._wait is not None:
            self._wait.close()
            self._wait.deleteLater()
            self._wait = None

    def _on_row(self, row: int, _column: int) -> None:
        key = self._ui.scansTable.item(row, 0).data(_KEY_ROLE)
        with self._opening() as may:
            if may:
                self.queue.open(key)

    def _on_source(self, index: int) -> None:
        if index == _FOLDER and not self._folder:
            self._choose_folder()
        elif index == _SCENE and self._folder:
            self._change_folder("")

    def _choose_folder(self, _checked: bool = False) -> None:
        before = self._folder or str(start_folder())
        chosen = qt.QFileDialog.getExistingDirectory(self._ui.folderButton, _("Folder of face scans"), before)
        if chosen:
            remember_folder(Path(chosen))
            self._change_folder(chosen)
        else:
            self.refresh()  # the dialog was closed: what was chosen stays

    def _change_folder(self, folder: str) -> None:
        with self._opening() as may:
            if may:
                self._use(folder)
                self._on_folder_changed(folder)


def state_text(entry: QueueEntry) -> str:
    """The state of a scan as the list shows it."""
    if entry.state is ScanState.IN_REVIEW:
        return _("in review: {count}").format(count=entry.detail)
    return {
        ScanState.WAITING: _("waiting"),
        ScanState.LANDMARKING: _("being landmarked"),
        ScanState.READY: _("ready to review"),
        ScanState.REVIEWED: _("reviewed"),
        ScanState.FAILED: _("failed"),
    }[entry.state]
