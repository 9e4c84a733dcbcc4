"""The section "My conventions" of the tab "Learn": where a person marks otherwise than the model, and their own."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from pathlib import Path
from typing import Any

import qt
import slicer
from palnet.adapt.convention import Convention, said, said_of_off_surface, said_of_own
from palnet.adapt.file import checksum, read_convention, write_convention
from palnet.errors import PalnetError, as_sentence
from palnet.files import write_text
from palnet.pipeline.model import Model
from slicer.i18n import tr as _

from ..engine import conventions
from ..engine.own_models import models_folder
from ..engine.training_process import TrainingProcess
from ..queue.marked_scans import marked_scans
from .folders import remember_folder, start_folder
from .looks import cell, enable, literal, shortened, tell

LEARNED, PAGE = "learned.convention.json", "learned.convention.html"
"""In the folder of models: what was learned last, used or not, and a page of what is shown."""

_ENDING = ".convention.json"
_GO_ON = "PALNetLandmarker/learnOn"
_EACH = 3
"""Scans that are reviewed before it is learned again by itself."""

_NEEDS = _(
    "Where you mark a landmark otherwise than the model does, and landmarks of your own: learned from three reviewed "
    "scans on."
)


class ConventionsPanel:
    """Learns what a person does otherwise, shows it, and has landmarks follow it.

    :param ui: widgets by name, as in ``PALNetConventions.ui``
    :param landmark_model: says which landmark model is in use, by name or file
    :param folder: says the folder whose scans are queued, empty for the scans of the scene
    :param on_learned: called with a line for the person when something was learned while they were reviewing
    """

    def __init__(
        self,
        ui: Any,
        landmark_model: Callable[[], str],
        folder: Callable[[], str],
        on_learned: Callable[[str], None] = lambda _line: None,
    ) -> None:
        self._ui = ui
        self._landmark_model = landmark_model
        self._folder = folder
        self._on_learned = on_learned
        self._shown: Convention | None = None
        self._unasked = False
        self._reviewed: tuple[str, int] | None = None
        self._problems: list[str] = []
        self.process = TrainingProcess(self._on_step, self._on_end)
        header = ui.shiftsTable.horizontalHeader()
        header.setSectionResizeMode(0, qt.QHeaderView.Stretch)
        for column in (1, 2, 3):
            header.setSectionResizeMode(column, qt.QHeaderView.ResizeToContents)
        for button, act in (
            (ui.learnFolderButton, self._choose_folder),
            (ui.learnQueueButton, self.learn_from_queue),
            (ui.useButton, self.use),
            (ui.stopUsingButton, self.stop_using),
            (ui.pageButton, self.open_page),
            (ui.exportButton, self._choose_export),
            (ui.importButton, self._choose_import),
        ):
            button.connect("clicked(bool)", act)
        ui.goOnCheckBox.checked = slicer.app.userSettings().value(_GO_ON) == "yes"
        ui.goOnCheckBox.connect("toggled(bool)", self._on_go_on)
        self._show(conventions.used())
        self._tell("")

    def close(self) -> None:
        """Stop learning, and touch no widget any more: they go."""
        self.process.stop(0)

    @property
    def shown(self) -> Convention | None:
        """What the table shows."""
        return self._shown

    def learn_from(self, folder: Path) -> None:
        """Learn from a folder of scans with landmarks, in the background."""
        if self.process.running:
            return
        self._tell("")
        with slicer.util.tryWithErrorDisplay(_("Nothing could be learned.")):
            self.process.adapt(folder, self._landmark_model(), models_folder() / LEARNED)
        self._refresh()

    def learn_from_queue(self, _checked: bool = False) -> None:
        """Learn from the scans of the tab Scans: of its folder, or of the scene."""
        if self.process.running:
            return
        folder = self._folder()
        if folder:
            self.learn_from(Path(folder))
            return
        self._tell("")
        from palnet.adapt.learn import learn  # the panel opens sooner without

        with slicer.util.tryWithErrorDisplay(_("Nothing could be learned."), waitCursor=True):
            try:
                marked, problems = marked_scans()
                learned = learn(marked, Model.find(self._landmark_model()))
                write_convention(learned, models_folder() / LEARNED)
            except PalnetError as error:
                self._end_learning(None, str(error))
            else:
                self._end_learning(learned, " ".join(problems))

    def use(self, _checked: bool = False) -> None:
        """Have landmarks follow what is shown."""
        if self._shown is None:
            return
        with slicer.util.tryWithErrorDisplay(_("The convention could not be used.")):
            try:
                with as_sentence(_("The convention could not be used")):
                    self._shown.check_fits(Model.find(self._landmark_model()))
                    conventions.use(self._shown)
            except PalnetError as error:
                self._tell(str(error))
            else:
                self._tell("")
                self._show(conventions.used())
        self._refresh()

    def stop_using(self, _checked: bool = False) -> None:
        """Have landmarks follow none."""
        conventions.use(None)
        self._tell("")
        self._refresh()

    def open_page(self, _checked: bool = False) -> None:
        """Write the page of what is shown, with arrows on the mean face, and open it."""
        one = self._shown
        if one is None:
            return
        from palnet.adapt.page import convention_page

        with slicer.util.tryWithErrorDisplay(_("The page could not be made."), waitCursor=True):
            try:
                model = Model.find(self._landmark_model())
                one.check_fits(model)
                page = models_folder() / PAGE
                write_text(convention_page(one, model, self._problems), page)
            except PalnetError as error:
                self._tell(str(error))
            else:
                qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(page)))

    def export(self, path: Path) -> None:
        """Save what is shown, to be given away."""
        if self._shown is not None:
            path = path if path.name.endswith(".json") else path.with_name(path.name + _ENDING)
            self._try(lambda: write_convention(self._shown, path), _("Saved: {name}.").format(name=path.name))  # type: ignore[arg-type]

    def bring_in(self, path: Path) -> None:
        """Show the convention of a file; it is used when the person says so."""

        def read() -> None:
            self._show(read_convention(path))

        self._try(read, _("This is {name}. It is used when you press 'Use'.").format(name=shortened(path.name)))

    def reviewed(self, count: int) -> None:
        """So many scans of the queue are reviewed now; each third has it learned anew, if the person asked for that."""
        before, self._reviewed = self._reviewed, (self._folder(), count)
        if before is None or before[0] != self._folder() or not self._ui.goOnCheckBox.checked or self.process.running:
            return
        if count // _EACH > before[1] // _EACH:
            self._unasked = True
            self.learn_from_queue()

    def _on_step(self, line: dict[str, Any]) -> None:
        bar = self._ui.learnProgressBar
        bar.maximum = 1000
        bar.value = round(1000 * line["done"])
        bar.setFormat(f"{line['words']}  %p %")

    def _on_end(self, line: dict[str, Any]) -> None:
        found = line.get("learned")
        if found is None:
            self._end_learning(None, str(line.get("error", "")))
            return
        try:
            learned = read_convention(models_folder() / LEARNED)
        except PalnetError as error:
            self._end_learning(None, str(error))
            return
        problems = [str(one) for one in found["problems"]]
        if found["untouched"]:
            told = _("{count} scans have landmarks that nobody has looked at.")
            problems.append(told.format(count=found["untouched"]))
        self._problems = problems
        told = [*problems, *filter(None, [said_of_off_surface(learned)])]
        self._end_learning(learned, " ".join(told))

    def _end_learning(self, learned: Convention | None, problem: str) -> None:
        unasked, self._unasked = self._unasked, False
        if learned is not None:
            before = conventions.used()
            self._show(learned)
            if unasked:
                self.use()
                self._on_learned(news(before, learned))
        if problem or learned is None:
            self._tell(problem)
        elif learned.changes_nothing:
            self._tell(_("You place landmarks as the model does: there is nothing to follow."), warning=False)
        self._refresh()

    def _show(self, one: Convention | None) -> None:
        """Fill the table; what changes most stands first."""
        self._shown = one
        table = self._ui.shiftsTable
        rows: list[tuple[str, int, float | None, float | None, str]] = []
        if one is not None:
            seen = [shift for shift in one.landmarks if shift.scans]
            seen.sort(key=lambda shift: (not shift.used, shift.after - shift.before if shift.used else -shift.before))
            rows = [
                (shift.label, shift.scans, shift.before, shift.after if shift.used else None, said(shift))
                for shift in seen
            ]
            rows[:0] = [(own.label, own.scans, None, own.error, said_of_own(own)) for own in one.own]
        table.setRowCount(len(rows))
        for number, (label, scans, before, after, tip) in enumerate(rows):
            cells = (label, str(scans), _mm(before), _mm(after) if after is not None else _("stays"))
            for column, text in enumerate(cells):
                item = qt.QTableWidgetItem(cell(text))
                item.setToolTip(literal(tip))
                if column:
                    item.setTextAlignment(qt.Qt.AlignRight | qt.Qt.AlignVCenter)
                table.setItem(number, column, item)
        self._refresh()

    def _refresh(self) -> None:
        """Which widgets are shown, and can be used now, and what is in use."""
        ui, one, used = self._ui, self._shown, conventions.used()
        running = self.process.running
        ui.conventionLabel.text = _in_words(one, used)
        ui.learnProgressBar.visible = running
        ui.shiftsTable.visible = bool(ui.shiftsTable.rowCount)
        for button in (ui.learnFolderButton, ui.learnQueueButton, ui.importButton):
            enable(button, not running)
        enable(ui.useButton, one is not None and not _same(one, used) and not one.changes_nothing and not running)
        enable(ui.stopUsingButton, used is not None)
        for button in (ui.pageButton, ui.exportButton):
            enable(button, one is not None)

    def _try(self, act: Callable[[], None], done: str) -> None:
        with slicer.util.tryWithErrorDisplay(_("The file could not be used.")):
            try:
                with as_sentence(_("The file could not be used")):
                    act()
            except PalnetError as error:
                self._tell(str(error))
            else:
                self._tell(done, warning=False)

    def _choose_folder(self, _checked: bool = False) -> None:
        title = _("Folder of scans with landmarks")
        before = self._folder() or str(start_folder())
        chosen = qt.QFileDialog.getExistingDirectory(self._ui.learnFolderButton, title, before)
        if chosen:
            remember_folder(Path(chosen))
            self.learn_from(Path(chosen))

    def _choose_export(self, _checked: bool = False) -> None:
        place = str(start_folder() / f"my{_ENDING}")
        chosen = qt.QFileDialog.getSaveFileName(self._ui.exportButton, _("Convention"), place, f"*{_ENDING}")
        if chosen:
            self.export(Path(chosen))

    def _choose_import(self, _checked: bool = False) -> None:
        chosen = qt.QFileDialog.getOpenFileName(
            self._ui.importButton, _("Convention"), str(start_folder()), _("Conventions (*.json)")
        )
        if chosen:
            remember_folder(Path(chosen).parent)
            self.bring_in(Path(chosen))

    def _on_go_on(self, checked: bool) -> None:
        slicer.app.userSettings().setValue(_GO_ON, "yes" if checked else "no")

    def _tell(self, text: str, warning: bool = True) -> None:
        tell(self._ui.conventionStatusLabel, text, warning)


def news(before: Convention | None, now: Convention) -> str:
    """What a convention says that one before it did not: ``Gn now follows your convention (8 scans, 5.9 to 1.8)``."""
    known = {one.label for one in before.used} if before is not None else set()
    fresh = sorted((one for one in now.used if one.label not in known), key=lambda one: one.after - one.before)
    own_known = {one.label for one in before.own} if before is not None else set()
    own = [one for one in now.own if one.label not in own_known]
    if not fresh and not own:
        return _("Your convention was learned again from {count} scans.").format(count=now.scans)
    first = said(fresh[0]).replace(" follows", " now follows", 1) if fresh else said_of_own(own[0])
    more = len(fresh) + len(own) - 1
    return _("{first}, and {more} more.").format(first=first, more=more) if more else f"{first}."


def _in_words(one: Convention | None, used: Convention | None) -> str:
    if one is None:
        return _NEEDS
    what = _("{scans} scans of {day}; landmarks shifted: {shifted}, of your own: {own}.").format(
        scans=one.scans, day=one.created, shifted=len(one.used), own=len(one.own)
    )
    state = _("In use, with {model}.").format(model=one.model) if _same(one, used) else _("Not in use.")
    return f"{state} {what}"


def _same(one: Convention | None, other: Convention | None) -> bool:
    """Whether two conventions say the same; numbers that are none are no difference."""
    return one is not None and other is not None and checksum(one) == checksum(other)


def _mm(value: float | None) -> str:
    return f"{value:.1f}" if value is not None and isfinite(value) else ""
