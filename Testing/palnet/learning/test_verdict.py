"""Whether a training was worth it, in sentences that follow from the numbers."""

from __future__ import annotations

import numpy as np
from palnet.evaluation.results import Evaluation, ScanResult
from palnet.learning.verdict import verdict
from things import LABELS, PROTOCOL


def method(name: str, errors: np.ndarray) -> Evaluation:
    """A method with these errors (S, L) mm; NaN where it placed nothing."""
    results = []
    for number, row in enumerate(errors):
        truth = np.arange(3.0 * len(row)).reshape(-1, 3)
        found = truth + row[:, None] * [0.0, 0.0, 1.0]
        failure = "" if np.isfinite(row).any() else "No specimen was found."
        nothing = np.full(len(row), np.nan)
        results.append(ScanResult(f"T{number}", f"T{number}", found, truth, np.ones(len(row), bool), nothing, failure))
    return Evaluation(name, "things", PROTOCOL, tuple(results))


def errors(mean: float, scans: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.9, 1.1, (scans, len(LABELS))) * mean


def test_better_worse_and_neither() -> None:
    own = method("clinic", errors(1.0, 6))
    said = verdict([own, method("face50", errors(2.0, 6, 1)), method("other", errors(0.5, 6, 2))])
    assert said[0] == f"On 6 scans that it had not seen, clinic is {np.nanmean(own.errors):.2f} mm off in the mean."
    assert said[1].startswith("face50 is 2.0") and said[1].endswith("the training was worth it.")
    assert said[2].endswith("the training was not worth it; stay with other.")
    same = verdict([own, method("face50", errors(1.0, 6, 3))])
    assert same[1].endswith("no clear difference on so few scans.")
    many = verdict([method("clinic", errors(1.0, 20)), method("face50", errors(1.0, 20, 3))])
    assert many[1].endswith(": no clear difference.")


def test_one_scan_says_nothing_clearly() -> None:
    said = verdict([method("clinic", errors(1.0, 1)), method("face50", errors(3.0, 1, 1))])
    assert said[0].startswith("On one scan") and "no clear difference on so few scans" in said[1]


def test_only_landmarks_that_both_placed_are_compared() -> None:
    own, other = errors(1.0, 6), errors(1.0, 6, 1)
    own[:, 3:] = 50.0  # the other does not know these
    other[:, 3:] = np.nan
    other[:, :3] = 3.0
    said = verdict([method("clinic", own), method("face50", other)])
    assert "of 3 landmarks that it knows: the training was worth it." in said[1]
    assert "face50 is 3.00 mm off there, and clinic 1.0" in said[1] or "clinic 0.9" in said[1]


def test_refusals_and_nothing_in_common() -> None:
    own = errors(1.0, 4)
    own[2] = np.nan
    said = verdict([method("clinic", own), method("face50", np.full((4, len(LABELS)), np.nan))])
    assert said[1:] == ("1 of these scans it refused.",)
    nothing = verdict([method("clinic", np.full((2, len(LABELS)), np.nan))])
    assert nothing[0] == "clinic placed nothing on the 2 scans that it had not seen."
