"""What people wear on face and head that is of cloth: masks, caps, hats, scarves, caps of electrodes."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from ..scans.surface import Surface
from .radial import Wearer, rise, sheet, shell, tube
from .wear import join


def mask(wearer: Wearer, rng: np.random.Generator) -> Surface:
    """A surgical mask with ear loops, or a cup that stands out; mostly over the nose, sometimes slipped below it."""
    at, skin, size = wearer.at, wearer.skin, wearer.size
    places = skin.positions()
    y, turn = places[..., 1], np.abs(skin.azimuth)
    slipped = rng.random() < 0.15
    bridge = at["N"][1] + rng.uniform(0.25, 0.75) * (at["Prn"][1] - at["N"][1])
    top = at["Sn"][1] + rng.uniform(-3, 2) if slipped else bridge
    cheek = min(top, at["Or_L"][1] - rng.uniform(4, 16) * size)
    fall = rise(turn - 4, rng.uniform(14, 28))
    upper = top + (cheek - top) * fall
    lower = at["Gn"][1] - rng.uniform(-4, 12) * size + rng.uniform(0, 18) * size * rise(turn, 60)
    side = rng.uniform(50, 78)
    inside = np.minimum(np.minimum(upper - y, y - lower), (side - turn) * 1.6 * size)
    # It ends under the chin, before the neck.
    below = y < at["Gn"][1] + 12 * size
    inside = np.minimum(inside, np.where(below, places[..., 2] - at["Gn"][2] + rng.uniform(15, 40) * size, np.inf))
    near = skin.near(inside)
    out = rng.uniform(1.5, 8) * size * rise(inside, rng.uniform(6, 18))
    if rng.random() < 0.35:  # a cup or a duckbill
        middle = skin.on(np.array([(at["Sn"] + at["Li"]) / 2]))[0]
        far = np.linalg.norm((places - middle) / [38, 40, 45], axis=2) / size
        out = out + rng.uniform(6, 24) * size * np.exp(-(far**2))
    else:  # folds
        out = out + rise(inside, 10) * rng.uniform(0, 1.2) * np.cos(2 * np.pi * y / (rng.uniform(10, 20) * size))
    out = out + rng.uniform(0, 0.8) * skin.field(rng, near, rng.uniform(18, 50)) * rise(inside, 6)
    radius = skin.envelope(int(rng.integers(5, 13)), rng.uniform(1, 2)) + 0.4 + out.clip(0)
    parts = [shell(skin.positions(skin.settled(radius, inside, rng.uniform(1.5, 9))), inside)]
    if rng.random() < 0.75:
        for sign, ear in ((1.0, "L"), (-1.0, "R")):
            for end, height in ((at[f"Sa_{ear}"], cheek - 4 * size), (at[f"Sba_{ear}"], lower.max() + 6 * size)):
                edge = skin.centre + 90 * np.array([sign * np.sin(np.radians(side)), 0, np.cos(np.radians(side))])
                edge[1] = height
                parts.append(tube(skin.path([edge, end], 1.5), rng.uniform(1.2, 2.2)))
    return join(*parts)


def cap(wearer: Wearer, rng: np.random.Generator) -> Surface:
    """A cap, a woollen hat, or a hat with a brim before the forehead or all around."""
    at, skin, size = wearer.at, wearer.skin, wearer.size
    front = at["G"][1] + rng.uniform(0.12, 0.95) * (at["Tr"][1] - at["G"][1])
    over_ears = rng.random() < 0.35
    side = at["T_L"][1] - rng.uniform(0, 25) * size if over_ears else at["Sa_L"][1] + rng.uniform(0, 14) * size
    line = np.interp(np.abs(skin.azimuth), [0, 35, 80, 110, 180], [
        front, front - rng.uniform(0, 6), side, side, at["T_L"][1] + rng.uniform(-35, 20) * size,
    ])  # fmt: skip
    radius = skin.envelope(int(rng.integers(7, 17)), rng.uniform(1.5, 3.5))
    inside = skin.positions()[..., 1] - line
    near = skin.near(inside)
    out = rng.uniform(1, 4) * size + rng.uniform(0, 14) * size * rise(inside, rng.uniform(8, 60))
    out = out + rng.uniform(0, 3) * skin.field(rng, near, rng.uniform(15, 60)) * rise(inside, 15)
    if rng.random() < 0.4:  # a turned-up rim
        out = out + rng.uniform(1.5, 4) * (inside < rng.uniform(30, 60) * size)
    parts = [shell(skin.positions(skin.settled(radius + out.clip(0.8), inside, 3.0)), inside)]
    kind = rng.choice(["none", "front", "round"], p=[0.5, 0.35, 0.15])
    if kind != "none":
        parts.append(_brim(wearer, radius + 2, line, rng, whole=kind == "round"))
    return join(*parts)


def _brim(wearer: Wearer, radius: np.ndarray, line: np.ndarray, rng: np.random.Generator, whole: bool) -> Surface:
    skin, size = wearer.skin, wearer.size
    width = 180.0 if whole else rng.uniform(45, 65)
    columns = np.flatnonzero(np.abs(skin.azimuth[0]) < width)
    heights = skin.centre[1] + radius * np.sin(np.radians(skin.elevation))
    rows = np.abs(heights[:, columns] - line[0, columns]).argmin(axis=0)
    start = skin.positions(radius)[rows, columns]
    start[:, 1] = line[0, columns]
    turn = np.radians(skin.azimuth[0, columns])
    tilt = np.radians(rng.uniform(-5, 35))
    reach = rng.uniform(35, 80) * size
    if whole:
        ways = np.stack([np.sin(turn), np.full(len(turn), -np.tan(tilt)), np.cos(turn)], axis=1)
        lengths = np.full(len(turn), reach)
    else:
        bent = -np.tan(tilt) - rng.uniform(0, 0.6) * (np.degrees(turn) / width) ** 2
        ways = np.stack([0.25 * np.sin(turn), bent, np.ones(len(turn))], axis=1)
        lengths = reach * np.sqrt(np.clip(1 - (np.degrees(turn) / width) ** 2, 0, 1))
    out = np.linspace(0, 1, 12)[:, None, None] * (lengths[:, None] * ways)
    return sheet(start + out[::-1], closed=bool(whole))


def electrodes(wearer: Wearer, rng: np.random.Generator) -> Surface:
    """A cap of electrodes, open at the ears, low on the forehead."""
    at, skin, size = wearer.at, wearer.skin, wearer.size
    front = at["G"][1] + rng.uniform(0.15, 0.6) * (at["Tr"][1] - at["G"][1])
    low = at["T_L"][1] - rng.uniform(0, 30) * size
    turn = np.abs(skin.azimuth)
    line = np.interp(turn, [0, 30, 65, 85, 120, 180], [front, front, at["Ex_L"][1] - 5, low, low, low - 10 * size])
    places = skin.positions()
    inside = places[..., 1] - line
    for ear in "LR":
        middle = np.mean([at[f"{label}_{ear}"] for label in ("Pra", "Sa", "Pa", "Sba")], axis=0)
        hole = np.linalg.norm((places - middle) / [40, 36, 24], axis=2) / size
        inside = np.minimum(inside, (hole - 1) * 24 * size)
    radius = skin.envelope(5, 1.2) + rng.uniform(1, 3)
    ground = np.flatnonzero(inside.ravel() > 8)
    if len(ground):
        middles = places.reshape(-1, 3)[rng.choice(ground, rng.integers(16, 70))]
        far = cKDTree(middles).query(places.reshape(-1, 3), distance_upper_bound=9)[0].reshape(inside.shape)
        radius = radius + rng.uniform(3, 11) * (far < rng.uniform(4, 7))
    return shell(skin.positions(skin.settled(radius, inside, 3.0)), inside)


def scarf(wearer: Wearer, rng: np.random.Generator) -> Surface:
    """A headscarf, hood or bonnet: everything but an oval of the face; what falls below the chin hangs down."""
    at, skin, size = wearer.at, wearer.skin, wearer.size
    top = at["G"][1] + rng.uniform(0.3, 1.05) * (at["Tr"][1] - at["G"][1])
    bottom = at["Gn"][1] + rng.uniform(-8, 6) * size
    middle, half = (top + bottom) / 2, (top - bottom) / 2
    wide = rng.uniform(48, 82)
    y = skin.positions()[..., 1]
    oval = (np.abs(skin.azimuth / wide) ** 2.4 + np.abs((y - middle) / half) ** 2.4) ** (1 / 2.4)
    inside = np.minimum((oval - 1) * half, skin.elevation + rng.uniform(45, 65))
    near = skin.near(inside)
    out = rng.uniform(1, 4) + rng.uniform(0, 14) * size * rise(inside, rng.uniform(15, 60))
    out = out + rng.uniform(0, 4) * skin.field(rng, near, rng.uniform(14, 40), 2.0) * rise(inside, 15)
    radius = skin.envelope(int(rng.integers(9, 17)), rng.uniform(1.5, 3)) + out.clip(0.8)
    radius = skin.settled(skin.hanging(radius, at["Go_L"][1]), inside, rng.uniform(2, 8))
    return shell(skin.positions(radius), inside)


def headband(wearer: Wearer, rng: np.random.Generator) -> Surface:
    """A band or a bandage around the head."""
    at, skin, size = wearer.at, wearer.skin, wearer.size
    half = rng.uniform(8, 28) * size
    front = at["G"][1] + rng.uniform(8, 50) * size
    side = at["Sa_L"][1] + rng.uniform(-5, 25) * size
    middle = np.interp(np.abs(skin.azimuth), [0, 90, 180], [front, side, front - 30 * size])
    inside = half - np.abs(skin.positions()[..., 1] - middle)
    out = rng.uniform(1, 6) * rise(inside, 5) + 0.6
    return shell(skin.positions(skin.settled(skin.envelope(5, 1.2) + out, inside, 3.0)), inside)
