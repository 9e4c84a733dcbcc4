"""Whether what the network says of a candidate alignment is taken for a face."""

from __future__ import annotations

import numpy as np

from .model import Model

# Shares of the landmarks shown: a part may be doubted as parts are, nearly all of a face as whole faces are.
_PART, _WHOLE = 0.45, 0.7
# From here on the shape is asked, too: of what is left of a face, the network sometimes claims a little too much.
_MOSTLY_WHOLE = 0.65
# And less is usual there than where nearly all is shown: share of the limit, from mostly whole to so much of a face.
_OF_THE_LIMIT, _COMPLETE = 0.8, 0.85


def beyond_acceptance(
    model: Model, points: np.ndarray, expected: np.ndarray, presence: np.ndarray, doubt: float
) -> float:
    """How far landmarks are from being accepted as a face, in mm; not above 0 where they are.

    That is what the doubt has more than its limit, which falls with the share of landmarks shown: what is no face
    mostly looks whole to the network, and is doubted as only small parts of faces are. Or what the mean deviation from
    usual shapes has more than its own limit; that is asked only where there is some doubt, so that no clear face is
    refused for being unlike others. Models without a limit for whole faces have one for all.

    :param points: (L, 3), :param expected: (L,) expected errors, both in working mm, :param presence: (L,)
    :param doubt: mm, mean expected error of what is shown
    """
    settings, shown = model.settings, float(presence.mean())
    part = settings["most_doubt_mm"]
    limit = np.interp(shown, (_PART, _WHOLE), (part, settings.get("most_doubt_whole_mm", part)))
    beyond = doubt - float(limit)
    most = settings.get("most_deviation_mm")
    if beyond > 0 or doubt < settings["clear_doubt_mm"] or shown < _MOSTLY_WHOLE or model.shape is None or not most:
        return beyond
    seen = np.where(presence[:, None] >= settings["least_presence"], points, np.nan)
    deviation = model.shape.plausibility(seen / model.scale, expected / model.scale).deviation
    if np.isnan(deviation).all():
        return beyond
    most *= float(np.interp(shown, (_MOSTLY_WHOLE, _COMPLETE), (_OF_THE_LIMIT, 1.0)))
    return max(beyond, float(np.nanmean(deviation)) - most)
