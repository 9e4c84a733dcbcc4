"""Faces as syndromes, injuries and clefts leave them: smooth fields that move a head and its landmarks together.

None of it was measured on patients. The sizes are those that a clinic sees, mild ones often and strong ones rarely.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .radial import face_size, rise

At = Mapping[str, np.ndarray]
# Where a head's points (N, 3) go; the labels of landmarks that lose their meaning.
Change = tuple[np.ndarray, tuple[str, ...]]


@dataclass(frozen=True)
class Patient:
    """What a deformation is measured by: landmarks by label, size beside an adult's, and how severe, 0 to 1."""

    at: At
    size: float
    severity: float


@dataclass(frozen=True)
class Deformed:
    """A head's points (V, 3), its landmarks (L, 3), and those (L,) that have no place any more."""

    points: np.ndarray
    landmarks: np.ndarray
    lost: np.ndarray


def deform(
    points: np.ndarray,
    landmarks: np.ndarray,
    labels: Sequence[str],
    rng: np.random.Generator,
    kinds: Sequence[str] | None = None,
    severity: float | None = None,
) -> Deformed:
    """A head changed in one or two ways.

    :param points: (V, 3) mm, x to the subject's left, y up, z forward
    :param landmarks: (L, 3) mm, with the ``labels`` of face50
    :param kinds: of those in ``KINDS``; drawn without them
    :param severity: 0 to 1; drawn without it, mostly mild
    """
    if kinds is None:
        share = np.array([weight for _, weight in KINDS.values()])
        count = 1 + (rng.random() < 0.3)
        kinds = [str(kind) for kind in rng.choice(list(KINDS), count, replace=False, p=share / share.sum())]
    moved = np.vstack([points, landmarks]).astype(float)
    lost: set[str] = set()
    for kind in kinds:
        strong = float(rng.beta(1.2, 2.2)) if severity is None else severity
        now = moved[len(points) :]
        at = {label: now[k] for k, label in enumerate(labels)}
        moved, gone = KINDS[kind][0](moved, Patient(at, face_size(now), strong), rng)
        lost.update(gone)
    gone_rows = np.array([label in lost for label in labels])
    return Deformed(moved[: len(points)], moved[len(points) :], gone_rows)


def _bump(points: np.ndarray, centre: np.ndarray, reach: float | np.ndarray) -> np.ndarray:
    """(N,) 1 at a centre, falling smoothly to nothing at about twice the ``reach`` mm."""
    far = (points - centre) / reach
    return np.asarray(np.exp(-0.5 * np.einsum("nk,nk->n", far, far) * 1.4))


def _move(points: np.ndarray, weight: np.ndarray, by: Sequence[float]) -> np.ndarray:
    return np.asarray(points + weight[:, None] * np.asarray(by, float))


def _scale(points: np.ndarray, weight: np.ndarray, about: np.ndarray, by: Sequence[float] | float) -> np.ndarray:
    return np.asarray(points + weight[:, None] * (points - about) * (np.asarray(by) - 1.0))


def _side(rng: np.random.Generator) -> tuple[str, float]:
    return ("L", 1.0) if rng.random() < 0.5 else ("R", -1.0)


def _hemifacial(points: np.ndarray, who: Patient, rng: np.random.Generator) -> Change:
    """One side too small: ramus, chin, cheek, orbit and ear."""
    at, mm = who.at, who.size * who.severity
    s, sign = _side(rng)
    middle = at["Sn"][0]
    half = rise(sign * (points[:, 0] - middle) + 18 * who.size, 36 * who.size)
    ear = np.mean([at[f"{label}_{s}"] for label in ("Pra", "Sa", "Pa", "Sba")], axis=0)
    flat = [-sign, 0.0, -0.6]
    jaw = _bump(points, at[f"Go_{s}"], np.array([45, 32, 50]) * who.size) * half
    cheek = _bump(points, at[f"Zy_{s}"], np.array([30, 26, 40]) * who.size) * half
    chin = _of_lower_jaw(points, who) * rise(points[:, 2] - at[f"T_{s}"][2], 60 * who.size)
    orbit = _bump(points, (at[f"En_{s}"] + at[f"Ex_{s}"]) / 2, np.array([26, 24, 36]) * who.size) * half
    mouth = _bump(points, at[f"Ch_{s}"], 20 * who.size)
    near_ear = _bump(points, ear, np.array([34, 36, 30]) * who.size) * half
    result = _move(points, jaw * mm * rng.uniform(10, 26), [-0.55 * sign, 0.8, 0.15])
    result = _move(result, cheek * mm * rng.uniform(0, 12), flat)
    result = _move(result, chin * mm * rng.uniform(3, 17), [sign, 0.25, -0.1])
    result = _move(result, orbit * mm * rng.uniform(0, 10), [0, -1, -0.3])
    result = _move(result, mouth * mm * rng.uniform(0, 6), [0.2 * sign, 1, 0])
    result = _move(result, near_ear * mm * rng.uniform(0, 16), [0, -0.8, 0.5])
    return _scale(result, near_ear, at[f"T_{s}"], 1 - who.severity * rng.uniform(0, 0.4)), ()


