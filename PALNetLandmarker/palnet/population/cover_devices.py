"""Glasses, tubes, tape and dressings on a face."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from ..scans.surface import Surface
from .radial import Wearer, rise, sheet, shell, tube
from .wear import join


def glasses(wearer: Wearer, rng: np.random.Generator) -> Surface:
    """Frames with lenses that a scanner took for solid, or without, often merged with the skin behind them."""
    at, skin, size = wearer.at, wearer.skin, wearer.size
    width, height = rng.uniform(44, 58) * size, rng.uniform(28, 50) * size
    power, thick = rng.uniform(2, 4.5), rng.uniform(1.0, 3.2) * size
    before, lean, wrap = rng.uniform(9, 16) * size, np.tan(np.radians(rng.uniform(2, 12))), rng.uniform(0.03, 0.12)
    shown, merged = rng.random() < 0.65, rng.random() < 0.65
    bulge = rng.uniform(0, 3) * size
    turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    corner = np.abs(np.cos(turn)) ** power + np.abs(np.sin(turn)) ** power
    outline = np.stack([width / 2 * np.cos(turn), height / 2 * np.sin(turn)], axis=1)
    outline *= corner[:, None] ** (-1 / power)
    parts, inner, hinge = [], [], []
    for sign, eye in ((1.0, "L"), (-1.0, "R")):
        middle = (at[f"En_{eye}"] + at[f"Ex_{eye}"]) / 2
        centre = middle + [sign * rng.uniform(-1, 2) * size, rng.uniform(-7, 1) * size, 0]
        ahead = wearer.surface.points
        near = np.linalg.norm((ahead - middle)[:, :2], axis=1) < 10 * size
        centre[2] = (ahead[near & (ahead[:, 2] > middle[2] - 15), 2].max() if near.any() else middle[2]) + before
        slope = np.array([-wrap * sign, lean])
        rim = centre + np.column_stack([outline, outline @ slope])
        # Not into the cheek or the brow.
        least = skin.on(rim, 1.0)
        far = np.linalg.norm(rim - skin.centre, axis=1) < np.linalg.norm(least - skin.centre, axis=1)
        rim[far] = least[far]
        parts.append(tube(rim, thick, closed=True))
        if shown:
            share = np.linspace(1, 0, 8)[:, None]
            flat = share[..., None] * outline
            lens = centre + np.dstack([flat, flat @ slope + bulge * (1 - share**2)])
            lens[0] = rim
            parts.append(sheet(lens, closed=True))
        if merged and shown:
            wall = np.linspace(1, 0, 4)[:, None, None] * (skin.on(rim) - rim)[None] + rim
            parts.append(sheet(wall, closed=True))
        inner.append(rim[np.argmin(sign * rim[:, 0])])
        hinge.append(rim[np.argmax(sign * rim[:, 0] + 0.4 * rim[:, 1])])
    middle = (inner[0] + inner[1]) / 2 + [0, 3 * size, 2 * size]
    middle = np.array([middle, skin.on(middle[None], 2.0)[0]])
    middle = middle[middle[:, 2].argmax()]
    bent = np.linspace(0, 1, 9)[:, None]
    over = 2 * middle - (inner[0] + inner[1]) / 2
    bridge = (1 - bent) ** 2 * inner[0] + 2 * bent * (1 - bent) * over + bent**2 * inner[1]
    parts.append(tube(bridge, thick))
    for sign, ear, start in ((1.0, "L", hinge[0]), (-1.0, "R", hinge[1])):
        end = (at[f"Sa_{ear}"] + at[f"T_{ear}"]) / 2 + [sign * 3, 8 * size, -4 * size]
        bow = start + (end - start) * np.linspace(0, 1, 24)[:, None]
        least = skin.on(bow, thick)
        near = np.abs(bow[:, 0] - skin.centre[0]) < np.abs(least[:, 0] - skin.centre[0])
        bow[near] = least[near]
        parts.append(tube(bow, thick * rng.uniform(0.8, 1.6)))
    return join(*parts)


def tubes(wearer: Wearer, rng: np.random.Generator) -> Surface:
    """A nasal cannula, a feeding tube out of a nostril, or a tube in the mouth."""
    at, skin, size = wearer.at, wearer.skin, wearer.size
    kind = rng.choice(["cannula", "feeding", "mouth"])
    thin = rng.uniform(1.3, 3) * size
    if kind == "mouth":
        start = at["Sto"] + [rng.uniform(-15, 15) * size, -2 * size, -6 * size]
        way = np.array([rng.uniform(-0.7, 0.7), rng.uniform(-0.9, 0.3), 1.0])
        way /= np.linalg.norm(way)
        along = np.linspace(0, rng.uniform(40, 110) * size, 18)[:, None]
        sag = np.array([0, -1, 0]) * along**2 * rng.uniform(0, 0.004)
        return tube(start + along * way + sag, rng.uniform(4, 8) * size, sides=12)
    if kind == "feeding":
        side = rng.choice(["L", "R"])
        nostril = (at[f"Itn_{side}"] + at[f"Al_{side}"]) / 2 + [0, -2 * size, 0]
        chin = at[f"Ch_{side}"] + (at[f"Go_{side}"] - at[f"Ch_{side}"]) * rng.uniform(0.2, 0.8)
        if rng.random() < 0.5:
            cheek = at[f"Chk_{side}"] + [0, rng.uniform(-20, 5) * size, 0]
            route = [nostril, cheek, at[f"T_{side}"] + [0, -8 * size, 10 * size]]
        else:
            route = [nostril, at[f"Ac_{side}"] + [0, -10 * size, 0], chin]
        return tube(skin.path(route, thin * 0.9), thin)
    sides = []
    for s in "LR":
        below, cheek = at[f"Itn_{s}"] + [0, -4 * size, 2 * size], at[f"Chk_{s}"] + [0, -14 * size, 0]
        sides.append([below, cheek, at[f"Zy_{s}"] + [0, -6 * size, 0], at[f"Sa_{s}"]])
    middle = at["Sn"] + [0, -4 * size, 2 * size]
    parts = [tube(skin.path([*sides[1][::-1], middle, *sides[0]], thin * 0.9), thin)]
    for s in "LR":  # into the nostrils
        start = at[f"Itn_{s}"] + [0, -4 * size, 3 * size]
        end = at[f"Itn_{s}"] * 0.6 + at[f"Stn_{s}"] * 0.4 + [0, 4 * size, -3 * size]
        parts.append(tube(start + (end - start) * np.linspace(0, 1, 5)[:, None], thin * 0.9))
    return join(*parts)


def tape(wearer: Wearer, rng: np.random.Generator) -> np.ndarray:
    """(N,) mm by which strips of tape lift the wearer's skin: on the upper lip, across a cheek, or the nose."""
    at, size = wearer.at, wearer.size
    s = rng.choice(["L", "R"])
    other = "R" if s == "L" else "L"
    ways = {
        "lip": (at[f"Ch_{s}"] + [0, 10 * size, 0], (at["Sn"] + at["Ls"]) / 2, at[f"Ch_{other}"] + [0, 10 * size, 0]),
        "cheek": (at[f"Ac_{s}"], at[f"Chk_{s}"], at[f"Zy_{s}"]),
        "nose": (at[f"Chk_{s}"], at["Prn"] + [0, 8 * size, -3 * size], at[f"Chk_{other}"]),
        "chin": (at[f"Ch_{s}"] + [0, -6 * size, 0], at["Sl"], at[f"Ch_{other}"] + [0, -6 * size, 0]),
    }
    path = np.vstack(ways[rng.choice(list(ways))])
    return _band(wearer, path, rng.uniform(5, 14) * size, rng.uniform(1.0, 2.5))


