"""The page of a convention: what changes, in words that people use, and a picture in which labels can be read."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
from adapting import face_model
from palnet.adapt.convention import Convention, LandmarkShift, OwnLandmark, summary
from palnet.adapt.page import convention_page
from palnet.adapt.picture import _LETTER, _LINE, _overlap, labels_apart

LABELS = face_model().protocol.labels
MOVED = {"Gn": (0.0, -3.0, 0.0), "Pg": (0.0, -3.0, 0.0), "Prn": (0.0, 3.0, 0.0)}


def convention() -> Convention:
    """Three landmarks follow, one of them placed off the surface in part; all others were accepted."""
    landmarks = tuple(
        LandmarkShift(
            label, True, 7, 7, MOVED[label], "face", before=3.0, after=1.7, off=2.9 if label == "Prn" else 0.1
        )
        if label in MOVED
        else LandmarkShift(label, False, 7, 0, before=0.0, after=0.0, off=0.0)
        for label in LABELS
    )
    own = (OwnLandmark("Nasal dorsum Ä", 7, "spline", tuple(face_model().mean_shape[LABELS.index("Prn")])),)  # type: ignore[arg-type]
    return Convention("face50", "face50", face_model().checksum, 7, "2026-11-29", landmarks, own)


def _boxes(page: str) -> str:
    return page[page.index("<header") if "<header" in page else 0 : page.index("What moves")]


def test_the_boxes_are_of_what_changed() -> None:
    """46 landmarks that nobody moved had made 3.0 to 1.7 mm of three others 0.2 to 0.1."""
    top = _boxes(convention_page(convention(), face_model()))
    assert "3.0 mm" in top and "1.7 mm" in top and "of these 3 landmarks" in top
    assert summary(convention()) == "7 scans; 3 of 50 landmarks follow your convention, 1 of your own is predicted"


def test_only_landmarks_of_ones_own_are_no_failure() -> None:
    alone = replace(convention(), landmarks=tuple(LandmarkShift(label) for label in LABELS))
    top = _boxes(convention_page(alone, face_model()))
    assert "landmark of your own" in top and "follow you" not in top and " mm" not in top
    assert summary(alone) == "7 scans; 1 of your own is predicted"


def test_it_speaks_plainly() -> None:
    page = convention_page(convention(), face_model(), ["1 scan has no file."])
    assert "turns with" not in page and "the head" in page and "1 scan has no file." in page
    assert "Prn (2.9 mm)" in page and "cannot be followed" in page
    untouched = replace(convention(), landmarks=tuple(replace(one, off=0.1) for one in convention().landmarks))
    assert "off the surface" not in convention_page(untouched, face_model()).lower()


def _overlaps(labels: list[str], ends: np.ndarray) -> float:
    places = labels_apart(labels, ends, ends)
    boxes = [np.array([x, y - 0.8 * _LINE, x + _LETTER * len(label), y + 0.2 * _LINE])
             for label, (x, y) in zip(labels, places, strict=True)]  # fmt: skip
    return max(_overlap(one, other) for k, one in enumerate(boxes) for other in boxes[:k])


def test_labels_of_landmarks_that_lie_on_each_other_can_be_read() -> None:
    ends = np.array([[150.0, 200.0], [151.0, 201.0], [150.0, 203.0], [299.0, 200.0], [298.0, 201.0]])
    assert _overlaps(["Nasal dorsum Ä", "Prn", "Pg", "at the edge", "Gn"], ends) < 1e-6
    page = convention_page(convention(), face_model())
    for view in re.findall(r'<g transform="translate.*?</text></g>(?=<g transform|</svg>)', page, re.DOTALL):
        words = re.findall(r'<text x="([\d.]+)" y="([\d.]+)" font-size="8">([^<]*)</text>', view)
        assert len({(x, y) for x, y, _ in words}) == len(words) >= 4
    assert labels_apart([], np.zeros((0, 2)), np.zeros((0, 2))).shape == (0, 2)