def _midface(points: np.ndarray, who: Patient, rng: np.random.Generator) -> Change:
    """The middle of the face too far back, with shallow orbits and a tall short skull, or sometimes too far forward."""
    at, mm = who.at, who.size * who.severity
    y, z = points[:, 1], points[:, 2]
    forward = rise(z - at["T_L"][2], at["Prn"][2] - at["T_L"][2])
    top, bottom = at["N"][1], at["Sto"][1]
    band = rise(y - bottom + 14 * who.size, 24 * who.size) * rise(top + 14 * who.size - y, 26 * who.size)
    amount = rng.uniform(7, 19) if rng.random() < 0.75 else -rng.uniform(3, 8)
    result = _move(points, forward * band * mm, [0, 0, -amount])
    if amount > 0:
        for s in "LR":  # the eyes stand out of shallow orbits
            eye = (at[f"En_{s}"] + at[f"Ex_{s}"]) / 2
            bump = _bump(points, eye + [0, 2 * who.size, 0], np.array([15, 11, 22]) * who.size)
            result = _move(result, bump * mm, [0, 0, 0.75 * amount])
        result = _skull(result, who, rng.uniform(1.0, 1.3), rng.uniform(0.98, 1.12), rng.uniform(0.78, 0.98))
    return result, ()


def _skull(points: np.ndarray, who: Patient, tall: float, wide: float, deep: float) -> np.ndarray:
    """Skull above the brows made taller, wider and deeper behind the ears by factors at full severity."""
    at = who.at
    above = rise(points[:, 1] - at["G"][1] + 10 * who.size, 60 * who.size)
    behind = rise(at["T_L"][2] - points[:, 2] + 20 * who.size, 60 * who.size)
    upper = rise(points[:, 1] - at["T_L"][1] + 10 * who.size, 50 * who.size)
    about = np.array([at["Sn"][0], at["G"][1], at["T_L"][2]])
    how = who.severity
    result = _scale(points, above, about, [1, 1 + how * (tall - 1), 1])
    result = _scale(result, upper, about, [1 + how * (wide - 1), 1, 1])
    return _scale(result, behind, about, [1, 1, 1 + how * (deep - 1)])


def _skull_shape(points: np.ndarray, who: Patient, rng: np.random.Generator) -> Change:
    """A skull that is long and narrow, short and wide, keeled at the forehead, or flat behind on one side."""
    at, size, how = who.at, who.size, who.severity
    kind = rng.choice(["long", "short", "keel", "oblique"], p=[0.25, 0.25, 0.15, 0.35])
    if kind == "long":
        return _skull(points, who, rng.uniform(0.95, 1.1), rng.uniform(0.8, 0.95), rng.uniform(1.05, 1.25)), ()
    if kind == "short":
        return _skull(points, who, rng.uniform(1.0, 1.2), rng.uniform(1.0, 1.15), rng.uniform(0.72, 0.95)), ()
    x, y, _ = points.T
    above = rise(y - at["G"][1] + 5 * size, 35 * size)
    if kind == "keel":
        side = np.abs(x - at["G"][0])
        ridge = np.exp(-0.5 * (side / (9 * size)) ** 2) * rise(points[:, 2] - at["Ft_L"][2], 15 * size)
        result = _move(points, above * ridge * how * size * rng.uniform(3, 8), [0, 0, 1])
        temple = above * rise(side - 20 * size, 35 * size)
        return _move(result, temple * how * size * rng.uniform(4, 12), [0, 0, -1]), ()
    # The whole head sheared front to back, the skull most, the face little: ear and forehead of a side forward.
    shear = how * rng.uniform(0.04, 0.2) * _side(rng)[1] * (x - at["G"][0])
    share = 0.15 + 0.85 * rise(y - at["Sn"][1], 70 * size) + 0.4 * rise(at["T_L"][2] - points[:, 2], 60 * size)
    return _move(points, shear * share, [0, 0, 1]), ()


