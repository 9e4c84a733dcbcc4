"""The tab "Surface" in Slicer's window: what gets out of its way, what comes back, and that it fits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import slicer
from host.start import Host, load_module
from host.views import FOUR_UP, ONE_UP_3D
from host.window import Window
from palnet.surfaces.template import face_template
from PALNetLandmarkerLib.nodes.surface_nodes import surface_of_scan
from PALNetLandmarkerLib.panels.tabs import COMPARE, REVIEW, SURFACE
from PALNetLandmarkerLib.view.layout import TWO_VIEWS
from surfaces import FakeEngine, answer_to, face_model, landmarked_face, surface_points
from user import click, settle, wait_for

pytestmark = pytest.mark.usefixtures("engines")


@pytest.fixture
def face_window(host: Host) -> Iterator[Window]:
    """Slicer's window on a laptop with a landmarked face."""
    landmarks = landmarked_face()
    module = load_module()
    shown = Window(host, module)
    shown.show()
    module.widget._parameterNode.landmarks = landmarks
    settle()
    yield shown
    shown.close_view()
    module.unload()


def seen(node: Any) -> bool:
    return bool(node.GetDisplayNode().GetVisibility())


def test_the_scan_and_the_review_get_out_of_the_way_and_come_back(face_window: Window) -> None:
    sections = face_window.module.widget.sections
    session, ui = sections.review.session, sections.surface._ui
    sections.tabs.show(SURFACE)
    settle()
    overlays = [n for n in slicer.util.getNodesByClass("vtkMRMLModelNode") if n.GetName().startswith("PAL-Net ")]
    assert overlays and seen(session.model) and seen(session.node) and not session.resting
    click(ui.asymmetryButton)
    assert seen(session.model)  # until there is something to see instead
    FakeEngine.made[0].answer()
    settle()
    node = surface_of_scan(session.model)
    assert seen(node) and not seen(session.model) and not seen(session.node) and session.resting
    assert not [n for n in slicer.util.getNodesByClass("vtkMRMLModelNode") if n.GetName().startswith("PAL-Net ")]
    sections.tabs.show(REVIEW)
    settle()
    assert not seen(node) and seen(session.model) and seen(session.node) and not session.resting
    sections.tabs.show(SURFACE)
    settle()
    assert seen(node) and not seen(session.model)
    face_window.module.exit()
    settle()
    assert not seen(node) and seen(session.model) and seen(session.node)
    face_window.module.enter()
    settle()
    assert seen(session.model)
    FakeEngine.made[0].answer()
    settle()
    assert seen(node) and not seen(session.model)
    sections.tabs.show(COMPARE)
    settle()
    assert not seen(node) and seen(session.model)
    sections.tabs.show(SURFACE)
    settle()
    scan, other = session.model, face_model("other")  # which has no landmarks
    assert seen(node)
    face_window.module.widget._parameterNode.surfaceModel = other
    settle()
    assert seen(other) and not seen(scan) and not seen(node) and not sections.surface.shown
    face_window.module.widget._parameterNode.surfaceModel = scan
    settle()
    FakeEngine.made[0].answer()
    session = sections.review.session
    settle()
    assert seen(node) and not seen(other) and not seen(scan)
    slicer.mrmlScene.RemoveNode(session.node)
    settle()
    assert not seen(node) and seen(scan) and not sections.surface.shown
    slicer.mrmlScene.Clear()
    settle()
    assert sections.surface.followed is None and "Place landmarks" in ui.surfaceLabel.text


def test_a_correction_in_the_review_moves_the_surface(face_window: Window) -> None:
    sections = face_window.module.widget.sections
    session, engine = sections.review.session, FakeEngine.made[0]
    scans = sections.queue.queue._scans.keys
    sections.tabs.show(SURFACE)
    click(sections.surface._ui.surfaceMapButton)
    engine.answer()
    assert sections.queue.queue._scans.keys == scans  # a surface is no scan
    sections.tabs.show(REVIEW)
    settle()
    place = np.array(session.node.GetNthControlPointPositionWorld(session.protocol.index("Prn")))
    session.place("Prn", place + [3.0, 0.0, 0.0])
    wait_for(lambda: len(engine.tasks) == 2)
    answer = answer_to(engine.tasks[-1])
    answer.arrays["points"] = answer.arrays["points"] + [1.0, 0.0, 0.0]
    engine.answer(answer)
    node = surface_of_scan(session.model)
    np.testing.assert_allclose(surface_points(node), face_template().surface.points + [1.0, 0.0, 0.0], atol=1e-4)
    assert not seen(node)


def test_the_legend_is_in_the_3d_view_and_nothing_in_slices(face_window: Window) -> None:
    sections = face_window.module.widget.sections
    face_window.views.arrange(FOUR_UP)
    red = face_window.views.slice("Red")
    settle()
    before = red.drawn()
    sections.tabs.show(SURFACE)
    click(sections.surface._ui.asymmetryButton)
    FakeEngine.made[0].answer()
    settle()
    assert red.drawn() == before
    legend = slicer.util.getNodesByClass("vtkMRMLColorLegendDisplayNode")[0]
    shown = face_window.three_d.view.pixels().astype(int)
    legend.SetVisibility(False)
    settle()
    hidden = face_window.three_d.view.pixels().astype(int)
    assert (np.abs(shown - hidden).max(axis=2) > 30).sum() > 500


def test_it_fits_on_a_laptop(face_window: Window) -> None:
    """Nothing is below the fold, and nothing is cut off, in any state."""
    landmarked_face("other with a rather long name, second visit")
    sections = face_window.module.widget.sections
    ui = sections.surface._ui
    sections.tabs.show(SURFACE)
    settle()
    for button in (ui.surfaceMapButton, ui.asymmetryButton, ui.meanMapButton, ui.changeButton, ui.studyMapButton):
        click(button)
        if FakeEngine.made[0].busy:
            FakeEngine.made[0].answer()
        settle()
        assert face_window.fold() == 0, button.objectName
        faults = [line for line in face_window.cut_off() if "Selector" not in line and "landmarks' needs" not in line]
        assert faults == [], button.objectName
    assert ui.studyButton.visible and face_window.is_in_sight(ui.openStudyButton)


def test_a_close_up_waits_while_a_map_is_looked_at(face_window: Window) -> None:
    sections = face_window.module.widget.sections
    face_window.module.widget._parameterNode.closeUp = True
    settle()
    assert face_window.views.layout_id == TWO_VIEWS
    sections.tabs.show(SURFACE)
    click(sections.surface._ui.surfaceMapButton)
    FakeEngine.made[0].answer()
    settle()
    assert face_window.views.layout_id == ONE_UP_3D
    sections.tabs.show(REVIEW)
    settle()
    assert face_window.views.layout_id == TWO_VIEWS and not sections.review.session.resting
