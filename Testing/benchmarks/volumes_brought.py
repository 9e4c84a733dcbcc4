"""Volumes as people bring them: one head in every kind of numbers, frame, padding, cut and wrong file.

    python Testing/benchmarks/volumes_brought.py [--only WORD]

A synthetic head that no training has seen, at 1.2 mm. Landmarks are compared with those of the surface that the volumes
are made of, the whole of it, also where a volume shows a part.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from common import ROOT, data_folder, options, predictor
from palnet.errors import PalnetError
from palnet.evaluation.results import TEST_SEED
from palnet.population.heads import Population
from palnet.scans.file import surface_in
from palnet.scans.mesh import Unreadable
from palnet.scans.skin import skin_of
from palnet.scans.surface import polydata_from_arrays
from palnet.scans.volume import Volume, checked
from scipy.spatial.transform import Rotation

sys.path.insert(0, str(ROOT / "Testing" / "palnet"))

import volumes as made

EDGE = 1.2
AXES = np.column_stack([[1, 0, 0], [0, 0, -1], [0, 1, 0]])
TURN = {"LPS": AXES.T, "RAS": np.diag([-1, -1, 1]) @ AXES.T}
"""From the population's axes to those of a volume."""
Made = tuple[np.ndarray, np.ndarray]


class Head:
    """A head and what scanners make of it: (K, J, I) numbers, and (4, 4) from voxels to mm in the head's frame."""

    def __init__(self) -> None:
        self.skin, whole, self.places = made.skin_of_head(Population(data_folder() / "ict-facekit"), TEST_SEED, 40)
        self.depths = made.depths_of(self.skin, self.places, walls=whole)
        self.low, self.high = self.skin.points.min(axis=0), self.skin.points.max(axis=0)
        self.rng = np.random.default_rng(TEST_SEED)

    def grid(self, low: np.ndarray | None = None, high: np.ndarray | None = None, turn: float = 0.0) -> Made:
        """(K, J, I) depths in a box, by default around the head, askew by so many degrees."""
        low = np.array(self.low - [12, 0, 15] if low is None else low, float)
        high = np.array(self.high + [12, 12, 15] if high is None else high, float)
        low[1] = max(low[1], self.depths.origin[1] + 5)
        matrix = np.eye(4)
        matrix[:3, :3] = EDGE * Rotation.from_euler("z", turn, degrees=True).as_matrix() @ AXES
        count = np.ceil((high - low)[[0, 2, 1]] / EDGE).astype(int)
        matrix[:3, 3] = (low + high) / 2 - matrix[:3, :3] @ ((count - 1) / 2)
        shape = (int(count[2]), int(count[1]), int(count[0]))
        return made.on_grid(self.depths, matrix, shape), matrix

    def ct(self, depth: np.ndarray) -> np.ndarray:
        """Hounsfield units."""
        return made.ct_like(depth, 0.7) + made.noise(self.rng, depth.shape, 20)

    def mri(self, depth: np.ndarray, amount: float = 30.0, gain: np.ndarray | float = 1.0) -> np.ndarray:
        """A magnitude image, brighter where the gain is."""
        signal = made.mri_like(depth, 1.0) * gain
        return np.hypot(signal + made.noise(self.rng, depth.shape, amount), made.noise(self.rng, depth.shape, amount))


def padded(values: np.ndarray, matrix: np.ndarray, number: float) -> Made:
    """In a box that is 24 mm wider and filled with a number."""
    result = matrix.copy()
    result[:3, 3] -= matrix[:3, :3] @ [20, 20, 10]
    return np.pad(values, ((10, 10), (20, 20), (20, 20)), constant_values=number), result


