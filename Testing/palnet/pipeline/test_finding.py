"""Where the face is searched for, how far, and what is looked at again."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import cast

import numpy as np
import pytest
from palnet.errors import Cancelled, NoFaceError
from palnet.pipeline.acceptance import beyond_acceptance
from palnet.pipeline.alignment import Aligner, Alignment, Judge, Search, _Stage
from palnet.pipeline.looks import Coarse, Look, Looker
from palnet.pipeline.prediction import Prediction
from palnet.pipeline.predictor import Predictor
from palnet.rigid import apply, random_pose
from palnet.scans.clean import clean_surface
from palnet.scans.surface import Surface
from shapes import head, polydata


@dataclasses.dataclass(frozen=True)
class _Held:
    """An aligner whose first searches come to nothing but what it is given."""

    aligner: Aligner
    given: tuple[Alignment, ...] = ()
    nothing_further: bool = False
    really: Search | None = None

    def search(self, surface: Surface, unit: str, check: Callable[[], None]) -> _Held:
        return dataclasses.replace(self, really=self.aligner.search(surface, unit, check))

    def quick(self, judge: Judge) -> Iterator[Alignment]:
        return iter(self.given)

    def whole(self, judge: Judge) -> Iterator[Alignment]:
        return iter(())

    def further(self, judge: Judge) -> Iterator[Alignment]:
        assert self.really
        return iter(()) if self.nothing_further else self.really.further(judge)


def _with(predictor: Predictor, held: _Held | None = None, **settings: float) -> Predictor:
    other = Predictor(dataclasses.replace(predictor.model, settings=predictor.model.settings | settings))
    if held:
        other.aligner = cast(Aligner, held)
    return other


def test_a_further_search_where_the_first_comes_to_nothing(
    predictor: Predictor, prediction: Prediction, scan: Surface
) -> None:
    found = _with(predictor, _Held(predictor.aligner)).predict_surface(polydata(scan))
    both = ~(found.missing | prediction.missing)
    assert both.sum() >= len(both) - 2
    assert np.linalg.norm(found.points - prediction.points, axis=1)[both].mean() < 1.0


def test_the_model_says_what_is_searched(predictor: Predictor, scan: Surface) -> None:
    assert predictor.aligner.smaller == (0.75, 0.58)
    with pytest.raises(NoFaceError):
        _with(predictor, _Held(predictor.aligner), search_further=False).predict_surface(polydata(scan))


def test_the_best_few_are_looked_at_again(
    predictor: Predictor, prediction: Prediction, scan: Surface, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = next(iter(predictor.aligner.search(clean_surface(scan)).quick()))
    away = dataclasses.replace(right, pose=random_pose(np.random.default_rng(2), 12, 8) @ right.pose)
    looking = _with(predictor, _Held(predictor.aligner, (away,), nothing_further=True))
    looks: list[Alignment] = []

    def look(surface: Surface, alignment: Alignment, passes: int, in_front: bool = False) -> Look | None:
        looks.append(alignment)
        said = predictor.looker.look(surface, alignment, passes, in_front)
        # What the first look at it says is neither clear nor accepted.
        return dataclasses.replace(said, doubt=9.0, beyond=1.0) if said and len(looks) == 1 else said

    monkeypatch.setattr(looking.looker, "look", look)
    points = looking.predict_surface(polydata(scan)).points
    assert looks[0] == away and len(looks) == 2
    assert np.nanmean(np.linalg.norm(points - prediction.points, axis=1)) < 1.0
    # The second look is from where the first one put the face.
    nose = prediction.points[[prediction.protocol.index("Prn")]]
    first, second = (np.linalg.norm(apply(one.pose, nose) - apply(right.pose, nose)) for one in looks)
    assert second < first / 2


def test_a_whole_face_may_be_doubted_less_than_a_part(
    predictor: Predictor, prediction: Prediction, scan: Surface
) -> None:
    # Of so little deviation that no shape speaks for a face.
    strict = _with(predictor, clear_doubt_mm=0.0, most_doubt_mm=4.0, most_doubt_whole_mm=0.3, most_deviation_mm=0.01)
    with pytest.raises(NoFaceError):
        strict.predict_surface(polydata(scan))
    in_face = apply(prediction.face_from_scan, scan.points)
    part = Surface(scan.points, scan.triangles[(in_face[:, 0] < -5)[scan.triangles].all(axis=1)])
    assert strict.predict_surface(polydata(part)).points.shape == prediction.points.shape
    # Model files from before there was a limit for whole faces have one for all.
    before = _with(predictor, clear_doubt_mm=0.0, most_doubt_mm=4.0)
    before.model.settings.pop("most_doubt_whole_mm", None)
    assert before.predict_surface(polydata(scan)).points.shape == prediction.points.shape


def test_a_doubted_whole_face_has_a_usual_shape(predictor: Predictor) -> None:
    settings = {"clear_doubt_mm": 2.2, "most_doubt_mm": 3.2, "most_doubt_whole_mm": 2.6, "most_deviation_mm": 2.9}
    model = dataclasses.replace(predictor.model, settings=predictor.model.settings | settings)
    face, expected, whole = model.mean_shape, np.full(len(model.mean_shape), 2.4), np.full(len(model.mean_shape), 0.9)
    stretched = face * [1.0, 2.5, 1.0]
    assert beyond_acceptance(model, face, expected, whole, 2.4) < 0
    assert beyond_acceptance(model, stretched, expected, whole, 2.4) > 0
    # What the network does not doubt, and models that do not know usual shapes: the shape is not asked; of parts it is.
    assert beyond_acceptance(model, stretched, expected, whole, 2.1) < 0
    part = np.where(np.arange(len(face)) < 20, 0.9, 0.1)
    assert (
        beyond_acceptance(model, face, expected, part, 2.4)
        < 0
        < beyond_acceptance(model, stretched, expected, part, 2.4)
    )
    assert beyond_acceptance(dataclasses.replace(model, shape=None), stretched, expected, whole, 2.4) < 0
    # What is usual enough of a whole face is not where a third of it is not shown.
    longer = (face * [1.0, factor, 1.0] for factor in np.arange(2.5, 1.0, -0.02))
    unusual = next(points for points in longer if beyond_acceptance(model, points, expected, whole, 2.4) < 0)
    assert beyond_acceptance(model, unusual, expected, np.full(len(face), 0.7), 2.4) > 0
    del model.settings["most_deviation_mm"]
    assert beyond_acceptance(model, stretched, expected, whole, 2.4) < 0


@pytest.mark.parametrize(("times", "goes_on"), [(3.4, True), (3.6, False)])
def test_where_all_is_doubted_beyond_measure_nothing_further_is_searched(
    predictor: Predictor, scan: Surface, monkeypatch: pytest.MonkeyPatch, times: float, goes_on: bool
) -> None:
    said, further = times * predictor.model.settings["most_doubt_mm"], []
    monkeypatch.setattr(Looker, "coarse_doubt", lambda *_args: said)
    monkeypatch.setattr(Looker, "look", lambda *_args: None)
    candidates = Search._candidates

    def asked(self: Search, unit: str, inside_out: bool, stage: _Stage, judge: Judge) -> Iterator[Alignment]:
        further.append(stage.size < 1 or stage.thrifty)
        return candidates(self, unit, inside_out, stage, judge)

    monkeypatch.setattr(Search, "_candidates", asked)
    with pytest.raises(NoFaceError):
        predictor.predict_surface(polydata(scan))
    assert any(further) is goes_on


@pytest.mark.parametrize("measured", [True, False])
def test_rough_poses_are_judged_where_the_limits_were_measured(
    predictor: Predictor, scan: Surface, monkeypatch: pytest.MonkeyPatch, measured: bool
) -> None:
    rough: list[bool] = []

    def doubt(_looker: Looker, _coarse: Coarse, alignment: Alignment) -> float:
        rough.append(np.isinf(alignment.error))
        return 0.0

    monkeypatch.setattr(Looker, "coarse_doubt", doubt)
    monkeypatch.setattr(Looker, "look", lambda *_args: None)
    monkeypatch.setattr(Search, "further", lambda *_args: iter(()))
    with pytest.raises(NoFaceError):
        _with(predictor, search_further=measured).predict_surface(polydata(scan))
    assert not all(rough) and any(rough) is measured


def test_a_pose_that_is_not_worth_it_is_not_registered_well(
    predictor: Predictor, scan: Surface, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Strict:
        def worth(self, alignment: Alignment) -> bool:
            asked.append(alignment)
            return len(asked) % 3 == 0

        def going_on(self) -> bool:
            return True

    asked: list[Alignment] = []
    found = list(predictor.aligner.search(clean_surface(scan)).whole(Strict()))
    assert len(found) == len(asked) // 3 > 0


def test_a_refusal_can_be_cancelled_all_along(predictor: Predictor) -> None:
    """The search asks again and again whether to go on, and ends where the answer is no."""
    ball = head(3_000)
    ball = Surface(90.0 * ball.points / np.linalg.norm(ball.points, axis=1, keepdims=True), ball.triangles)
    heard: list[str] = []
    with pytest.raises(NoFaceError):
        predictor.predict_surface(polydata(ball), progress=lambda _share, step: heard.append(step))
    finding = [step for step in heard if step == "Finding the face"]
    assert len(finding) > 15
    for enough in (2, len(finding) // 2, len(finding) - 1):
        heard.clear()

        def stop(_share: float, step: str, enough: int = enough) -> None:
            heard.append(step)
            if heard.count("Finding the face") >= enough:
                raise Cancelled("Stopped.")

        with pytest.raises(Cancelled):
            predictor.predict_surface(polydata(ball), progress=stop)
        assert heard.count("Finding the face") == enough
