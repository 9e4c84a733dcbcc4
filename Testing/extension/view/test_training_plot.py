"""The curves of a training in the plot view, whose axes Slicer fits to what is there first."""

from collections.abc import Iterator

import pytest
import slicer
from host.start import Host, LoadedModule
from host.views import FOUR_UP, ONE_PLOT
from host.window import Window
from PALNetLandmarkerLib.view.training_plot import Curves, TrainingPlot


@pytest.fixture
def plot(host: Host, module: LoadedModule) -> Iterator[TrainingPlot]:
    window = Window(host, module)
    window.show()
    plot = TrainingPlot()
    yield plot
    plot.clear()
    window.close_view()


def grown(plot: TrainingPlot, losses: dict[int, float], errors: dict[int, float] | None = None) -> None:
    plot.show(Curves(losses, errors or {}), "Training")
    plot.enter()


def test_the_axes_reach_as_far_as_the_curves(plot: TrainingPlot) -> None:
    grown(plot, {1: 12.0})
    view = slicer.app.layoutManager().plotWidget(0)
    grown(plot, {1: 12.0, 2: 11.0, 40: 3.0})
    grown(plot, {1: 12.0, 2: 11.0, 40: 3.0, 80: 2.0}, {80: 14.0})
    (left, right), (bottom, top) = view.ranges
    assert left <= 1 and right >= 80 and bottom <= 2.0 and top >= 14.0
    assert right < 100 and top < 20


def test_a_curve_of_one_point_or_none_is_no_line(plot: TrainingPlot) -> None:
    grown(plot, {1: 12.0})
    grown(plot, {1: 12.0, 2: 11.0}, {2: 5.0})
    assert slicer.app.layoutManager().plotWidget(0).complaints == []


def test_where_a_person_has_zoomed_in_it_stays(plot: TrainingPlot) -> None:
    grown(plot, {1: 12.0, 40: 3.0})
    chart = slicer.app.layoutManager().plotWidget(0).chart
    for seen in ((20.0, 30.0), (20.0, 100.0)):
        chart.SetXAxisRange(*seen)  # as the plot view does when the mouse's wheel was turned
        grown(plot, {1: 12.0, 40: 3.0, 80: 2.0})
        assert chart.GetXAxisRange() == seen
    chart.SetXAxisRange(0.0, 80.0)  # the button that fits the axes, in the bar of the view
    grown(plot, {1: 12.0, 40: 3.0, 80: 2.0, 120: 1.0})
    assert chart.GetXAxisRange()[1] >= 120


def test_a_second_training_has_axes_of_its_own(plot: TrainingPlot) -> None:
    grown(plot, {1: 12.0, 400: 3.0}, {400: 2.0})
    grown(plot, {1: 1.0})
    view = slicer.app.layoutManager().plotWidget(0)
    assert view.ranges[0][1] < 10 and view.ranges[1][1] < 2
    assert view.chart.GetNumberOfPlotSeriesNodes() == 1  # no error was measured yet


def test_after_a_scene_was_closed_the_curves_are_there_and_the_views_come_back(plot: TrainingPlot) -> None:
    """Slicer has no layout while it closes a scene, and the chart goes with the scene."""
    scene, manager = slicer.mrmlScene, slicer.app.layoutManager()
    grown(plot, {1: 12.0, 40: 3.0})
    tags = [
        scene.AddObserver(scene.StartCloseEvent, lambda *_event: plot.leave()),
        scene.AddObserver(scene.EndCloseEvent, lambda *_event: plot.enter()),
    ]
    try:
        scene.Clear()
    finally:
        for tag in tags:
            scene.RemoveObserver(tag)
    assert manager.layout == ONE_PLOT
    view = manager.plotWidget(0)
    assert view.chart.GetNumberOfPlotSeriesNodes() == 1 and view.ranges[0][1] >= 40
    plot.leave()
    assert manager.layout == FOUR_UP