def _of_lower_jaw(points: np.ndarray, who: Patient) -> np.ndarray:
    """(N,) how much of a point's place is the lower jaw's: parted at the lips, and gradually over the cheeks."""
    at, size, y = who.at, who.size, points[:, 1]
    at_lips = rise(at["Sto"][1] + 4 * size - y, at["Sto"][1] - at["Sl"][1] + 8 * size)
    over_cheeks = rise(at["Sn"][1] + 16 * size - y, at["Sn"][1] - at["Pg"][1] + 20 * size)
    aside = rise(np.abs(points[:, 0] - at["Sto"][0]) - 15 * size, 25 * size)
    return np.asarray(at_lips + aside * (over_cheeks - at_lips))


def _jaw(points: np.ndarray, who: Patient, rng: np.random.Generator) -> Change:
    """A lower jaw too small or too large: its length, its height and its width."""
    at, mm = who.at, who.size * who.severity
    y, z = points[:, 1], points[:, 2]
    below = _of_lower_jaw(points, who)
    front = rise(z - at["Go_L"][2] + 12 * who.size, at["Gn"][2] - at["Go_L"][2])
    neck = 1 - rise(at["Gn"][1] - 12 * who.size - y, 70 * who.size)
    long = rng.choice([-rng.uniform(6, 20), rng.uniform(4, 15)])
    high = rng.uniform(-9, 5) if long < 0 else rng.uniform(-5, 10)
    weight = below * neck
    down = rise(at["Sto"][1] - y, at["Sto"][1] - at["Gn"][1]) * front * neck
    wide = rise(at["T_L"][1] - y, at["T_L"][1] - at["Go_L"][1] + 20 * who.size) * neck
    result = _move(points, weight * front * mm * long, [0, 0, 1])
    result = _move(result, down * mm * high, [0, -1, 0])
    narrow = 1 + who.severity * rng.uniform(-0.16, 0.12)
    return _scale(result, wide, np.array([at["Gn"][0], 0, 0]), [narrow, 1, 1]), ()


def _eyes_apart(points: np.ndarray, who: Patient, rng: np.random.Generator) -> Change:
    """Eyes set wide with a broad flat bridge, or close; lid corners that slant."""
    at, mm = who.at, who.size * who.severity
    apart = rng.uniform(4, 11) if rng.random() < 0.8 else -rng.uniform(1, 4)
    result = points
    for s, sign in (("L", 1.0), ("R", -1.0)):
        eye = (at[f"En_{s}"] + at[f"Ex_{s}"]) / 2
        around = _bump(points, eye, np.array([24, 26, 40]) * who.size)
        result = _move(result, around * mm * apart, [sign, 0, -0.2])
        outer = _bump(points, at[f"Ex_{s}"], np.array([13, 14, 25]) * who.size)
        result = _move(result, outer * mm * rng.uniform(-6, 5), [0, 1, 0])
    if apart > 0:
        bridge = _bump(points, at["N"], np.array([14, 18, 30]) * who.size)
        result = _move(result, bridge * mm * rng.uniform(0, 5), [0, 0, -1])
    return result, ()


def _bridge(points: np.ndarray, who: Patient, rng: np.random.Generator) -> Change:
    """A low bridge of the nose, and skin that is drawn from it towards the inner corners of the lids."""
    at, mm = who.at, who.size * who.severity
    middle = at["N"] + 0.3 * (at["Prn"] - at["N"])
    low = _bump(points, middle, np.array([11, 17, 25]) * who.size)
    result = _move(points, low * mm * rng.uniform(2, 9), [0, 0, -1])
    fold = mm * rng.uniform(0, 3.5)
    for s, sign in (("L", 1.0), ("R", -1.0)):
        # Beside the corner, towards the nose and above: the corner itself moves little.
        spot = at[f"En_{s}"] + np.array([-4.5 * sign, 3.0, 3.0]) * who.size
        result = _move(result, _bump(points, spot, 4.5 * who.size) * fold, [0.8 * sign, -0.3, 0.7])
    return result, ()


