"""The sheet of pictures: labels where they can be read, points in their colours, nothing left in the scene."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from host.start import Host
from palnet.errors import OutputError
from palnet.pipeline.prediction import Prediction
from palnet.scans.looks import Looks, image_of, polydata_of
from PALNetLandmarkerLib import palette
from PALNetLandmarkerLib.pictures import labels, picture
from PALNetLandmarkerLib.pictures.panels import FRONT, LEFT_PROFILE, PANELS, RIGHT_PROFILE
from PALNetLandmarkerLib.pictures.sheet import FRONT_SIZE, SIDE_SIZE, compose
from PALNetLandmarkerLib.view.drawing import Overlay, width_of
from vtk.util.numpy_support import vtk_to_numpy


def test_spread_keeps_the_gap_and_the_order() -> None:
    wanted = np.sort(np.random.default_rng(3).uniform(100, 300, size=20))
    heights = labels.spread(wanted, 25.0, 50.0, 700.0)
    assert np.diff(heights).min() >= 25.0 - 1e-9
    assert heights.min() >= 50.0 and heights.max() <= 700.0
    np.testing.assert_allclose(labels.spread(np.array([100.0, 300.0]), 25.0, 0.0, 700.0), [100.0, 300.0])


def test_spread_where_they_do_not_fit() -> None:
    heights = labels.spread(np.full(30, 100.0), 25.0, 0.0, 290.0)
    np.testing.assert_allclose(np.diff(heights), 10.0)
    assert labels.spread(np.zeros(0), 25.0, 0.0, 100.0).shape == (0,)


def test_leaders_do_not_cross() -> None:
    anchors = np.random.default_rng(5).uniform((100.0, 100.0), (500.0, 500.0), size=(15, 2))
    heights = labels.place_column(anchors, 80.0, 20.0, 0.0, 600.0)
    starts = np.column_stack([np.full(15, 80.0), heights])
    crossings = [
        (i, j) for i in range(15) for j in range(i) if labels.cross(starts[i], anchors[i], starts[j], anchors[j])
    ]
    assert crossings == []


def test_central_labels_go_where_there_is_room() -> None:
    anchors = np.array([[10.0, 50.0], [20.0, 40.0], [51.0, 30.0], [50.0, 20.0], [90.0, 10.0]])
    sides = labels.choose_sides(anchors, 50.0, np.array([False, False, True, True, False]))
    assert sides.tolist() == [-1, -1, 1, 1, 1]


def test_error_classes() -> None:
    assert [palette.error_class(error) for error in (0.2, 1.0, 2.9, 5.0, 40.0, np.nan)] == [0, 1, 2, 4, 5, 5]
    assert [palette.class_name(index) for index in (0, 1, 5)] == ["under 1 mm", "1-2 mm", "over 6 mm"]


@pytest.fixture(scope="module")
def sheet() -> Any:
    """The sheet of the egg, drawn once."""
    from fakes import egg, predict_egg

    return picture.draw_sheet(predict_egg(missing=("T_R", "Sba_L")), egg(), "egg")


def test_sheet_shows_the_points(sheet: Any) -> None:
    """Every class of error that the prediction has is seen in the picture, in its colour."""
    pixels = sheet
    assert pixels.shape == (2 * SIDE_SIZE[1] + 30, 2 * SIDE_SIZE[0] + FRONT_SIZE[0] + 40, 3)
    views = pixels[:, : SIDE_SIZE[0]].reshape(-1, 3).astype(float), pixels[:960].reshape(-1, 3).astype(float)
    hues = np.vstack(views)
    hues /= np.maximum(hues.sum(axis=1, keepdims=True), 1.0)
    for _bound, color in palette.ERROR_CLASSES:
        hue = np.array(color) / np.sum(color)
        assert (np.abs(hues - hue).max(axis=1) < 0.06).sum() > 30, color


def test_sheet_names_landmarks_where_they_are_judged(host: Host, prediction: Prediction, surface: Any) -> None:
    import vtk
    from PALNetLandmarkerLib.pictures.panels import named, visible

    transform = prediction.face_from_scan
    points = prediction.points @ transform[:3, :3].T + transform[:3, 3]
    locator = vtk.vtkStaticCellLocator()
    locator.SetDataSet(picture.in_face_frame(surface, transform))
    locator.BuildLocator()
    seen = np.array([visible(panel, points, locator) for panel in PANELS])
    chosen = named(prediction.protocol, seen)
    assert not (chosen & ~seen).any()
    assert not chosen[:, prediction.missing].any()
    assert chosen.any(axis=0)[seen.any(axis=0)].all()
    index = prediction.protocol.index
    assert chosen[PANELS.index(LEFT_PROFILE), index("T_L")]
    assert not chosen[PANELS.index(FRONT), index("T_L")]
    assert not chosen[PANELS.index(RIGHT_PROFILE), index("T_L")]
    assert chosen[PANELS.index(FRONT), index("Sto")]


def test_all_missing(host: Host, prediction: Prediction, surface: Any) -> None:
    nothing = np.full_like(prediction.points, np.nan)
    empty = dataclasses.replace(prediction, points=nothing, expected_error=nothing[:, 0])
    pixels = picture.draw_sheet(empty, surface, "nothing")
    assert pixels.std() > 10


def test_file(host: Host, prediction: Prediction, surface: Any, tmp_path: Path) -> None:
    path = tmp_path / "egg é.png"
    picture.render_sheet(prediction, surface, "egg", path)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]
    with pytest.raises(OutputError, match="cannot be written"):
        picture.render_sheet(prediction, surface, "egg", tmp_path / "no folder" / "egg.png")


@pytest.mark.parametrize("textured", [True, False])
def test_a_sheet_shows_the_colours_of_the_scan(
    host: Host, prediction: Prediction, surface: Any, textured: bool
) -> None:
    points = vtk_to_numpy(surface.GetPoints().GetData())
    corners = vtk_to_numpy(surface.GetPolys().GetConnectivityArray()).reshape(-1, 3)
    green = np.array([20, 230, 30], np.uint8)
    looks = Looks(points, corners, np.arange(len(points)), len(points))
    if textured:
        uv = np.full((len(points), 2), 0.5, np.float32)
        looks = dataclasses.replace(looks, uv=uv, image=np.full((4, 4, 3), green))
    else:
        looks = dataclasses.replace(looks, colours=np.full((len(points), 3), green))
    pixels = picture.draw_sheet(prediction, polydata_of(looks), "egg", image_of(looks))[:960].astype(int)
    is_green = (pixels[..., 1] > 2 * pixels[..., 0]) & (pixels[..., 1] > 2 * pixels[..., 2])
    assert is_green.mean() > 0.1
    plain = picture.draw_sheet(prediction, surface, "egg")[:960].astype(int)
    assert ((plain[..., 1] > 2 * plain[..., 0]) & (plain[..., 1] > 2 * plain[..., 2])).mean() < 0.02


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, float, float, int, bool]]:
    """The texts of a sheet, where each begins and ends, px from the left edge of its card, and how it is set."""
    texts: list[tuple[str, float, float, int, bool]] = []

    def text(_self: Any, place: Any, words: str, size: int, _color: Any, align: str = "left", **how: Any) -> None:
        width = width_of(words, size, how.get("bold", False))
        begin = place[0] - (width if align == "right" else 0)
        texts.append((words, begin, begin + width, size, align == "right"))

    monkeypatch.setattr(Overlay, "text", text)
    return texts


def card(prediction: Prediction, hidden: bool, title: str) -> None:
    pictures = {
        panel: np.zeros((*(FRONT_SIZE if panel is FRONT else SIDE_SIZE)[::-1], 3), np.uint8) for panel in PANELS
    }
    compose(pictures, prediction, np.full(len(prediction.protocol), hidden), title)


WARNINGS = (
    "The scan's unit is not stated; by its size it is taken for mm, and all that is said in mm here rests on that.",
    "Twelve landmarks are doubtful, as they lie where the scan has holes or hair: Tr, G, T_R, T_L, Sa_R, Sa_L, Pa_R.",
    "The image of the texture is not beside the scan, so no colours are shown on it here or anywhere.",
    "The scan shows only a part of the face: what lies outside of it is guessed, and is to be looked at closely.",
)


@pytest.mark.parametrize("hidden", [False, True])
@pytest.mark.parametrize("title", ["W" * 90, "Anna Meyer, born in a village with a very long name, second visit"])
def test_nothing_on_the_card_runs_out_of_it(
    host: Host, prediction: Prediction, written: list[Any], hidden: bool, title: str
) -> None:
    """Nor below the box that says that it is not reviewed."""
    one = dataclasses.replace(prediction, warnings=WARNINGS, range_mm=np.full(len(prediction.protocol), 12.3))
    card(one, hidden, title)
    left = min(begin for _, begin, *_ in written)
    assert max(end for _, _, end, *_ in written) <= left + FRONT_SIZE[0] - 48
    (box,) = [begin for words, begin, *_ in written if "NOT REVIEWED" in words]
    name = written[0]
    assert name[2] < box and name[0].endswith("...") and len(name[0]) > 12


@pytest.mark.parametrize("hidden", [False, True])
def test_each_warning_is_on_the_sheet_and_the_last_first_of_all(
    host: Host, prediction: Prediction, written: list[Any], hidden: bool
) -> None:
    card(dataclasses.replace(prediction, warnings=WARNINGS), hidden, "A")
    texts = [words for words, *_ in written]
    assert all(any(text.startswith(warning[:40]) for text in texts) for warning in WARNINGS)
    written.clear()
    card(dataclasses.replace(prediction, warnings=(*["Something small."] * 9, WARNINGS[-1])), hidden, "A")
    assert any(words.startswith(WARNINGS[-1][:40]) for words, *_ in written)


def test_the_card_says_that_a_convention_was_followed(host: Host, prediction: Prediction, written: list[Any]) -> None:
    card(prediction, False, "A")
    assert not any("convention" in words for words, *_ in written)
    card(dataclasses.replace(prediction, convention="0123456789abcdef"), False, "A")
    assert any("follows the convention 01234567" in words for words, *_ in written)


@pytest.mark.parametrize(
    ("title", "shown"), [("M\u00fcller", "M\u00fcller"), ("\u0646\u0648\u0631", "(a name in other letters)")]
)
def test_a_name_in_letters_that_the_font_lacks(
    host: Host, prediction: Prediction, written: list[Any], title: str, shown: str
) -> None:
    card(prediction, False, title)
    assert written[0][0] == shown
