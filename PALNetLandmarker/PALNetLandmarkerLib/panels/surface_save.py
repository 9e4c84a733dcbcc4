"""In the tab "Surface", saving: the surface as the shell writes it, and the sheet of a map."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
import slicer
from palnet.errors import PalnetError, as_sentence
from palnet.results import SURFACE_ENDINGS
from slicer.i18n import tr as _

from ..measure.followed_surface import FollowedSurface
from ..nodes.scan_nodes import scan_of
from ..nodes.surface_nodes import write_surface_node
from .folders import remember_folder, start_folder
from .looks import complain


class SurfaceSaving:
    """Asks where to, and writes.

    :param ui: widgets by name: ``saveSurfaceButton``, ``sheetButton``
    :param followed: says which surface; None if there is none
    :param unit: says the unit of the scan under review
    :param tell: shows a sentence to the person, which may be a warning
    """

    def __init__(
        self,
        ui: Any,
        followed: Callable[[], FollowedSurface | None],
        unit: Callable[[], str],
        tell: Callable[[str, bool], None],
    ) -> None:
        self._ui = ui
        self._followed = followed
        self._unit = unit
        self._tell = tell
        self._page = ""
        ui.saveSurfaceButton.connect("clicked(bool)", self._choose_surface)
        ui.sheetButton.connect("clicked(bool)", self._choose_sheet)

    def surface(self, path: Path) -> None:
        """Write the surface; what goes wrong is shown to the person."""
        followed, problem = self._followed(), ""
        if followed is None or followed.node is None:
            return
        with slicer.util.tryWithErrorDisplay(_("The surface could not be saved."), waitCursor=True):
            try:
                with as_sentence(_("The surface could not be saved")):
                    files = write_surface_node(followed.node, scan_of(followed.landmarks), self._unit(), path)
            except PalnetError as error:
                problem = str(error)
            else:
                self._tell(_("Saved: {names}.").format(names=", ".join(file.name for file in files)), False)
        if problem:  # the box comes when the mouse is an arrow again
            self._tell(problem, True)
            complain(problem)

    def sheet(self, page: Path) -> None:
        """Have the sheet of the map written; it opens when it is there."""
        followed = self._followed()
        if followed is not None:
            self._page = str(page)
            self._tell(_("Drawing the sheet..."), False)
            followed.save_sheet(self._page)

    def hear(self, followed: FollowedSurface) -> None:
        """There is something new of a surface: perhaps its sheet."""
        if not self._page:
            return
        if followed.problem:
            self._page = ""
            self._tell(_("The sheet was not written."), True)
        elif followed.answer is not None and followed.answer.page == self._page:
            self._page = ""
            self._tell(followed.answer.told, False)
            qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(followed.answer.page))

    def _choose_surface(self, _checked: bool = False) -> None:
        path = self._ask(_("Save surface"), SURFACE_ENDINGS[0], self._ui.saveSurfaceButton)
        if path is not None:
            self.surface(path)

    def _choose_sheet(self, _checked: bool = False) -> None:
        followed = self._followed()
        ending = f" {followed.map}.html" if followed is not None else ".html"
        path = self._ask(_("Save sheet"), ending, self._ui.sheetButton)
        if path is not None:
            self.sheet(path if path.name.endswith(".html") else path.with_name(f"{path.name}.html"))

    def _ask(self, title: str, ending: str, widget: Any) -> Path | None:
        """Where a file is to go, beside the scan at first; None: nowhere."""
        followed = self._followed()
        scan = scan_of(followed.landmarks) if followed is not None else None
        if scan is None:
            return None
        start = start_folder(scan) / (scan.GetName() + ending)
        chosen = qt.QFileDialog.getSaveFileName(widget, title, str(start), f"{title} (*{Path(ending).suffix})")
        if not chosen:
            return None
        remember_folder(Path(chosen).parent)
        return Path(chosen)
