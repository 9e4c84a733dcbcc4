"""What a person chooses of a training: its begin, length, test and name; and what that costs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import qt
from palnet.errors import PalnetError
from palnet.learning.costs import estimate
from palnet.learning.plan import Plan, config_of
from palnet.pipeline.model import Model
from slicer.i18n import tr as _

from ..engine.landmarking import bundled_model_names
from ..engine.own_models import choose_models_folder, models_folder, own_models
from ..nodes.scene import is_folder
from .folders import remember_folder
from .looks import enable, literal, shortened, tell

_NO_NAME = re.compile(r"[^\w\- .]+")
_FOLDS = 5


class TrainingChoices:
    """Keeps the widgets of the choices.

    :param ui: widgets by name: ``beginCombo``, ``lengthCombo``, ``testCombo``, ``nameEdit``, ``estimateLabel``,
        ``modelsFolderButton``
    """

    def __init__(self, ui: Any) -> None:
        self._ui = ui
        self._found: dict[str, Any] | None = None
        for text, data in (
            (_("Short"), "short"),
            (_("Usual"), "usual"),
            (_("Long"), "long"),
        ):
            ui.lengthCombo.addItem(text, data)
        ui.lengthCombo.setCurrentIndex(1)
        ui.testCombo.addItem(_("One scan in five"), False)
        ui.testCombo.addItem(_("All, in five parts"), True)
        for name in ("beginCombo", "lengthCombo", "testCombo"):
            getattr(ui, name).connect("currentIndexChanged(int)", self._changed)
        ui.modelsFolderButton.connect("clicked(bool)", self._choose_models_folder)
        self.list_starts()
        self.refresh()

    @property
    def found(self) -> dict[str, Any] | None:
        """What was found in the folder, as ``palnet.learning.process`` says it; None before it was looked at."""
        return self._found

    @found.setter
    def found(self, found: dict[str, Any] | None) -> None:
        self._found = found
        self.list_starts()
        self.refresh()

    @property
    def name(self) -> str:
        """The name of the model."""
        return str(self._ui.nameEdit.text).strip()

    def propose_name(self, folder: Path) -> None:
        """Name the model after its folder."""
        self._ui.nameEdit.text = _as_name(folder.name) or _("my landmarks")

    def plan(self, folder: Path) -> Plan:
        """What is chosen, in a new folder.

        :raises PalnetError: the name is none
        """
        name = self.name
        if not name or name != _as_name(name):
            raise PalnetError(_("Give the model a name of letters and digits: it becomes the name of its file."))
        output, number = models_folder() / name, 1
        while is_folder(output):
            number += 1
            output = models_folder() / f"{name} {number}"
        return self._plan(folder, output, output.name)

    def refresh(self) -> None:
        """Show what can be chosen, and what it costs."""
        ui, found = self._ui, self._found
        for widget in (ui.beginCombo, ui.lengthCombo, ui.testCombo, ui.nameEdit):
            enable(widget, found is not None)
        folder = models_folder()
        told = _("The model and its report go to a folder in {folder}. Choose another one.")
        ui.modelsFolderButton.toolTip = literal(told.format(folder=folder))
        tell(ui.estimateLabel, self._estimate() if found is not None else "")

    def _estimate(self) -> str:
        found = self._found
        assert found is not None
        plan = self._plan(Path(), Path(), self.name or "model")
        try:
            start = Model.find(plan.start) if plan.start else None
        except PalnetError as error:
            return str(error)
        cost = estimate(
            config_of(plan, start),
            found["scans"],
            found["vertices"],
            found["landmarks"],
            min(plan.folds, found["subjects"]),
            plan.crossvalidated,
            start is not None,
        )
        return cost.in_words

    def _plan(self, folder: Path, output: Path, name: str) -> Plan:
        ui = self._ui
        return Plan(
            folder,
            output,
            name,
            start=str(ui.beginCombo.itemData(ui.beginCombo.currentIndex) or ""),
            folds=_FOLDS,
            crossvalidated=bool(ui.testCombo.itemData(ui.testCombo.currentIndex)),
            length=str(ui.lengthCombo.itemData(ui.lengthCombo.currentIndex)),
        )

    def list_starts(self) -> None:
        """Offer the models that there are now to begin from; the choice stays."""
        combo = self._ui.beginCombo
        before = combo.itemData(combo.currentIndex) if combo.count else None
        combo.blockSignals(True)
        combo.clear()
        for name in bundled_model_names():
            combo.addItem(_("From {name}").format(name=name), name)
        for path in own_models():
            combo.addItem(_("From {name}").format(name=shortened(Path(path).stem)), path)
        combo.addItem(_("Anew"), "")
        combo.setCurrentIndex(max(combo.findData(before), 0) if before is not None else 0)
        combo.blockSignals(False)

    def _changed(self, _index: int) -> None:
        self.refresh()

    def _choose_models_folder(self, _checked: bool = False) -> None:
        chosen = qt.QFileDialog.getExistingDirectory(
            self._ui.modelsFolderButton, _("Folder for models"), str(models_folder())
        )
        if chosen:
            remember_folder(Path(chosen))
            choose_models_folder(Path(chosen))
            self.refresh()


def _as_name(text: str) -> str:
    """A text as the name of a file on every system."""
    return " ".join(_NO_NAME.sub(" ", text).split()).strip(".")
