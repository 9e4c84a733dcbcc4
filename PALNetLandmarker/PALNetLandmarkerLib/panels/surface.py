"""The tab "Surface" of the module's panel: the surface of the scan under review in colours, and the numbers of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from slicer.i18n import tr as _

from ..engine.scan_specs import ScanSpecs
from ..engine.surface_engine import SurfaceEngine
from ..measure.followed_surface import ASYMMETRY, CHANGE, MEAN, SURFACE, FollowedSurface
from ..nodes.scan_nodes import is_released
from ..nodes.shown_alone import show
from ..nodes.surface_nodes import is_surface, surface_of_scan
from ..view.surface_colours import hide_legend, paint_expected, paint_mm, paint_regions
from .looks import enable, say, tell
from .surface_mean import MeanChoice
from .surface_save import SurfaceSaving
from .surface_study import StudyPanel
from .surface_table import fill_regions
from .surface_visit import VisitChoice
from .surface_words import needs, of_map

STUDY = "study"
_MAPS = (SURFACE, ASYMMETRY, MEAN, CHANGE)
_SCALES_MM = (0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 10.0, 15.0, 20.0)
_WAYS = ("outward", "forward")


class SurfacePanel:
    """Shows one map at a time, in place of the scan, for as long as its button is pressed and the tab is shown.

    :param ui: widgets by name, see PALNetSurface.ui
    :param landmark_model: says which landmark model is in use, by name or file
    :param on_shown: called when a map begins to be shown, or no longer is
    :ivar mean, visit, study, saving: the parts of the tab
    """

    def __init__(self, ui: Any, landmark_model: Callable[[], str], on_shown: Callable[[], None]) -> None:
        self._ui = ui
        self._on_shown = on_shown
        self._kind = ""
        self._active = False
        self._told_shown = False
        self._session: Any = None
        self._followed: FollowedSurface | None = None
        self._engine = SurfaceEngine()
        self._specs = ScanSpecs(lambda: self._engine.folder)
        self.mean = MeanChoice(ui, self._make)
        self.visit = VisitChoice(ui, landmark_model, self._make)
        self.study = StudyPanel(ui, self._tell, self._say)
        self.saving = SurfaceSaving(ui, lambda: self._followed, lambda: self._session.review.unit, self._tell)
        buttons = (ui.surfaceMapButton, ui.asymmetryButton, ui.meanMapButton, ui.changeButton, ui.studyMapButton)
        self._buttons = dict(zip((*_MAPS, STUDY), buttons, strict=True))
        for button in buttons:
            button.connect("clicked(bool)", self._on_kind)
        ui.scaleCombo.addItem(_("automatic"))
        for scale in _SCALES_MM:
            ui.scaleCombo.addItem(f"\N{PLUS-MINUS SIGN}{scale:g} mm")
        for combo in (ui.surfaceColoursCombo, ui.directionCombo, ui.scaleCombo):
            combo.connect("activated(int)", self._on_colours)
        self._tell("")
        self._refresh()

    @property
    def shown(self) -> bool:
        """Whether a map has the view."""
        followed = self._followed
        if not self._active or self._kind not in _MAPS or followed is None or followed.problem:
            return False
        return followed.ready and followed.node is not None

    @property
    def active(self) -> bool:
        """Whether the person sees the tab."""
        return self._active

    @active.setter
    def active(self, active: bool) -> None:
        self._active = active
        if active and self._followed is None:
            self._begin()
        self._update()

    @property
    def followed(self) -> FollowedSurface | None:
        """The surface that follows the landmarks; None before one was asked for."""
        return self._followed

    def follow(self, session: Any) -> None:
        """Show the maps of a review's landmarks; no one is told of what that changes.

        :param session: ``ReviewSession``; None: there is none
        """
        node = session.node if session is not None and session.model is not None else None
        before = self._session
        self._session = session
        if self._followed is not None and (self._followed.closed or self._followed.landmarks is not node):
            self._end()
            self._tell("")
        if session is not None and session is not before:
            self._hide(surface_of_scan(session.model))  # of a scene that was saved while it was looked at
        self.visit.refresh(node)
        if self._followed is None and self._active:
            self._begin()
        self._refresh()
        self._told_shown = self.shown

    def choose(self, kind: str) -> None:
        """Press the button of a map, or with an empty text none: the view is the review's again."""
        self._kind = kind
        self._tell("")
        self._make()

    def forget(self, node: Any) -> None:
        """A model node has left the scene; where someone deleted the surface, no one wants to see it."""
        if is_surface(node) and not is_released(node) and self._followed is not None and self._followed.node is None:
            self._end()
            self.choose("")

    def close(self) -> None:
        """End everything, and touch no widget any more: they go."""
        self._end()
        self._engine.stop()
        self.study.close()

    def _begin(self) -> None:
        """Follow the landmarks, and have the map made that is chosen, if everything for it is there."""
        session = self._session
        if session is None or session.model is None or self._kind not in _MAPS:
            return
        if self._followed is None or self._followed.closed:
            self._followed = FollowedSurface(session.node, self._engine, self._specs, self._on_followed)
        if self._kind == MEAN and self.mean.path is not None:
            self._followed.show(MEAN, mean=str(self.mean.path))
        elif self._kind == CHANGE and self.visit.other is not None:
            self._followed.show(CHANGE, self.visit.other, earlier=self.visit.earlier, stable=self.visit.stable)
        else:
            self._followed.show(ASYMMETRY if self._kind == ASYMMETRY else SURFACE)

    def _make(self) -> None:
        """The person has chosen a map, or what it needs."""
        self._begin()
        self._update()

    def _end(self) -> None:
        """Follow no more, and take the surface out of sight."""
        if self._followed is not None:
            node = self._followed.node
            self._followed.close()
            self._hide(node)
        self._followed = None

    def _hide(self, node: Any) -> None:
        if node is not None and node.GetDisplayNode() is not None:
            hide_legend(node)
            show(node, False)

    def _on_kind(self, _checked: bool = False) -> None:
        pressed = [kind for kind, button in self._buttons.items() if button.checked and kind != self._kind]
        self.choose(pressed[0] if pressed else "")

    def _on_colours(self, _index: int) -> None:
        self._update()

    def _on_followed(self) -> None:
        """There is something new of the surface, or its landmarks are gone."""
        if self._followed is not None:
            self.saving.hear(self._followed)
        self._update()

    def _update(self) -> None:
        """Show everything as it is, and tell where the view is another's."""
        self._refresh()
        if self.shown != self._told_shown:
            self._told_shown = self.shown
            self._on_shown()

    def _refresh(self) -> None:
        ui, followed, kind = self._ui, self._followed, self._kind
        for name, button in self._buttons.items():
            button.checked = name == kind
        if kind == STUDY:
            self.study.refresh()
        else:
            ui.studyProgressPage.visible = False
        there = followed is not None and followed.answer is not None and followed.map == kind
        is_map, is_surface_itself = kind in _MAPS, kind == SURFACE
        for page, wanted in (
            (ui.surfacePage, is_surface_itself),
            (ui.meanPage, kind == MEAN),
            (ui.changePage, kind == CHANGE),
            (ui.studyPage, kind == STUDY),
            (ui.scalePage, there and not is_surface_itself),
            (ui.directionCombo, kind == CHANGE),
            (ui.regionTable, there),
            (ui.surfaceButtonsPage, is_map),
        ):
            page.visible = wanted
        enable(ui.saveSurfaceButton, followed is not None and followed.answer is not None and followed.node is not None)
        enable(ui.sheetButton, there and not is_surface_itself)
        if followed is not None and followed.answer is not None and there:
            fill_regions(ui.regionTable, kind, self._way, followed.answer.rows)
        self._say()
        self._draw()

    def _say(self) -> None:
        """What is seen, or what is needed first."""
        if self._kind == STUDY:
            say(self._ui.surfaceLabel, self.study.needs)
            return
        needed, followed = needs(self._session, self._kind, self.mean.path, self.visit.other), self._followed
        if needed or followed is None:
            say(self._ui.surfaceLabel, needed)
        elif followed.problem:
            say(self._ui.surfaceLabel, followed.problem, warning=True)
        else:
            text = of_map(followed, self._session, self._way, self.visit.name, self.visit.earlier)
            say(self._ui.surfaceLabel, text)

    @property
    def _way(self) -> str:
        return _WAYS[self._ui.directionCombo.currentIndex if self._kind == CHANGE else 0]

    def _draw(self) -> None:
        """The surface in its colours, or not at all; the map before stays until the next one is there."""
        followed = self._followed
        if followed is None or followed.node is None:
            return
        if not self.shown:
            self._hide(followed.node)
        elif followed.answer is not None:
            self._paint(followed)
            show(followed.node, True)

    def _paint(self, followed: FollowedSurface) -> None:
        name, title = {
            ASYMMETRY: ("asymmetry_mm", _("Asymmetry")),
            MEAN: ("from_mean_mm", _("From mean")),
            CHANGE: (f"{self._way}_mm", _("Outward") if self._way == _WAYS[0] else _("Forward")),
        }.get(followed.map, ("", ""))
        if name:
            chosen = self._ui.scaleCombo.currentIndex
            paint_mm(followed.node, name, title, _SCALES_MM[chosen - 1] if chosen > 0 else followed.largest(name))
        elif self._ui.surfaceColoursCombo.currentIndex == 1:
            paint_expected(followed.node)
        else:
            paint_regions(followed.node)

    def _tell(self, text: str, warning: bool = False) -> None:
        tell(self._ui.surfaceStatusLabel, text, warning)