def cases(head: Head) -> dict[str, Callable[[], Volume]]:
    """What is brought, by its name."""
    depth, matrix = head.grid()
    ct, (_x, y, z) = head.ct(depth), made.positions(matrix, depth.shape)
    low, high, at = head.low, head.high, head.places
    radius = np.hypot(*(np.indices(depth.shape[1:]) - (np.array(depth.shape[1:])[:, None, None] - 1) / 2))
    round_ = np.broadcast_to(radius > min(depth.shape[1:]) / 2 + 8, depth.shape)

    def volume(values: np.ndarray, place: np.ndarray = matrix, kind: type = np.int16, space: str = "LPS") -> Volume:
        return made.as_volume(values, place, space, kind)

    def turned(number: float) -> Volume:
        askew, place = head.grid(turn=25)
        at_x, at_y, at_z = made.positions(place, askew.shape)
        outside = (at_x < low[0] - 10) | (at_x > high[0] + 10) | (at_y < head.depths.origin[1] + 10)
        outside |= (at_z < low[2] - 12) | (at_y > high[1] + 8) | (at_z > high[2] + 12)
        return volume(np.where(outside, number, head.ct(askew)), place)

    def box(start: np.ndarray | list[float], end: np.ndarray | list[float]) -> Volume:
        part, place = head.grid(np.array(start), np.array(end))
        return volume(head.ct(part), place)

    def mirrored() -> Volume:
        place = matrix.copy()
        place[:3, 3] += (depth.shape[2] - 1) * place[:3, 0]
        place[:3, 0] *= -1
        return volume(ct[:, :, ::-1], place)

    def on_table(pillow: float | None) -> Volume:
        wide, place = head.grid(low - [60, 0, 100], high + [60, 12, 30])
        where = made.positions(place, wide.shape)
        values = made.with_table(head.ct(wide), where, low[2], (low + high) / 2)
        if pillow is not None:
            soft = (np.hypot(where[0] / 110, (where[2] - low[2] - 10) / 40) < 1) & (where[1] > 0) & (values < -300)
            values[soft] = pillow
        return volume(values, place)

    def organ() -> Volume:
        k, j, i = np.indices((100, 160, 200))
        values = np.where(np.hypot((i - 100) / 85, (j - 80) / 60) < 1, 40.0, -1000.0)
        values[np.hypot((i - 60) / 30, (j - 70) / 25) < 1] = 120
        values[np.hypot(i - 100, j - 110) < 9] = 700
        values += head.rng.normal(0, 20, k.shape)
        return Volume(values.astype(np.int16), np.diag([2.0, 2.0, 2.5, 1.0]), "LPS")

    brain = (depth > 16) & (y > at["N"][1] - 20)
    labels = np.where(depth > 0, 1, 0) + (depth > 8) + (depth > 14)
    return {
        "CT": lambda: volume(ct),
        "unsigned 16 bits, 1024 more": lambda: volume(np.clip(ct + 1024, 0, None), kind=np.uint16),
        "8 bits": lambda: volume((ct + 1000) / 8, kind=np.uint8),
        "signed 8 bits": lambda: volume((ct + 1000) / 8 - 128, kind=np.int8),
        "64-bit decimals": lambda: volume(ct, kind=np.float64),
        "big-endian": lambda: replace(volume(ct), voxels=volume(ct).voxels.astype(">i2")),
        "negative slope": lambda: replace(volume(-ct), is_dark=True),
        "RAS": lambda: volume(ct, space="RAS"),
        "left-handed": mirrored,
        "axes in another order": lambda: volume(ct.transpose(1, 2, 0), matrix[:, [2, 0, 1, 3]]),
        "askew by 25 degrees": lambda: volume(head.ct(head.grid(turn=25)[0]), head.grid(turn=25)[1]),
        "window of a screen, 8 bits": lambda: volume((ct + 200) / 2, kind=np.uint8),
        "padded round, -2000": lambda: volume(np.where(round_, -2000, ct)),
        "padded round, -1024": lambda: volume(np.where(round_, -1024, ct)),
        "padded round, NaN": lambda: volume(np.where(round_, np.nan, ct), kind=np.float32),
        "padded box, -2000": lambda: volume(*padded(ct, matrix, -2000)),
        "padded box, -1024": lambda: volume(*padded(ct, matrix, -1024)),
        "padded box, 0": lambda: volume(*padded(ct, matrix, 0)),
        "padded box, NaN": lambda: volume(*padded(ct, matrix, np.nan), kind=np.float32),
        "turned and padded, -2000": lambda: turned(-2000),
        "turned and padded, 0": lambda: turned(0),
        "head cut out, air -1000": lambda: volume(np.where(depth < -1, -1000, ct)),
        "table and head holder": lambda: on_table(None),
        "pillow of -600": lambda: on_table(-600.0),
        "MRI": lambda: volume(head.mri(depth)),
        "MRI, air of 45 % of the skin": lambda: volume(head.mri(depth) + 400),
        "MRI, very noisy": lambda: volume(head.mri(depth, 80)),
        "MRI, coil in front, 4 times": lambda: volume(head.mri(depth, 10, np.exp((z - high[2]) / 150))),
        "MRI, coil at the back, 4 times": lambda: volume(head.mri(depth, 10, np.exp((low[2] - z) / 150))),
        "MRI, coil at the back, 8 times": lambda: volume(head.mri(depth, 10, np.exp((low[2] - z) / 100))),
        "CBCT-like, cut above the brows": lambda: box(
            [-75, at["Gn"][1] - 25, high[2] - 160], [75, at["G"][1] + 20, high[2] + 10]
        ),
        "small field, 80 mm": lambda: box([-40, at["Sto"][1] - 30, high[2] - 90], [40, at["Sto"][1] + 40, high[2] + 2]),
        "one half of the face": lambda: box([-3, low[1], low[2] - 10], high + 10),
        "nose touches the end": lambda: box(low - 10, [high[0] + 10, high[1] + 10, at["Prn"][2] + 0.5]),
        "nose cut off by 6 mm": lambda: box(low - 10, [high[0] + 10, high[1] + 10, at["Prn"][2] - 6]),
        "mask": lambda: volume(depth > 0, kind=np.uint8),
        "labels": lambda: volume(labels, kind=np.uint8),
        "brain mask": lambda: volume(brain, kind=np.uint8),
        "brain without its skin": lambda: volume(np.where(brain, head.mri(depth), 0)),
        "neck": lambda: box([-90, low[1], low[2]], [90, at["Gn"][1] - 5, high[2]]),
        "cranium": lambda: box([low[0] - 10, at["N"][1] + 15, low[2] - 10], high + 10),
        "belly": organ,
        "noise": lambda: Volume(head.rng.normal(0, 100, (80, 80, 80)).astype(np.int16), np.diag([2.0, 2, 2, 1]), "LPS"),
    }


def main() -> None:
    """Print the table."""
    chosen = options(__doc__, only=(str, "", "those with this in their name"))
    machine, head = predictor(chosen.model), Head()
    labels, surface = list(machine.model.protocol.labels), head.depths.surface()
    bare = machine.predict_surface(polydata_from_arrays(surface.points @ TURN["LPS"].T, surface.triangles), "mm")
    right = bare.points @ TURN["LPS"]
    print("| volume | placed | mean, mm | largest | said |\n| --- | --- | --- | --- | --- |")
    for name, make in cases(head).items():
        if chosen.only not in name:
            continue
        try:
            volume = checked(make())
            found = machine.predict_surface(surface_in(skin_of(volume, lambda _share: None)), "mm")
        except (Unreadable, PalnetError) as error:
            print(f"| {name} | | | | {str(error)[:100]} |", flush=True)
            continue
        error = np.linalg.norm(found.points @ TURN[volume.space] - right, axis=1)
        worst, said = int(np.nanargmax(error)), [text for text in volume.warnings]
        print(
            f"| {name} | {np.isfinite(error).sum()} | {np.nanmean(error):.2f} | {error[worst]:.1f} {labels[worst]} "
            f"| {' '.join(said)} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