def _swelling(points: np.ndarray, who: Patient, rng: np.random.Generator) -> Change:
    """One cheek, lip, lid, jaw angle or brow swollen."""
    at, mm = who.at, who.size * who.severity
    s, sign = _side(rng)
    eye = (at[f"En_{s}"] + at[f"Ex_{s}"]) / 2
    where, reach, high, way = [
        ((at[f"Chk_{s}"] + at[f"Go_{s}"]) / 2, (26, 26, 34), 22.0, (0.8 * sign, 0, 0.6)),
        (at[f"Go_{s}"] + [0, 12 * who.size, 0], (22, 24, 26), 18.0, (sign, 0, 0.2)),
        (at[f"Cph_{s}"], (11, 7, 16), 9.0, (0.1 * sign, 0.2, 1)),
        ((at["Li"] + at[f"Ch_{s}"]) / 2, (13, 8, 16), 10.0, (0.1 * sign, -0.3, 1)),
        (eye + [0, 9 * who.size, 0], (17, 8, 18), 8.0, (0.1 * sign, -0.2, 1)),
        (eye - [0, 9 * who.size, 0], (17, 8, 18), 8.0, (0.1 * sign, 0.1, 1)),
        (at[f"Ft_{s}"] + [0, 8 * who.size, 0], (18, 18, 26), 14.0, (0.4 * sign, 0, 1)),
    ][rng.choice(7, p=[0.3, 0.14, 0.12, 0.1, 0.12, 0.12, 0.1])]
    way = np.array(way) / np.linalg.norm(way)
    weight = _bump(points, where, np.array(reach) * who.size * rng.uniform(0.8, 1.3))
    return _move(points, weight * mm * high * rng.uniform(0.5, 1), way), ()


def _cleft(points: np.ndarray, who: Patient, rng: np.random.Generator) -> Change:
    """A notch of the upper lip, one-sided or on both sides, with the ala of its side spread; no gap is cut open.

    The ridge of the philtrum that the cleft runs through is not there any more (Cph); where both sides are cleft, nor
    is the lip's own middle (Ls, Sto) as it is defined.
    """
    at, mm, size = who.at, who.size * who.severity, who.size
    both = rng.random() < 0.3
    s, sign = _side(rng)
    sides = (("L", 1.0), ("R", -1.0)) if both else ((s, sign),)
    result, lost = points, []
    deep, high = rng.uniform(2, 6), rng.uniform(4, 10)
    for name, way in sides:
        border = at[f"Cph_{name}"] + np.array([1.5 * way, -3.0, 0]) * size
        notch = _bump(points, border, np.array([3.6, 7.0, 12.0]) * size)
        result = _move(result, notch * mm * high, [0, 1, 0])
        groove = _bump(points, (at[f"Cph_{name}"] + at[f"Itn_{name}"]) / 2, np.array([3.4, 10.0, 14.0]) * size)
        result = _move(result, groove * mm * deep, [0, 0, -1])
        ala = _bump(points, at[f"Ac_{name}"], np.array([9, 9, 13]) * size)
        spread, drop = rng.uniform(2, 7), rng.uniform(0, 4)
        result = _move(result, ala * mm, [way * spread, -drop, -0.5 * spread])
        lost.append(f"Cph_{name}")
    tip = _bump(points, at["Prn"], np.array([11, 11, 15]) * size)
    if both:
        middle = _bump(points, at["Ls"], np.array([6, 8, 14]) * size)
        result = _move(result, middle * mm * rng.uniform(0, 7), [0, 0.3, 1])
        result = _move(result, tip * mm * rng.uniform(0, 5), [0, -0.3, -1])
        lost += ["Ls", "Sto"]
    else:
        turned = rng.uniform(0, 5)
        result = _move(result, tip * mm * turned, [-sign, 0, -0.3])
        columella = _bump(points, at["Sn"], np.array([8, 8, 12]) * size)
        result = _move(result, columella * mm * turned * 0.8, [-sign, 0, 0])
    # A faint notch leaves the landmarks what they are.
    return result, tuple(lost) if who.severity * high > 2 else ()


Field = Callable[[np.ndarray, Patient, np.random.Generator], Change]
# How, and how often among those who are deformed.
KINDS: dict[str, tuple[Field, float]] = {
    "hemifacial": (_hemifacial, 0.16),
    "midface": (_midface, 0.16),
    "skull": (_skull_shape, 0.12),
    "jaw": (_jaw, 0.18),
    "eyes_apart": (_eyes_apart, 0.12),
    "bridge": (_bridge, 0.10),
    "swelling": (_swelling, 0.10),
    "cleft": (_cleft, 0.10),
}
