"""The paper's FaceScape protocol on faces of the ICT Face Model: 700 neutral faces of one topology, 68 fixed vertices.

    python Testing/benchmarks/facescape.py [--work .work/facescape]

FaceScape itself may not be passed on, so this makes 700 faces in its layout (a folder for each subject with one
``*_neutral.obj``, and ``landmark_indices.npz``): random identities of the face model, without expression and without
wear. A fifth of the subjects is tested; the model is trained on the others alone, 15 % of which only choose the
checkpoint. Nothing is told of the vertices: the network sees surfaces that are sampled anew at fixed densities, and
between the 68 landmarks the surface prior (palnet/pipeline/surface_prior.py) finds its own points. What is there
already is not made again. ``--vertices`` also gives every tested face another mesh, in which none of the 68 vertices is
left.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import vtk
from common import ROOT, data_folder
from palnet.evaluation.results import Case, Evaluation, annotated_cases, evaluate
from palnet.files import whole_file, write_text
from palnet.measures.metrics import distance_errors
from palnet.pipeline.model import Model
from palnet.pipeline.predictor import Predictor
from palnet.population.face_model import SKIN, FaceModel, read_face_model
from palnet.population.scanner import remesh
from palnet.protocols.protocol import Protocol
from palnet.scans.surface import polydata_from_arrays, surface_from_polydata
from palnet.training.annotated import AnnotatedScans, read_annotated
from palnet.training.annotated_folders import FACESCAPE_INDICES
from palnet.training.config import TrainingConfig
from palnet.training.model import train_on_annotated

SUBJECTS = 700
TEST_SHARE = 0.2
SEED = 42

# The 68 points of Multi-PIE as vertices of the ICT Face Model, as its authors publish them.
MULTI_PIE = (
    1225, 1888, 1052, 367, 1719, 1722, 2199, 1447, 966, 3661, 4390, 3927, 3924, 2608, 3272, 4088, 3443,
    268, 493, 1914, 2044, 1401, 3615, 4240, 4114, 2734, 2509, 978, 4527, 4942, 4857, 1140, 2075, 1147, 4269, 3360,
    1507, 1542, 1537, 1528, 1518, 1511, 3742, 3751, 3756, 3721, 3725, 3732,
    5708, 5695, 2081, 0, 4275, 6200, 6213, 6346, 6461, 5518, 5957, 5841,
    5702, 5711, 5533, 6216, 6207, 6470, 5517, 5966,
)  # fmt: skip


def write_faces(folder: Path, model: FaceModel, count: int, seed: int = SEED) -> None:
    """Write random neutral faces in FaceScape's layout.

    The skin of face, head and neck, without eyeballs, sockets and mouth; identity weights are standard normal.

    :param folder: gets ``NUMBER/models_reg/1_neutral.obj`` (mm) and ``landmark_indices.npz``
    """
    triangles = model.triangles[(model.triangles < len(SKIN)).all(axis=1)]
    used = np.unique(triangles)
    triangles, indices = np.searchsorted(used, triangles), np.searchsorted(used, MULTI_PIE)
    if not np.array_equal(used[indices], MULTI_PIE):
        raise ValueError("A landmark of the face model is not on its skin.")
    faces = "".join(f"f {a} {b} {c}\n" for a, b, c in triangles + 1)
    for number in range(1, count + 1):
        path = folder / str(number) / "models_reg" / "1_neutral.obj"
        weights = np.random.default_rng((seed, number)).normal(size=len(model.identity)).astype(np.float32)
        vertices = model.neutral[used] + np.tensordot(weights, model.identity[:, used], 1)
        write_text("".join(f"v {x:.4f} {y:.4f} {z:.4f}\n" for x, y, z in vertices) + faces, path)
    # Last: a folder that has it is whole.
    with whole_file(folder / FACESCAPE_INDICES, ".npz") as beside:
        np.savez(beside, v10=indices)


def split(scans: AnnotatedScans, share: float = TEST_SHARE, seed: int = SEED) -> tuple[AnnotatedScans, AnnotatedScans]:
    """Scans to learn from and scans to test, parted by subject."""
    order = np.random.default_rng(seed).permutation(scans.subjects)
    tested = set(order[: round(share * len(order))].tolist())
    return (
        scans.of([scan for scan in scans.scans if scan.subject not in tested]),
        scans.of([scan for scan in scans.scans if scan.subject in tested]),
    )


def main() -> None:
    """Make, train, measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=ROOT / ".work" / "facescape")
    parser.add_argument("--config", type=Path, default=ROOT / "Resources" / "training" / "facescape68.json")
    parser.add_argument("--vertices", type=int, help="also measure on faces meshed anew with about so many vertices")
    chosen = parser.parse_args()
    config = TrainingConfig.load(chosen.config)
    protocol, faces = Protocol.bundled(config.protocol), chosen.work / "faces"
    if not (faces / FACESCAPE_INDICES).exists():
        write_faces(faces, read_face_model(data_folder() / "ict-facekit"), SUBJECTS)
    learned, tested = split(read_annotated(faces, protocol=protocol))
    print(f"{len(learned.scans)} faces to learn from, {len(tested.scans)} to test", flush=True)
    file = chosen.work / f"{config.name}.palnet"
    if not file.exists():
        train_on_annotated(config, learned, protocol, chosen.work / config.name).save(file)
    predictor = Predictor(Model.load(file))
    cases = annotated_cases(tested)
    report(evaluated(predictor, cases, "as they are"))
    if chosen.vertices:
        report(evaluated(predictor, [meshed_anew(case, chosen.vertices) for case in cases], "meshed anew"))


def meshed_anew(case: Case, vertices: int) -> Case:
    """The same face with about so many vertices, all of them elsewhere."""

    def mesh() -> vtk.vtkPolyData:
        surface = remesh(surface_from_polydata(case.mesh()), vertices)
        return polydata_from_arrays(surface.points.astype(np.float32), surface.triangles)

    return replace(case, mesh=mesh)


def evaluated(predictor: Predictor, cases: list[Case], data: str) -> Evaluation:
    """A model on the tested faces, whose unit is known."""
    results = tuple(evaluate(predictor, case, "mm") for case in cases)
    return Evaluation(predictor.model.name, data, predictor.model.protocol, results)


def report(found: Evaluation) -> None:
    """Print the paper's two numbers, and those of each region."""
    print(found.data)
    points = found.points()
    between = np.nanmean(distance_errors(found.found, found.truth, found.shown))
    print(f"found: {found.accepted.sum()} of {len(found.results)} faces, {points.placed} of {points.count} landmarks")
    print(f"point-wise: mean {points.mean:.3f}, SD {points.sd:.3f}, median {points.median:.3f}, "
          f"95th percentile {points.p95:.3f} mm")  # fmt: skip
    print(f"distance-wise: {between:.3f} mm")
    for name, region in found.regions().items():
        print(f"  {name}: {region.mean:.3f} mm")


if __name__ == "__main__":
    main()
