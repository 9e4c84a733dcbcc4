"""The tab "Learn" of the module's panel: conventions for a few scans, a training for those who have more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .conventions import ConventionsPanel
from .train import TrainPanel

_CHOSEN = """
QPushButton { padding: 3px; border: 1px solid rgba(128, 128, 128, 110); }
QPushButton:hover { border: 1px solid rgba(128, 128, 128, 220); }
QPushButton:checked { border-bottom: 3px solid palette(highlight); }
"""
"""In a dark style a pressed button looks like any other."""


class LearnPanel:
    """Shows one of the two sections, and their plot in the place of the views.

    :param ui: widgets by name: ``conventionsChoice``, ``trainChoice``, ``conventionsHolder``, ``trainHolder``
    :param add: puts a .ui file into a layout; returns its widgets by name
    :param use_model: chooses a model by its file
    :param on_model: called with the file of a model that was trained
    :param on_changed: called when what belongs into the place of the views may be another
    :param landmark_model: says which landmark model is in use, :param folder: whose scans are queued
    :param on_learned: called with a line for the person when something was learned while they were reviewing
    :ivar conventions: the section "My conventions", :ivar train: the section "Train"
    """

    def __init__(
        self,
        ui: Any,
        add: Callable[[str, Any], Any],
        use_model: Callable[[str], None],
        on_model: Callable[[str], object],
        on_changed: Callable[[], None],
        landmark_model: Callable[[], str],
        folder: Callable[[], str],
        on_learned: Callable[[str], None],
    ) -> None:
        self._ui = ui
        self._on_changed = on_changed
        self.active = False
        conventions_ui = add("PALNetConventions.ui", ui.conventionsHolder.layout())
        self.conventions = ConventionsPanel(conventions_ui, landmark_model, folder, on_learned)
        self.train = TrainPanel(add("PALNetTrain.ui", ui.trainHolder.layout()), use_model, on_model, self._changed)
        for choice in (ui.conventionsChoice, ui.trainChoice):
            choice.setStyleSheet(_CHOSEN)
        ui.conventionsChoice.connect("clicked(bool)", self._on_conventions)
        ui.trainChoice.connect("clicked(bool)", self._on_train)
        self._show(training=self.train.plan is not None)

    def close(self) -> None:
        """Stop what runs at a place from which it can go on, and touch no widget any more: they go."""
        self.conventions.close()
        self.train.close()

    @property
    def shows_plot(self) -> bool:
        """Whether the curves of a training stand in the place of the views."""
        return self.active and bool(self._ui.trainChoice.checked) and self.train.has_curves

    def show_train(self) -> None:
        """Show the section "Train"."""
        self._show(training=True)

    def enter_plot(self) -> bool:
        """Show the plot if it belongs there, else the person's views; returns whether it is shown."""
        if self.shows_plot:
            self.train.plot.enter()
        else:
            self.train.plot.leave()
        return self.shows_plot

    def _show(self, training: bool) -> None:
        self._ui.trainChoice.checked = training
        self._ui.conventionsChoice.checked = not training
        self._ui.trainHolder.visible = training
        self._ui.conventionsHolder.visible = not training

    def _on_conventions(self, _checked: bool = False) -> None:
        self._show(training=False)
        self._changed()

    def _on_train(self, _checked: bool = False) -> None:
        self._show(training=True)
        self._changed()

    def _changed(self) -> None:
        if self.active:
            self._on_changed()
