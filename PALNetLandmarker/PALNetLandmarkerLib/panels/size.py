"""How large the chosen scan is, for the few that need it said: out of sight until it is asked for or in doubt."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import slicer
from palnet.pipeline.size import UNKNOWN, is_about_size, telling_pair
from palnet.units import UNITS, is_relative, mm_per_unit, unit_of_size
from slicer.i18n import tr as _

from ..engine.landmarking import protocol_of
from ..nodes.scan_size import AUTO, scale_in_scene, set_size, size_of, size_placed_with
from ..view.two_points import TwoPoints
from ..view.viewpoint import cameras_shown, show_all
from .looks import enable, tell

_FACTOR, _POINTS, _LANDMARKS = "<factor>", "<points>", "<landmarks>"
_CHANGE = "change"
_NAMES = {"um": "µm"}


class SizePanel:
    """Says in a line what is known of the scan's size, if there is anything to say, and offers ways to say it.

    :param ui: widgets by name, of ``PALNetSize.ui``
    :param holder: the widget that they are in, :param button: the ``QToolButton`` that shows and hides the ways
    :param landmark_model: says which landmark model is in use, by name or file
    :param on_changed: called when the person has said another size
    """

    def __init__(
        self,
        ui: Any,
        holder: Any,
        button: Any,
        landmark_model: Callable[[], str],
        on_changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._ui = ui
        self._holder = holder
        self._button = button
        self._landmark_model = landmark_model
        self._on_changed = on_changed
        self._scan: Any = None
        self._landmarks: Any = None
        self._session: Any = None
        self._shown_of: tuple[Any, str] | None = None
        self._labels: tuple[str, ...] = ()
        self._points = TwoPoints(slicer.mrmlScene, self._on_points)
        combo = ui.sizeChoiceCombo
        combo.addItem(_("Found by itself: mm, cm or m"), AUTO)
        for unit in UNITS:
            combo.addItem(_("In {unit}").format(unit=_NAMES.get(unit, unit)), unit)
        combo.addItem(_("One unit is so many mm"), _FACTOR)
        combo.addItem(_("Known distance: two points"), _POINTS)
        combo.addItem(_("Known distance: two landmarks"), _LANDMARKS)
        combo.addItem(_("Not known"), UNKNOWN)
        combo.connect("activated(int)", self._on_choice)
        button.connect("toggled(bool)", self._on_button)
        ui.pointsButton.connect("clicked(bool)", self._on_points_button)
        for spin_box in (ui.factorSpinBox, ui.pointsSpinBox, ui.landmarksSpinBox):
            spin_box.setKeyboardTracking(False)
            spin_box.connect("valueChanged(double)", self._on_number)
        for box in (ui.firstLandmarkCombo, ui.secondLandmarkCombo):
            box.connect("activated(int)", self._on_number)
        ui.sizeHintLabel.connect("linkActivated(QString)", self._on_link)
        self.follow(None)

    def follow(self, scan: Any, session: Any = None, running: bool = False) -> None:
        """Tell of a scan.

        :param scan: ``vtkMRMLModelNode``, or None
        :param session: the review of its landmarks, ``ReviewSession``, or None
        :param running: landmarks are being placed
        """
        if scan is not self._scan:
            self._points.clear()
            self._button.setChecked(False)
        self._scan, self._session = scan, session
        enable(self._button, scan is not None and not running)
        enable(self._ui.sizeBox, not running)
        if running:
            self._points.stop()
        if scan is None:
            self._button.setChecked(False)
        if (scan, size_of(scan)) != self._shown_of:
            self._show_size()
        self._refresh()

    @property
    def clicking(self) -> bool:
        """Whether the person clicks on two points of the scan, which has to be seen for that, or has just done so."""
        return self._points.waiting or math.isfinite(self._points.distance)

    def placed(self) -> None:
        """Landmarks were placed: the ways are out of sight again."""
        self._button.setChecked(False)

    def offer(self) -> None:
        """Show the ways: the scan's size is in doubt."""
        self._button.setChecked(self._scan is not None)

    def close(self) -> None:
        """Take what is in the view away, and touch no widget any more: they go."""
        self._points.clear()

    def stop(self) -> None:
        """The module is left: no click is waited for, and nothing is left in the view."""
        self._points.clear()
        self._refresh()

    # What the person says

    @property
    def _choice(self) -> str:
        return str(self._ui.sizeChoiceCombo.itemData(self._ui.sizeChoiceCombo.currentIndex))

    def _on_button(self, _shown: bool) -> None:
        if not self._button.checked:
            self._points.clear()
        self._show_size()
        self._refresh()

    def _on_link(self, _link: str) -> None:
        self._button.setChecked(not self._button.checked)

    def _on_choice(self, _index: int) -> None:
        if self._choice != _POINTS:
            self._points.clear()
        if self._choice == _LANDMARKS:
            self._offer_landmarks()
        self._say()

    def _on_number(self, _value: Any) -> None:
        self._say()

    def _on_points_button(self, _checked: bool = False) -> None:
        if self._points.waiting:
            self._points.stop()
        elif self._scan is not None:
            if self._session is not None:
                self._session.stop_placing()
            self._points.start(self._scan)
            self._on_changed()  # it has to be seen
            for camera in cameras_shown(slicer.mrmlScene)[:1]:
                show_all(camera, self._scan)
        self._refresh()

    def _on_points(self) -> None:
        if self._choice == _POINTS:
            self._say()

    def _say(self) -> None:
        """Take what the widgets say for the size of the scan, as soon as that is whole."""
        size = self._said()
        if size is not None and self._scan is not None and size != size_of(self._scan):
            set_size(self._scan, size)
            self._shown_of = (self._scan, size)
            self._on_changed()
        self._refresh()

    def _said(self) -> str | None:
        """The size as the widgets have it; None where something is lacking."""
        ui, choice = self._ui, self._choice
        if choice == _FACTOR:
            return unit_of_size(ui.factorSpinBox.value) if ui.factorSpinBox.value > 0 else None
        if choice == _POINTS:
            distance, mm = self._points.distance, ui.pointsSpinBox.value
            if not mm > 0 or not distance > 0:
                return None
            return unit_of_size(mm / distance * scale_in_scene(self._scan))
        if choice == _LANDMARKS:
            first, second = (c.itemData(c.currentIndex) for c in (ui.firstLandmarkCombo, ui.secondLandmarkCombo))
            mm = ui.landmarksSpinBox.value
            return f"{first} {second} {mm:g}" if mm > 0 and first != second else None
        return choice

    # What the person sees

    def _show_size(self) -> None:
        """Bring the widgets to what was said of the scan."""
        ui, size = self._ui, size_of(self._scan)
        self._shown_of = (self._scan, size)
        boxes = (ui.factorSpinBox, ui.landmarksSpinBox, ui.pointsSpinBox, ui.sizeChoiceCombo)
        blocked = [box.blockSignals(True) for box in boxes]
        choice = size
        if ui.sizeChoiceCombo.findData(size) < 0:
            choice = _FACTOR if size.endswith(" mm") else _LANDMARKS
        if choice == _FACTOR:
            ui.factorSpinBox.setValue(mm_per_unit(size))
        if choice == _LANDMARKS:
            self._offer_landmarks()
            first, second, mm = size.split(" ")
            for combo, label in ((ui.firstLandmarkCombo, first), (ui.secondLandmarkCombo, second)):
                combo.setCurrentIndex(combo.findData(label))
            ui.landmarksSpinBox.setValue(float(mm))
        ui.sizeChoiceCombo.setCurrentIndex(ui.sizeChoiceCombo.findData(choice))
        for box, before in zip(boxes, blocked, strict=True):
            box.blockSignals(before)

    def _offer_landmarks(self) -> None:
        """The landmarks of the landmark model, as far as the engine can be told of them."""
        protocol = self._session.protocol if self._session is not None else protocol_of(self._landmark_model())
        landmarks = [one for one in protocol.landmarks if len(one.label.split()) == 1] if protocol else []
        labels = tuple(one.label for one in landmarks)
        if labels == self._labels or len(labels) < 2:
            return
        self._labels = labels
        combos = (self._ui.firstLandmarkCombo, self._ui.secondLandmarkCombo)
        for combo, label in zip(combos, telling_pair(labels), strict=True):
            combo.clear()
            for one in landmarks:
                combo.addItem(one.name, one.label)
            combo.setCurrentIndex(labels.index(label))

    def _refresh(self) -> None:
        ui, choice = self._ui, self._choice
        ui.sizeBox.visible = bool(self._button.checked)
        ui.factorRow.visible = choice == _FACTOR
        ui.pointsRow.visible = choice == _POINTS
        ui.landmarksRow.visible = choice == _LANDMARKS
        ui.pointsButton.setChecked(self._points.waiting)
        if self._points.waiting:
            ui.pointsButton.text = _("Click on point {name}...").format(name=self._points.next)
        else:
            clicked = math.isfinite(self._points.distance)
            ui.pointsButton.text = _("A and B") if clicked else _("Click on two points")
        enable(ui.pointsSpinBox, math.isfinite(self._points.distance))
        ui.sizeNoteLabel.text = self._note()
        text, warning = self._hint()
        tell(ui.sizeHintLabel, text, warning)
        self._holder.visible = bool(text) or bool(self._button.checked)

    def _note(self) -> str:
        """What follows from the choice, and what to do next."""
        if self._said() is None:
            return {
                _FACTOR: _("Enter how many millimetres one unit of the file is."),
                _POINTS: _("Click on two points of the scan, and enter how far apart they are on the patient."),
                _LANDMARKS: _("Enter how far apart the two landmarks are on the patient, in a straight line."),
            }.get(self._choice, "")
        again = _("Press 'Place landmarks'.")
        if self._choice == AUTO:
            return _("Say here what you know of it: its unit, a distance on the face, or that no one knows.")
        if self._choice == UNKNOWN:
            text = _("The face counts as large as a mean one: lengths are no real mm; angles and ratios hold.")
            return f"{text} {again}"
        if self._choice == _POINTS:
            return f"{_of_unit(size_of(self._scan))} {again}"
        return again

    def _hint(self) -> tuple[str, bool]:
        """The line that stands while the ways are hidden, and whether it is a warning."""
        review = self._session.review if self._session is not None else None
        said, used = size_of(self._scan), size_placed_with(self._session.node) if self._session is not None else None
        if self._scan is None:
            return "", False
        link = f'<a href="{_CHANGE}">{{text}}</a>'
        if review is not None and used is not None and used != said:
            return _("The landmarks were placed with another size of the scan: place them again."), True
        if review is not None and is_relative(review.prediction.unit):
            text = _("Size not known: mm are relative to a mean face.")
            return f"{text} {link.format(text=_('Change'))}", True
        if said != AUTO and not self._button.checked:
            return f"{_of_size(said)} {link.format(text=_('Change'))}", False
        if review is not None and said == AUTO and any(map(is_about_size, review.prediction.warnings)):
            text = _("Is this face as large as it seems? If not,")
            return f"{text} {link.format(text=_('say how large it is'))}.", True
        return "", False


def _of_unit(size: str) -> str:
    return _("One unit of the file is {mm:.6g} mm.").format(mm=mm_per_unit(size))


def _of_size(size: str) -> str:
    """What was said of a scan's size, as a sentence."""
    if size == UNKNOWN:
        return _("The size of the scan is not known.")
    if size in UNITS:
        return _("The scan is in {unit}.").format(unit=_NAMES.get(size, size))
    if size.endswith(" mm"):
        return _of_unit(size)
    return _("The scan is scaled so that {first} and {second} are {mm} mm apart.").format(
        **dict(zip(("first", "second", "mm"), size.split(" "), strict=True))
    )
