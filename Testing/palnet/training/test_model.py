"""What a training writes beside the weights."""

from __future__ import annotations

from palnet.training.model import SETTINGS, doubt_limits


def test_limits_of_a_finished_training() -> None:
    assert doubt_limits(0.5) == doubt_limits(1.15) == {name: SETTINGS[name] for name in doubt_limits(1.0)}


def test_limits_grow_with_the_error() -> None:
    usual, twice = doubt_limits(1.25), doubt_limits(2.5)
    assert all(twice[name] == 2 * usual[name] for name in usual)
    assert twice["clear_doubt_mm"] < twice["most_doubt_whole_mm"] < twice["most_doubt_mm"]
    assert "doubtful_mm" not in usual
