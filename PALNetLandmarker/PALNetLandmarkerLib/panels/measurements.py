"""The tab "Measure" of the module's panel: values that follow the landmarks, shown on the face by a tick."""

from __future__ import annotations

from typing import Any

import qt
import slicer
from palnet.errors import PalnetError
from slicer.i18n import tr as _

from ..measure.measurements import LandmarkMeasurements, value_text
from .looks import cell, enable, literal, say

_NAME, _VALUE = 0, 1


class MeasurementsPanel:
    """Shows the measurements of the landmarks under review.

    Nothing is measured while the tab is not shown, unless a table follows the landmarks or something is on the face.

    :param ui: widgets by name: ``measurementsTable``, ``hideMeasurementsButton``, ``measurementsTableButton``,
        ``measurementsLabel``
    :ivar measurements: what is shown; None where nothing is measured
    """

    def __init__(self, ui: Any) -> None:
        self._ui = ui
        self._node: Any = None
        self._ticked: list[str] = []
        self._problem = ""
        self._filling = False
        self._active = False
        self.measurements: LandmarkMeasurements | None = None
        # Dragging sends more events than the table has to be filled anew.
        self._timer = qt.QTimer()
        self._timer.setSingleShot(True)
        self._timer.connect("timeout()", self._fill)
        header = ui.measurementsTable.horizontalHeader()
        header.setSectionResizeMode(_NAME, qt.QHeaderView.Stretch)
        header.setSectionResizeMode(_VALUE, qt.QHeaderView.ResizeToContents)
        ui.measurementsTable.connect("cellChanged(int,int)", self._on_ticked)
        ui.hideMeasurementsButton.connect("clicked(bool)", self._on_hide)
        ui.measurementsTableButton.connect("clicked(bool)", self._on_table)
        self._fill()

    def follow(self, node: Any) -> None:
        """Measure these landmarks; what is on the face of the ones before is shown on theirs.

        :param node: ``vtkMRMLMarkupsFiducialNode`` of a landmark model; None: nothing
        """
        if node is not self._node or (self.measurements is not None and self.measurements.closed):
            self._stop()
            self._node = node
        self._begin()

    @property
    def active(self) -> bool:
        """Whether the person sees the panel."""
        return self._active

    @active.setter
    def active(self, active: bool) -> None:
        self._active = active
        self._begin()

    def close(self) -> None:
        """Take everything from the face, and touch no widget any more: they go."""
        self._stop()
        self._timer.stop()

    def _begin(self) -> None:
        wanted = self._ticked or self._active
        node = self._node
        if node is None or self.measurements is not None or not (wanted or LandmarkMeasurements.has_table(node)):
            return
        try:
            self.measurements = LandmarkMeasurements(node, self._on_changed)
        except PalnetError as error:
            self._problem = str(error)
        else:
            known = {one.label for one in self.measurements.definitions}
            for label in known.intersection(self._ticked):
                self.measurements.show(label)
        self._fill()

    def _stop(self) -> None:
        if self.measurements is not None:
            self.measurements.close()
        self.measurements, self._problem = None, ""
        self._on_changed()

    def _on_changed(self) -> None:
        if not self._timer.active:
            self._timer.start(0)

    def _on_ticked(self, row: int, column: int) -> None:
        measurements = self.measurements
        if self._filling or measurements is None or measurements.closed or column != _NAME:
            return
        ticked = self._ui.measurementsTable.item(row, _NAME).checkState() == qt.Qt.Checked
        measurements.show(measurements.definitions[row].label, ticked)
        self._ticked = measurements.shown
        self._fill()

    def _on_hide(self, _checked: bool = False) -> None:
        self._ticked = []
        if self.measurements is not None:
            self.measurements.hide_all()
        self._fill()

    def _on_table(self, _checked: bool = False) -> None:
        if self.measurements is None:
            return
        with slicer.util.tryWithErrorDisplay(_("The table could not be made.")):
            self.measurements.make_table()
        self._fill()

    def _fill(self) -> None:
        """Show the values as they are."""
        measurements = self.measurements
        if measurements is not None and measurements.closed:
            measurements = None
        table, ui = self._ui.measurementsTable, self._ui
        self._filling = True
        definitions = measurements.definitions if measurements is not None else ()
        table.setRowCount(len(definitions))
        for row, one in enumerate(definitions):
            assert measurements is not None
            name = self._cell(row, _NAME, cell(one.name or one.label))
            name.setToolTip(literal(f"{one.label}: {one.name}, {one.kind}" if one.name else f"{one.label}: {one.kind}"))
            if one.kind != "ratio":
                name.setCheckState(qt.Qt.Checked if one.label in measurements.shown else qt.Qt.Unchecked)
            value = self._cell(row, _VALUE, value_text(one, measurements.values[one.label], measurements.mm))
            value.setTextAlignment(qt.Qt.AlignRight | qt.Qt.AlignVCenter)
        self._filling = False
        enable(ui.hideMeasurementsButton, bool(measurements is not None and measurements.shown))
        enable(ui.measurementsTableButton, measurements is not None and measurements.table is None)
        say(ui.measurementsLabel, self._problem or self._summary(measurements), warning=bool(self._problem))

    def _summary(self, measurements: LandmarkMeasurements | None) -> str:
        if measurements is None:
            return _("Place landmarks on a scan, or choose landmarks, to measure them.")
        values = measurements.values.values()
        text = _("{count} measurements, {missing} of them missing").format(
            count=len(values), missing=sum(value != value for value in values)
        )
        table = measurements.table
        return text + (_("; in the table '{name}'").format(name=table.GetName()) if table is not None else "")

    def _cell(self, row: int, column: int, text: str) -> Any:
        table = self._ui.measurementsTable
        item = table.item(row, column)
        if item is None:
            item = qt.QTableWidgetItem()
            table.setItem(row, column, item)
        if item.text() != text:
            item.setText(text)
        return item
