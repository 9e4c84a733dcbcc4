"""The section "Train" of the tab "Learn": from a folder of scans with landmarks to a model of one's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
import slicer
from palnet.batch.words import time_left
from palnet.errors import PalnetError
from palnet.learning.plan import Plan
from slicer.i18n import tr as _

from ..engine.own_models import remember_model
from ..engine.training_process import TrainingProcess, open_training, remember_training
from ..view.training_plot import Curves, TrainingPlot
from .folders import remember_folder, start_folder
from .looks import enable, shortened, tell
from .pytorch import offer_pytorch
from .training_choices import TrainingChoices

_NEEDS = _(
    "For twenty scans and more, or for other landmarks or things than the model knows. With fewer, try "
    "'My conventions' first."
)


class TrainPanel:
    """Looks at a folder, trains in the background, and leads on to the model and its report.

    :param ui: widgets by name, as in ``PALNetTrain.ui``
    :param use_model: chooses a model by its file
    :param on_model: called with the file of a model that was trained
    :param on_curves: called when there are curves to be shown, and when there are none any more
    :ivar plan: of the training that runs, waits, or has just ended; None while one is being chosen
    """

    def __init__(
        self,
        ui: Any,
        use_model: Callable[[str], None],
        on_model: Callable[[str], object],
        on_curves: Callable[[], None],
    ) -> None:
        self._ui = ui
        self._use_model = use_model
        self._on_model = on_model
        self._on_curves = on_curves
        self._choices = TrainingChoices(ui)
        self._folder: Path | None = None
        self._checking = False
        self._cancelling = False
        self._finished = False
        self._stage = ""
        self.curves = Curves()
        self.plot = TrainingPlot()
        self._part = ""
        self.process = TrainingProcess(self._on_step, self._on_end)
        for button, act in (
            (ui.scansButton, self._choose_folder),
            (ui.startButton, self.start),
            (ui.pauseButton, self.pause),
            (ui.goOnButton, self.go_on),
            (ui.cancelTrainingButton, self.cancel),
            (ui.useModelButton, self._on_use),
            (ui.reportButton, self._on_report),
            (ui.anotherButton, self._on_another),
        ):
            button.connect("clicked(bool)", act)
        self.plan = open_training()
        self._tell("")
        tell(ui.resultLabel, "")
        self._ui.foundLabel.text = _NEEDS
        self._refresh()
        if self.plan is not None:
            self._say_waiting(_("The training '{name}' is not finished: go on, or cancel it."))

    def close(self) -> None:
        """Stop at a checkpoint, and touch no widget any more: they go."""
        self.process.close()
        self.plot.clear()

    @property
    def training(self) -> bool:
        """Whether a training runs now."""
        return self.process.running and not self._checking

    @property
    def has_curves(self) -> bool:
        """Whether there is something to be shown in the plot."""
        return bool(self.curves.losses or self.curves.errors)

    def choose(self, folder: Path) -> None:
        """Look at a folder of scans with landmarks; what does not fit is listed."""
        if self.process.running:
            return
        self._folder = folder
        self._choices.found = None
        self._choices.propose_name(folder)
        self._tell("")
        self._ui.foundLabel.text = _("Looking at the scans")
        self._checking = True
        self.process.check(folder, self._choices.name)
        self._refresh()

    def start(self, _checked: bool = False) -> None:
        """Begin the training that is chosen; what goes wrong is shown to the person."""
        if self.process.running or self._folder is None or self._choices.found is None:
            return
        with slicer.util.tryWithErrorDisplay(_("The training could not be started.")):
            try:
                plan = self._choices.plan(self._folder)
            except PalnetError as error:
                self._tell(str(error))
                return
            self._tell(_("Looking for PyTorch. If it has to be installed, that takes minutes."))
            slicer.app.processEvents()
            missing = offer_pytorch()
            self._tell(missing)
            if not missing:
                self._begin(plan)

    def pause(self, _checked: bool = False) -> None:
        """Stop at a checkpoint, to go on later."""
        if self.process.running:
            self._ui.runLabel.text = _("Stopping at the next step")
            enable(self._ui.pauseButton, False)
            self.process.cancel()

    def go_on(self, _checked: bool = False) -> None:
        """Go on with the training that waits."""
        if self.plan is not None and not self.process.running:
            missing = offer_pytorch()
            self._tell(missing)
            if not missing:
                self._begin(self.plan)

    def cancel(self, _checked: bool = False) -> None:
        """Stop for good; the files stay."""
        if self._checking or self.plan is None:
            return
        if self.process.running:
            self._cancelling = True
            enable(self._ui.cancelTrainingButton, False)
            self.pause()
        else:
            self._give_up()

    def _begin(self, plan: Plan) -> None:
        self.plan, self._finished, self._cancelling, self._stage = plan, False, False, ""
        self._forget_curves()
        self._tell("")
        tell(self._ui.resultLabel, "")
        ui = self._ui
        ui.runLabel.text = _("Starting")
        ui.trainProgressBar.maximum = 1000
        ui.trainProgressBar.value = 0
        ui.trainProgressBar.setFormat("%p %")
        remember_training(plan)
        self.process.train(plan)
        self._refresh()

    def _on_step(self, line: dict[str, Any]) -> None:
        part = line.get("part", "")
        if part != self._part:  # another model is trained now, with curves of its own
            self._part = part
            self._forget_curves()
        were_none = not self.has_curves
        if self.curves.told(line):
            self._show_curves(were_none, "validated" in line)
        if self._checking:
            told = _("Looking at scan {done} of {total}")
            self._ui.foundLabel.text = told.format(done=line["step"], total=line["steps"])
        elif "stage" in line:
            self._show_stage(line)
        self._say_how_far()

    def _show_stage(self, line: dict[str, Any]) -> None:
        bar = self._ui.trainProgressBar
        bar.value = round(1000 * line["done"])
        left = time_left(line["left_s"]) if line.get("left_s") else ""
        bar.setFormat(f"%p %  {left}".strip())
        text = _("{words}: {step} of {steps}.")
        self._stage = text.format(words=line["words"], step=line["step"], steps=line["steps"])

    def _say_how_far(self) -> None:
        if self._stage and self._ui.pauseButton.enabled:  # else it says that it is about to stop
            self._ui.runLabel.text = f"{self._stage} {self._error_so_far}".strip()

    @property
    def _error_so_far(self) -> str:
        if not self.curves.errors:
            return ""
        steps = sorted(self.curves.errors)
        first, last, best = (
            self.curves.errors[steps[0]],
            self.curves.errors[steps[-1]],
            min(self.curves.errors.values()),
        )
        told = _("Error on validation {last:.2f} mm; at first {first:.2f}, best {best:.2f}.")
        return told.format(last=last, first=first, best=best)

    def _on_end(self, line: dict[str, Any]) -> None:
        if self._checking:
            self._checking = False
            self._on_checked(line)
        elif "finished" in line and self.plan is not None:
            self._finished = True
            remember_training(None)
            path = str(self.plan.model_file)
            remember_model(path)
            self._on_model(path)
            self._ui.runLabel.text = _("The model '{name}' is trained, and is in the list of models.").format(
                name=shortened(self.plan.name)
            )
            tell(self._ui.resultLabel, " ".join(line["finished"]))
        elif self._cancelling:
            self._give_up()
        elif "stopped" in line:
            self._say_waiting(_("'{name}' waits: nothing is lost, also when Slicer is closed."))
        else:
            self._tell(line.get("error", ""))
            self._say_waiting(_("'{name}' has stopped; go on when that is mended."))
        self._refresh()

    def _on_checked(self, line: dict[str, Any]) -> None:
        found = line.get("checked")
        self._choices.found = found
        self._ui.problemsList.clear()
        if found is None:
            self._ui.foundLabel.text = ""
            self._tell(line.get("error", ""))
            return
        self._ui.foundLabel.text = _("{folder}: {said}.").format(
            folder=shortened(self._folder.name if self._folder else ""), said=found["said"]
        )
        for sentence in (*found["left_out"], *found["odd"]):
            self._ui.problemsList.addItem(sentence)

    def _give_up(self) -> None:
        """The training that waits is not offered any more; its files stay."""
        plan, self.plan = self.plan, None
        self._cancelling = False
        remember_training(None)
        self._forget_curves()
        if plan is not None:
            told = _("Stopped. What was trained is kept in {folder}.")
            self._tell(told.format(folder=plan.output), warning=False)
        self._refresh()

    def _say_waiting(self, told: str) -> None:
        if self.plan is not None:
            self._ui.runLabel.text = f"{told.format(name=shortened(self.plan.name))} {self._error_so_far}".strip()

    def _show_curves(self, first: bool, at_once: bool) -> None:
        # A plot that is drawn anew at each step would take the time from the rest of the window.
        if at_once or first or len(self.curves.losses) % 5 == 0:
            name = self.plan.name if self.plan is not None else ""
            self.plot.show(self.curves, _("Training of {name}").format(name=name))
        if first:
            self._on_curves()

    def _forget_curves(self) -> None:
        self.curves = Curves()
        self._on_curves()

    def _refresh(self) -> None:
        """Which widgets are shown, and can be used now."""
        ui, running, chosen = self._ui, self.training, self._choices.found is not None
        setup = self.plan is None
        ui.setupBox.visible = setup
        ui.runBox.visible = not setup
        enable(ui.scansButton, setup and not self.process.running)
        ui.problemsList.visible = bool(ui.problemsList.count)
        self._choices.refresh()
        enable(ui.startButton, setup and chosen and not self.process.running)
        for widget in (ui.trainProgressBar, ui.cancelTrainingButton):
            widget.visible = not self._finished
        ui.pauseButton.visible = running
        ui.goOnButton.visible = not running and not self._finished
        for button in (ui.pauseButton, ui.cancelTrainingButton, ui.goOnButton):
            enable(button, not setup)
        for button in (ui.useModelButton, ui.reportButton, ui.anotherButton):
            button.visible = self._finished

    def _choose_folder(self, _checked: bool = False) -> None:
        before = str(self._folder or start_folder())
        chosen = qt.QFileDialog.getExistingDirectory(self._ui.scansButton, _("Folder of scans with landmarks"), before)
        if chosen:
            remember_folder(Path(chosen))
            self.choose(Path(chosen))

    def _on_use(self, _checked: bool = False) -> None:
        if self.plan is not None:
            self._use_model(str(self.plan.model_file))

    def _on_report(self, _checked: bool = False) -> None:
        if self.plan is not None:
            qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(self.plan.report)))

    def _on_another(self, _checked: bool = False) -> None:
        self.plan, self._finished = None, False
        self._forget_curves()
        self._choices.list_starts()
        self._refresh()

    def _tell(self, text: str, warning: bool = True) -> None:
        tell(self._ui.trainStatusLabel, text, warning)
