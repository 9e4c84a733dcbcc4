"""Slicer's real slice views beside the review: nothing of it is drawn in them, and no click in them places anything."""

from __future__ import annotations

import numpy as np
import pytest
import slicer
import vtk
from host.window import Window
from PALNetLandmarkerLib.panels.tabs import MEASURE
from reviews import place_of, states
from user import place_landmarks, settle

FOUR_UP = 3


def test_slices_draw_markups(window: Window) -> None:
    """The stand-in is as strict as Slicer: what is not kept out is drawn, and placed."""
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "own")
    node.CreateDefaultDisplayNodes()
    node.AddControlPointWorld(vtk.vtkVector3d(0.0, 0.0, 0.0))
    red = window.views.slice("Red")
    assert red.drawn() > 20
    node.SetDisplayVisibility(False)
    assert red.drawn() == 0


def test_nothing_of_a_review_is_drawn(window: Window) -> None:
    session = place_landmarks(window)
    slicer.app.layoutManager().setLayout(FOUR_UP)  # the person's wish
    session.select("Prn")
    sections = window.module.widget.sections
    sections.tabs.show(MEASURE)
    for label in ("N-Sn", "Ex_R-Ex_L"):
        sections.measurements.measurements.show(label)
    session.ghosts = True
    session.place("Pg", session.nearest_on_scan(place_of(session, "Pg") + 6.0))
    settle()
    red = window.views.slice("Red")
    for label in ("Prn", "Pg", "N", "Sn"):
        red.show(place_of(session, label))
        assert red.drawn() == 0, label


@pytest.mark.parametrize("on_the_face", [False, True])
def test_a_click_in_a_slice_places_nothing(window: Window, on_the_face: bool) -> None:
    """Neither in the air nor where the plane happens to cut the surface; the next click in the 3D view still counts."""
    session = place_landmarks(window)
    slicer.app.layoutManager().setLayout(FOUR_UP)
    session.start_placing("Prn")
    before = place_of(session, "Prn")
    red = window.views.slice("Red")
    red.show(place_of(session, "Pg") if on_the_face else np.zeros(3))
    width, height = red.size
    for _time in range(2):
        red.click(width // 2, height // 2)
        settle()
        assert session.placing and states(session) == {}
        np.testing.assert_array_equal(place_of(session, "Prn"), before)
    interaction = slicer.mrmlScene.GetNodeByID("vtkMRMLInteractionNodeSingleton")
    assert interaction.GetCurrentInteractionMode() == interaction.Place
    session.stop_placing()
