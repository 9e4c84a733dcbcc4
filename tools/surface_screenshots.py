"""Pictures of the tab Surface with two visits of one person, for tools/screenshots.py."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any


def surfaces(album: Any, place: Callable[[Any], Any], named: Callable[[str], str], dark: bool = False) -> None:
    """The tab Surface in every state.

    :param album: takes the pictures, :param place: presses the button that places landmarks
    :param named: the name of a picture, of what it shows
    """
    import slicer
    from PALNetLandmarkerLib.panels.tabs import SURFACE
    from user import click, settle, wait_for

    with tempfile.TemporaryDirectory() as name, album.window(dark, load=False) as window:
        tool = Path(__file__).with_name("second_visit.py")
        subprocess.run([sys.executable, str(tool), name], check=True)
        for visit in ("second", "first"):
            model = slicer.util.loadModel(str(Path(name) / f"{visit}.ply"))
            window.module.widget._parameterNode.surfaceModel = model
            settle()
            place(window)
        panel = window.module.widget.sections.surface
        ui = panel._ui
        window.module.widget.sections.tabs.show(SURFACE)
        settle()
        album.take(window, named("ready"))
        for what, button in (("regions", ui.surfaceMapButton), ("asymmetry", ui.asymmetryButton)):
            click(button)
            wait_for(lambda: panel.followed.answer is not None)
            album.take(window, named(what))
        click(ui.meanMapButton)
        album.take(window, named("mean"))
        click(ui.changeButton)
        panel.visit._ui.orderCombo.setCurrentIndex(1)
        panel.visit._ui.orderCombo.activated.emit(1)
        wait_for(lambda: panel.followed.answer is not None and "volume_sd_cc" in panel.followed.answer.rows[0])
        album.take(window, named("change"))
        click(ui.surfaceMapButton)
        ui.surfaceColoursCombo.setCurrentIndex(1)
        wait_for(lambda: panel.followed.answer is not None)
        album.take(window, named("expected"))
        click(ui.studyMapButton)
        album.take(window, named("folder"))
