"""In the tab "Surface", the mean face of a folder and where groups differ: what palnet surface does, with progress."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
from palnet.batch.files import is_scan
from palnet.commands.surface_maps import STUDY
from palnet.errors import PalnetError
from palnet.files import files_below
from palnet.results import SURFACE_ENDINGS
from slicer.i18n import tr as _

from ..engine.surface_engine import Answer, SurfaceEngine
from ..queue.folder_scans import RESULTS
from .folders import remember_folder, start_folder
from .looks import enable, in_progress, on_button

_HUNDRED = 100


class StudyPanel:
    """Asks for a folder and a table of groups, and has the study made in a process of its own.

    :param ui: widgets by name: ``studyFolderButton``, ``groupsButton``, ``studyButton``, ``openStudyButton``,
        ``studyProgressPage``, ``studyProgressBar``, ``cancelStudyButton``
    :param tell: shows a sentence to the person, which may be a warning
    :param on_chosen: called when :attr:`needs` may say something else
    :ivar page: the sheet that was written last; None before that
    """

    def __init__(self, ui: Any, tell: Callable[[str, bool], None], on_chosen: Callable[[], None]) -> None:
        self._ui = ui
        self._tell = tell
        self._on_chosen = on_chosen
        self._folder: Path | None = None
        self._groups: Path | None = None
        self.engine = SurfaceEngine()
        self.page: Path | None = None
        ui.studyFolderButton.connect("clicked(bool)", self._choose_folder)
        ui.groupsButton.connect("clicked(bool)", self._choose_groups)
        ui.studyButton.connect("clicked(bool)", self.start)
        ui.openStudyButton.connect("clicked(bool)", self._open)
        ui.cancelStudyButton.connect("clicked(bool)", self.cancel)
        self.refresh()

    @property
    def needs(self) -> str:
        """What is to be done first, as a sentence."""
        if self._folder is None:
            return _(
                "Choose a folder of scans whose landmarks are placed: their mean face is made, and where they differ."
            )
        return _("The mean face and the maps go to the folder '{name}' in it.").format(name=STUDY)

    def choose(self, folder: Path, groups: Path | None = None) -> None:
        """Study this folder."""
        self._folder, self._groups, self.page = folder, groups, None
        self._tell("", False)
        self.refresh()
        self._on_chosen()

    def start(self, _checked: bool = False) -> None:
        """Make the study; what goes wrong is shown to the person."""
        if self._folder is None or self.engine.busy:
            return
        self.page = None
        self._ui.studyProgressBar.value = 0
        self._ui.studyProgressBar.format = _("Starting")
        try:
            self.engine.ask(_task(self._folder, self._groups), self._done, self._step)
        except PalnetError as error:
            self._tell(str(error), True)
        else:
            self._tell("", False)
        self.refresh()

    def cancel(self, _checked: bool = False) -> None:
        """End the study; nothing is written."""
        self.engine.cancel()
        self._tell(_("Stopped. Nothing was written."), False)
        self.refresh()

    def close(self) -> None:
        """End the study, and touch no widget any more: they go."""
        self.engine.stop()

    def refresh(self) -> None:
        """Which widgets can be used now."""
        ui, busy = self._ui, self.engine.busy
        names = (_("Folder of scans..."), _("Groups (optional)..."))
        buttons = (ui.studyFolderButton, ui.groupsButton)
        for button, path, name in zip(buttons, (self._folder, self._groups), names, strict=True):
            button.text = on_button(path.name) if path is not None else name
            enable(button, not busy)
        enable(ui.studyButton, self._folder is not None and not busy)
        enable(ui.openStudyButton, self.page is not None and not busy)
        ui.studyProgressPage.visible = busy

    def _step(self, share: float, step: str) -> None:
        self._ui.studyProgressBar.value = round(_HUNDRED * share)
        self._ui.studyProgressBar.format = _("Fitting {name}: %p%").format(name=in_progress(step))

    def _done(self, answer: Answer) -> None:
        self.page = Path(answer.page) if answer.page else None
        self.refresh()
        self._tell(answer.error or answer.told, bool(answer.error))
        if self.page is not None:
            self._open()

    def _open(self, _checked: bool = False) -> None:
        qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(self.page)))

    def _choose_folder(self, _checked: bool = False) -> None:
        start = str(self._folder or start_folder())
        chosen = qt.QFileDialog.getExistingDirectory(self._ui.studyFolderButton, _("Folder of scans"), start)
        if chosen:
            remember_folder(Path(chosen))
            self.choose(Path(chosen), self._groups)

    def _choose_groups(self, _checked: bool = False) -> None:
        start = str(self._groups or self._folder or start_folder())
        title = _("Table with the columns scan and group; Cancel for none")
        chosen = qt.QFileDialog.getOpenFileName(self._ui.groupsButton, title, start, _("Tables") + " (*.csv)")
        self._groups = Path(chosen) if chosen else None
        self.refresh()


def _task(folder: Path, groups: Path | None) -> dict[str, Any]:
    """What the process is asked for: of scans with landmarks the surfaces are fitted anew, else those there are read.

    :raises PalnetError: the folder cannot be read
    """
    own = folder.parent if folder.name == RESULTS else folder
    task: dict[str, Any] = {"folder": str(folder), "output": str(own / STUDY)}
    try:
        results = own / RESULTS
        if results.is_dir() and any(is_scan(path) for path in own.iterdir()):
            task |= {"folder": str(results), "scans": str(own)}
        elif not any(path.name.endswith(SURFACE_ENDINGS[0]) for path in files_below(folder)):
            raise PalnetError(
                _(
                    "This folder has no scans with landmarks in '{name}', and no surfaces: place landmarks on its "
                    "scans in the tab Scans first."
                ).format(name=RESULTS)
            )
    except OSError as error:
        raise PalnetError(
            _("The folder {name} cannot be read: {reason}.").format(name=folder.name, reason=error.strerror or error)
        ) from error
    return task | ({"groups": str(groups)} if groups is not None else {})
