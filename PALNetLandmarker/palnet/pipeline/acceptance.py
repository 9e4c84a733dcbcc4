"""Whether what the network says of a candidate alignment is taken for a face, and for one of a usual shape.

Doubt comes first. A clear face is taken whatever its shape: refusal is for what is no face, not for who is unlike
others.
"""

from __future__ import annotations

import numpy as np

from .model import Model

# Shares of the landmarks shown: a part may be doubted as parts are, nearly all of a face as whole faces are.
_PART, _WHOLE = 0.45, 0.7
# From here on the shape is asked, too: of what is left of a face, the network sometimes claims a little too much.
_MOSTLY_WHOLE = 0.65
# And less is usual there than where nearly all is shown: share of the limit, from mostly whole to so much of a face.
_OF_THE_LIMIT, _COMPLETE = 0.8, 0.85
# A part is doubted from this share of a clear face's limit on; then doubt and deviation count together. Set on cuts of
# validation subjects (doubt to 2.96 mm, together to 5.63) and scrambled faces of another seed (3.10; from 5.62 on).
_DOUBTED_PART, _PARTS_DOUBT_MM, _TOGETHER_MM = 0.9, 3.05, 5.7
# And the mean face lies on the scan for so much of the landmarks that are said to be shown (cuts: from 0.76 on; most
# scrambled faces: up to 0.63).
_COVERED = 0.72
# A face that is nearly clear may be so many times as unusual as one that is hardly accepted.
_NEARLY_CLEAR = 1.5
# From this share of the limit on, the shape is unlike those that the model knows: judgements of shape do not hold.
_UNUSUAL = 0.7


def beyond_acceptance(
    model: Model, points: np.ndarray, expected: np.ndarray, presence: np.ndarray, doubt: float, coverage: float = 1.0
) -> float:
    """How far landmarks are from being accepted as a face, in mm; not above 0 where they are.

    That is what the doubt has more than its limit, which falls with the share of landmarks shown: what is no face
    mostly looks whole to the network, and is doubted as only small parts of faces are. Or what the mean deviation from
    usual shapes has more than its own limit, which is the wider the less doubt there is; where there is little, it is
    not asked at all. Models without a limit for whole faces have one for all. Of a part that is doubted, neither
    alone tells a face from what is none: there both are added, and the scan must lie where the mean face has what is
    shown. What is mostly whole may be doubted as parts may where its shape is usual: a face of Apert
    syndrome has up to 3.14 mm of doubt and deviates by 2.7, squashed faces by 4.8 and more.

    :param points: (L, 3), :param expected: (L,) expected errors, both in working mm, :param presence: (L,)
    :param doubt: mm, mean expected error of what is shown, :param coverage: share of the mean face that the scan shows
    """
    settings, shown = model.settings, float(presence.mean())
    part = settings["most_doubt_mm"]
    limit = float(np.interp(shown, (_PART, _WHOLE), (part, settings.get("most_doubt_whole_mm", part))))
    beyond, clear = doubt - limit, settings["clear_doubt_mm"]
    most = settings.get("most_deviation_mm")
    if most and shown < _PART and doubt > _DOUBTED_PART * clear:
        together = doubt + np.nan_to_num(_deviation(model, points, expected, presence))
        claimed = doubt * (_COVERED * shown - coverage)
        return float(max(beyond, doubt - _PARTS_DOUBT_MM, together - _TOGETHER_MM, claimed))
    if doubt < clear or shown < _MOSTLY_WHOLE or not most:
        return beyond
    deviation = _deviation(model, points, expected, presence)
    if np.isnan(deviation):
        return beyond
    most *= float(np.interp(shown, (_MOSTLY_WHOLE, _COMPLETE), (_OF_THE_LIMIT, 1.0)))
    if beyond > 0:
        return min(beyond, max(doubt - part, deviation - most))
    most *= float(np.interp(doubt, (clear, max(limit, clear + 1e-6)), (_NEARLY_CLEAR, 1.0)))
    return max(beyond, deviation - most)


def unusual_shape(model: Model, points: np.ndarray, expected: np.ndarray, presence: np.ndarray) -> bool:
    """Whether an accepted face is so unlike the known ones that judgements of its shape do not hold.

    Parameters as :func:`beyond_acceptance`. False where the model does not know what is usual.
    """
    most = model.settings.get("most_deviation_mm")
    return bool(most and _deviation(model, points, expected, presence) > _UNUSUAL * most)


def _deviation(model: Model, points: np.ndarray, expected: np.ndarray, presence: np.ndarray) -> float:
    """mm: mean distance of the landmarks from where the others suggest them; NaN where that is not known."""
    if model.shape is None:
        return float("nan")
    seen = np.where(presence[:, None] >= model.settings["least_presence"], points, np.nan)
    deviation = model.shape.plausibility(seen / model.scale, expected / model.scale).deviation
    return float("nan") if np.isnan(deviation).all() else float(np.nanmean(deviation))
