"""What the tab "Surface" says: what is seen, and what is needed first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from palnet.units import is_relative
from slicer.i18n import tr as _

from ..measure.followed_surface import ASYMMETRY, CHANGE, MEAN, FollowedSurface

FITTING = _("Fitting the surface...")
CHOOSE = _(
    "From the landmarks, thousands of points are carried onto the scan that mean the same on every face. Choose what "
    "is to be seen of them."
)


def needs(session: Any, kind: str, mean: Path | None, other: Any) -> str:
    """What is to be done before a map can be seen; empty: nothing.

    :param session: ``ReviewSession``, or None, :param kind: of the map, empty before one is chosen
    :param mean: that was chosen, :param other: the other visit that was chosen
    """
    if session is None:
        return _("Place landmarks on a scan, or choose landmarks: from them its surface is made.")
    if session.model is None:
        return _("The scan of these landmarks is not in the scene: load it, and choose it above.")
    if not kind:
        return CHOOSE
    if kind == MEAN and mean is None:
        return _("Choose a mean face to compare this one with; 'Folder' makes one.")
    if kind == CHANGE and other is None:
        return _("Choose another scan of this person, with landmarks in the scene or from a file.")
    return ""


def of_map(followed: FollowedSurface, session: Any, way: str, other: str, earlier: bool) -> str:
    """What is seen.

    :param session: ``ReviewSession``, :param way: ``outward`` or ``forward``
    :param other: the name of the other visit, :param earlier: whether it was first
    """
    answer = followed.answer
    if answer is None:
        return f"{followed.step}..." if followed.step else FITTING
    missing, points = int(answer.arrays["missing"].sum()), len(answer.arrays["points"])
    parts = [_("{points:,} points, {missing:,} of them not shown by the scan.").format(points=points, missing=missing)]
    if followed.map == ASYMMETRY:
        parts = [_("Orange stands out more than the other side, blue less.")]
    elif followed.map == MEAN:
        parts = [_("Orange lies outside the mean face, blue inside.")]
    elif followed.map == CHANGE:
        names = (other, session.model.GetName()) if earlier else (session.model.GetName(), other)
        outward = _("From {first} to {second}: orange has moved outward, blue inward.")
        forward = _("From {first} to {second}: orange has moved forward, blue backward.")
        text = forward if way == "forward" else outward
        parts = [text.format(first=names[0], second=names[1]), "" if answer.page else answer.told]
    review = session.review
    unseen = int((~review.reviewed).sum())
    if unseen:
        text = _("{unseen} of {total} landmarks are not reviewed.")
        parts.append(text.format(unseen=unseen, total=len(review.states)))
    if is_relative(review.unit):
        parts.append(_("The size of the scan is not known: these are no real mm."))
    if followed.step:
        parts.append(f"{followed.step}...")
    return " ".join(part for part in parts if part)
