"""The tab "Compare" of the module's panel: two observers' landmarks, and a click to each case that differs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
import slicer
from palnet.agreement.alike import scan_beside
from palnet.agreement.comparison import Comparison
from palnet.agreement.files import compare_files, in_words, write_comparison
from palnet.agreement.tables import case_rows
from palnet.errors import PalnetError, as_sentence
from slicer.i18n import tr as _

from ..queue.folder_scans import RESULTS
from .compare_view import CompareView
from .folders import remember_folder, start_folder
from .looks import cell, complain, enable, literal, on_button, tell
from .plots import offer_plots

_MOST_CASES = 200


class ComparePanel:
    """Compares two folders of landmarks, and shows their cases in the 3D view.

    :param ui: widgets by name: ``firstButton``, ``secondButton``, ``compareLabel``, ``casesTable``,
        ``nextCaseButton``, ``reviewCaseButton``, ``saveReportButton``, ``compareStatusLabel``
    :param review: opens the review of a scan file at a landmark, by its label
    :param on_shown: called with True when a case is about to be shown, and the review has to leave the view to it,
        and with False when it is shown
    :ivar comparison: what is shown; None before two folders were chosen
    """

    def __init__(
        self, ui: Any, review: Callable[[Path, str], None], on_shown: Callable[[bool], None] = lambda _begins: None
    ) -> None:
        self._ui = ui
        self._on_shown = on_shown
        self._review = review
        self._view = CompareView(slicer.mrmlScene)
        self._folders: list[Path | None] = [None, None]
        self._cases: list[tuple[int, int]] = []
        self.comparison: Comparison | None = None
        header = ui.casesTable.horizontalHeader()
        header.setSectionResizeMode(0, qt.QHeaderView.Stretch)
        for column in (1, 2):
            header.setSectionResizeMode(column, qt.QHeaderView.ResizeToContents)
        ui.firstButton.connect("clicked(bool)", self._choose_first)
        ui.secondButton.connect("clicked(bool)", self._choose_second)
        ui.nextCaseButton.connect("clicked(bool)", self.next_case)
        ui.reviewCaseButton.connect("clicked(bool)", self.review_case)
        ui.saveReportButton.connect("clicked(bool)", self._choose_report)
        ui.casesTable.connect("itemSelectionChanged()", self._show_chosen)
        ui.casesTable.connect("cellClicked(int,int)", self._on_clicked)
        self._refresh()
        self._tell("")

    def close(self) -> None:
        """Take what is shown of a case out of the scene."""
        self._view.leave()

    def leave(self) -> None:
        """The view goes back to the review; the list stays as it is, and a click on the chosen case shows it again."""
        self._view.leave()

    @property
    def in_mm(self) -> bool:
        """Whether the case that is shown lies in a scan in mm."""
        row = self._ui.casesTable.currentRow()
        units = self.comparison.mm_per_unit if self.comparison is not None else ()
        return not units or not 0 <= row < len(self._cases) or units[self._cases[row][0]] == 1.0

    def compare(self, first: Path, second: Path) -> None:
        """Compare two folders, or files, and list the cases; what is wrong with them is shown to the person."""
        self._view.clear()
        self.comparison, self._cases = None, []
        self._folders = [first, second]
        problem = ""
        with slicer.util.tryWithErrorDisplay(_("The landmarks could not be compared."), waitCursor=True):
            try:
                with as_sentence(_("The landmarks could not be compared")):
                    self.comparison = compare_files(first, second)
            except PalnetError as error:
                problem = str(error)
        self._refresh()
        if self.comparison is not None:
            problem = " ".join(self.comparison.problems)
        self._tell(problem, warning=True)

    def show_case(self, row: int) -> None:
        """Show a case of the list, by its row."""
        first = self._folders[0]
        if self.comparison is None or first is None:
            return
        problem = ""
        self._on_shown(True)
        try:
            with slicer.util.tryWithErrorDisplay(_("The case could not be shown."), waitCursor=True):
                problem = self._view.show(self.comparison, first, *self._cases[row])
        finally:
            self._on_shown(False)
        one, other = self.comparison.titles
        legend = _("Blue: {first}; orange: {second}.").format(first=one, second=other)
        self._tell(f"{problem} {legend}".strip(), warning=bool(problem))

    def next_case(self, _checked: bool = False) -> None:
        """Show the case after the chosen one."""
        table = self._ui.casesTable
        if table.rowCount:
            table.setCurrentCell((table.currentRow() + 1) % table.rowCount, 0)

    def review_case(self, _checked: bool = False) -> None:
        """Go from the chosen case to the review of its scan; only of landmarks that the tab Scans saves."""
        case = self._reviewable
        if case is not None:
            self._view.leave()
            self._tell("")
            self._review(*case)

    @property
    def _reviewable(self) -> tuple[Path, str] | None:
        """The scan file and the label of the chosen case, where one of the two folders is that of a folder's review."""
        row = self._ui.casesTable.currentRow()
        if self.comparison is None or not 0 <= row < len(self._cases):
            return None
        scan, landmark = self._cases[row]
        for folder in self._folders:
            file = scan_beside(folder, self.comparison.scans[scan]) if folder else None
            if folder and file and folder.name == RESULTS and file.parent == folder.absolute().parent:
                return file, self.comparison.protocol.labels[landmark]
        return None

    def save_report(self, folder: Path) -> None:
        """Write the report and its tables; what goes wrong is shown to the person."""
        if self.comparison is None:
            return
        problem, plots = "", False
        with slicer.util.tryWithErrorDisplay(_("The report could not be saved.")):
            plots = offer_plots()
        with slicer.util.tryWithErrorDisplay(_("The report could not be saved."), waitCursor=True):
            try:
                with as_sentence(_("The report could not be saved")):
                    page = write_comparison(self.comparison, folder)
            except PalnetError as error:
                problem = str(error)
            else:
                saved = _("Saved: {page} and the tables beside it.").format(page=page.name)
                missing = (
                    "" if plots else _("It has no plots, as matplotlib is missing. Save it again to install that.")
                )
                self._tell(f"{saved} {missing}".strip(), warning=not plots)
        if problem:  # the box comes when the mouse is an arrow again
            self._tell(problem, warning=True)
            complain(problem)

    def _refresh(self) -> None:
        """Show the comparison as it is, with no case chosen."""
        ui, one = self._ui, self.comparison
        names = (_("First observer..."), _("Second observer..."))
        for button, folder, name in zip((ui.firstButton, ui.secondButton), self._folders, names, strict=True):
            button.text = on_button(folder.name) if folder else name
            if folder:
                button.toolTip = literal(_("{folder}. Choose another one.").format(folder=folder))
        table = ui.casesTable
        table.blockSignals(True)
        table.setRowCount(0)
        if one is not None:
            self._fill(one)
        table.setCurrentCell(-1, -1)
        table.blockSignals(False)
        ui.compareLabel.text = (
            in_words(one) if one is not None else _("Choose two folders with landmarks of the same scans.")
        )
        for button in (ui.nextCaseButton, ui.saveReportButton):
            enable(button, one is not None)
        self._offer_review()

    def _offer_review(self) -> None:
        button, case = self._ui.reviewCaseButton, self._reviewable
        enable(button, case is not None)
        known = _("Review this scan, from this landmark on.")
        unknown = _("Landmarks in the folder '{results}' beside their scans can be reviewed: choose a case of such.")
        button.toolTip = known if case is not None else unknown.format(results=RESULTS)

    def _fill(self, one: Comparison) -> None:
        rows = [row for row in case_rows(one) if row["distance_mm"]][:_MOST_CASES]
        self._cases = [(one.scans.index(row["scan"]), one.protocol.index(row["label"])) for row in rows]
        table = self._ui.casesTable
        table.setRowCount(len(rows))
        for number, row in enumerate(rows):
            name = one.protocol.landmarks[self._cases[number][1]].name
            for column, text in enumerate((row["scan"], row["label"], f"{row['distance_mm']:.1f}")):
                item = qt.QTableWidgetItem(cell(text))
                item.setToolTip(literal(f"{row['scan']}: {name}"))
                if column == 2:
                    item.setTextAlignment(qt.Qt.AlignRight | qt.Qt.AlignVCenter)
                table.setItem(number, column, item)

    def _show_chosen(self) -> None:
        row = self._ui.casesTable.currentRow()
        self._offer_review()
        if 0 <= row < len(self._cases):
            self.show_case(row)

    def _on_clicked(self, _row: int, _column: int) -> None:
        if not self._view.shown:
            self._show_chosen()

    def _choose_first(self, _checked: bool = False) -> None:
        self._choose(0, _("Landmarks of the first observer"))

    def _choose_second(self, _checked: bool = False) -> None:
        self._choose(1, _("Landmarks of the second observer"))

    def _choose(self, index: int, title: str) -> None:
        before = self._folders[index] or self._folders[1 - index] or start_folder()
        chosen = qt.QFileDialog.getExistingDirectory(self._ui.firstButton, title, str(before))
        if not chosen:
            return
        remember_folder(Path(chosen))
        self._folders[index] = Path(chosen)
        first, second = self._folders
        if first and second:
            self.compare(first, second)
        else:
            self._refresh()

    def _choose_report(self, _checked: bool = False) -> None:
        first = self._folders[0]
        before = str(first.parent if first else start_folder())
        chosen = qt.QFileDialog.getExistingDirectory(self._ui.saveReportButton, _("Folder for the report"), before)
        if chosen:
            self.save_report(Path(chosen))

    def _tell(self, text: str, warning: bool = False) -> None:
        tell(self._ui.compareStatusLabel, text, warning)
