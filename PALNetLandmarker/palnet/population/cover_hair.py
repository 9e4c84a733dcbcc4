"""Hair that covers: full and long beards, and long hair over ears, cheeks and forehead."""

from __future__ import annotations

import numpy as np

from ..scans.surface import Surface
from .radial import Wearer, rise, shell


def beard(wearer: Wearer, rng: np.random.Generator) -> Surface:
    """A full beard, with or without a moustache, short or down to the chest."""
    at, skin, size = wearer.at, wearer.skin, wearer.size
    places, turn = skin.positions(), np.abs(skin.azimuth)
    y = places[..., 1]
    moustache = rng.random() < 0.8
    top = at["Sn"][1] - rng.uniform(0, 4) * size if moustache else at["Li"][1] - rng.uniform(4, 9) * size
    cheek = (at["Ch_L"][1] + at["Ch_R"][1]) / 2 + rng.uniform(-8, 22) * size
    side = rng.choice([rng.uniform(45, 70), rng.uniform(75, 100)])
    upper = np.interp(turn, [0, 10, 32, 62, 85], [top, top, cheek, cheek + 8 * size, at["T_L"][1] + 5 * size])
    lower = at["Gn"][1] - rng.uniform(8, 40) * size
    inside = np.minimum(np.minimum(upper - y, y - lower), (side - turn) * 1.6 * size)
    inside = inside + rng.uniform(0.5, 2.5) * skin.field(rng, skin.near(inside), rng.uniform(8, 20))
    thick = size * rng.choice([rng.uniform(3, 10), rng.uniform(8, 35)], p=[0.6, 0.4])
    lips = np.linalg.norm((places - at["Sto"]) / [at["Ch_L"][0] - at["Sto"][0] + 4, 8 * size, 40], axis=2)
    if thick < 12 and rng.random() < 0.7:
        inside = np.minimum(inside, (lips - 1) * 8 * size)
    near = skin.near(inside)
    strands, curl = rng.uniform(1, 4), rng.uniform(5, 12)
    rough = 0.25 * skin.field(rng, near, 45) + rng.uniform(0.1, 0.3) * skin.field(rng, near, curl, strands)
    # A moustache is thinner than what grows on the chin.
    low = rise(at["Sn"][1] - y, at["Sn"][1] - at["Gn"][1])
    height = thick * (0.25 + 0.75 * low) * rise(inside, rng.uniform(4, 12)) * (1 + rough).clip(0.15)
    radius = skin.envelope(int(rng.integers(3, 9)), 1.0) + 0.5 + height
    radius = skin.hanging(radius, at["Gn"][1] + 6) if rng.random() < 0.5 else radius
    grown = skin.positions(skin.settled(radius, inside, rng.uniform(2, 8)))
    length = 0.0
    if rng.random() < 0.45:  # it falls, and gathers towards the middle
        length = rng.uniform(10, 90) * size
        fall = rise(at["Ch_L"][1] - y, 55 * size) * rise(inside, 15)
        grown[..., 1] -= length * fall
        grown[..., 0] += rng.uniform(0, 0.5) * fall * (at["Gn"][0] - grown[..., 0])
    end = lower - length - 6 * size * (1 + skin.field(rng, near, 15))
    return shell(grown, np.minimum(inside, grown[..., 1] - end))


def long_hair(wearer: Wearer, rng: np.random.Generator) -> Surface:
    """Hair over the scalp that hangs at the sides, over ears and cheeks or behind them, with or without a fringe."""
    at, skin, size = wearer.at, wearer.skin, wearer.size
    places, way = skin.positions(), skin.azimuth
    y, turn = places[..., 1], np.abs(way)
    end = at["Gn"][1] - rng.uniform(-60, 70) * size
    inside = np.full(y.shape, -np.inf)
    hairline = at["Tr"][1] + rng.uniform(-22, 8) * size
    for sign in (1.0, -1.0):
        # Where the hair's front edge is, in degrees, at the heights of the hairline, eyes, mouth and end.
        front = rng.uniform(28, 85)
        tucked = rng.random() < 0.25
        low, mouth, eye = front + rng.uniform(-10, 25), front + rng.uniform(-5, 10), front
        if tucked:
            mouth, eye = 112.0, 108.0
        heights = [min(end, at["Sto"][1] - 5), at["Sto"][1], at["Ex_L"][1], hairline]
        edge = np.interp(y, heights, [low, mouth, eye, rng.uniform(0, 30)])
        edge = edge + rng.uniform(1, 5) * skin.field(rng, np.ones_like(y, bool), 35, 2.0)
        inside = np.where(way * sign >= 0, (turn - edge) * 1.7 * size, inside)
    inside = np.maximum(inside, y - (hairline + 30 * (1 - np.cos(np.radians(way / 2)))))
    if rng.random() < 0.35:
        fringe = at["G"][1] + rng.uniform(-12, 40) * size
        ragged = rng.uniform(1, 6) * skin.field(rng, (turn < 75) & (y > fringe - 30), rng.uniform(8, 20), 6.0)
        inside = np.maximum(inside, np.minimum(y - fringe + ragged, (65 - turn) * 1.7 * size))
    inside = np.minimum(inside, (skin.elevation + rng.uniform(50, 68)) * 1.7)
    near = skin.near(inside)
    strands = skin.field(rng, near, rng.uniform(9, 22), rng.uniform(4, 10)) * rng.uniform(0.5, 3)
    locks = skin.field(rng, near, 60) * rng.uniform(1, 5)
    thick = rng.uniform(1, 5) + rng.uniform(0, 25) * rise(inside, rng.uniform(15, 50))
    out = thick * size + (strands + locks) * rise(inside, 8)
    radius = skin.envelope(int(rng.integers(5, 13)), rng.uniform(1.5, 3.5)) + out.clip(0.6)
    radius = skin.settled(skin.hanging(radius, at["Sa_L"][1]), inside, rng.uniform(3, 10))
    grown = skin.positions(radius)
    ends = end - 8 * size * (1 + skin.field(rng, near, 15))
    return shell(grown, np.minimum(inside, grown[..., 1] - ends))