def chin_strap(wearer: Wearer, rng: np.random.Generator) -> np.ndarray:
    """(N,) mm by which a strap from the temples under the chin lifts the wearer's skin."""
    at, size = wearer.at, wearer.size
    under = at["Gn"] + [0, -6 * size, -rng.uniform(4, 22) * size]
    ends = [at[f"Zy_{s}"] + [0, 25 * size, -rng.uniform(5, 25) * size] for s in "LR"]
    jaw = [at[f"Go_{s}"] + [0, 0, rng.uniform(5, 15) * size] for s in "LR"]
    path = np.array([ends[0], jaw[0], under, jaw[1], ends[1]])
    return _band(wearer, path, rng.uniform(5, 13) * size, rng.uniform(1.2, 3.5))


def dressing(wearer: Wearer, rng: np.random.Generator) -> Surface:
    """A plaster, an eye patch or a splint of the nose: what is under it shows only roughly."""
    at, skin, size = wearer.at, wearer.skin, wearer.size
    s = rng.choice(["L", "R"])
    eye = (at[f"En_{s}"] + at[f"Ex_{s}"]) / 2
    nose = at["N"] + rng.uniform(0.3, 0.8) * (at["Prn"] - at["N"])
    chin, cheek, brow = at["Pg"], at[f"Chk_{s}"], at[f"Ft_{s}"] + [0, 10 * size, 0]
    spot, wide = [(eye, 30.0), (nose, 22.0), (cheek, 22.0), (chin, 22.0), (brow, 22.0)][rng.choice(5)]
    half = np.array([*(rng.uniform(0.6, 1.25, 2) * wide), 60.0]) * size
    power = rng.uniform(2, 5)
    far = (np.abs((skin.positions() - spot) / half) ** power).sum(axis=2) ** (1 / power)
    inside = (1 - far) * half[:2].min()
    radius = skin.envelope(int(rng.integers(5, 9)), rng.uniform(0.7, 1.5)) + rng.uniform(1.2, 5)
    return shell(skin.positions(skin.settled(radius, inside, rng.uniform(2, 6))), inside)


def _band(wearer: Wearer, path: np.ndarray, half: float, thick: float) -> np.ndarray:
    """(N,) mm: ``thick`` within ``half`` mm of a way (K, 3) over the skin, 0 outside."""
    way = wearer.skin.path(list(path), 0.0, 1.5)
    far = cKDTree(way).query(wearer.surface.points, distance_upper_bound=2 * half)[0]
    return np.asarray(thick * rise(half - far, 3.0))
