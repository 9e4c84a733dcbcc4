"""Corresponding surfaces on faces whose every point is known: SIMPOP_01 to 10, Template.obj of MeshMonk as template.

    python Testing/benchmarks/surfaces.py [--model FILE] [--vertices N]

All eleven surfaces have the same vertices, so the template's vertices on a face are the truth. Each face is meshed
anew, put down in a random pose, and landmarked; the template is fitted to it with these landmarks, and with the
template's own landmarks carried over by the vertices, of which no error is expected: that leaves the fit alone.
*Planes* is what its smoothness leaves: these landmarks, and of every vertex the plane that it lies in, of which a fit
can know no more. Three of the faces (01, 05, 09) were looked at while the fit was made; the others were not.
"""

from __future__ import annotations

import time

import numpy as np
from common import data_folder, options, predictor
from palnet.population.scanner import remesh
from palnet.rigid import apply, random_pose, rigid_fit
from palnet.scans.file import read_surface
from palnet.scans.surface import Surface, polydata_from_arrays, surface_from_polydata, vertex_normals
from palnet.surfaces.fit import Fitter
from palnet.surfaces.template import Template

FACES = [f"SIMPOP_{number:02d}" for number in range(1, 11)]
SEEN = ("SIMPOP_01", "SIMPOP_05", "SIMPOP_09")


def main() -> None:
    """Print the tables."""
    chosen = options(__doc__, vertices=(int, 20_000, "of a face that is meshed anew (20000)"))
    machine, folder = predictor(chosen.model), data_folder() / "meshmonk"
    surfaces = {name: surface_from_polydata(read_surface(folder / f"{name}.obj")) for name in ["Template", *FACES]}
    labels = machine.model.protocol.labels
    first = surfaces["Template"]
    own = machine.predict_surface(polydata_from_arrays(first.points, first.triangles))
    template = Template.of(first, labels, own.points)
    fitter = Fitter(template)
    rows: dict[str, list[np.ndarray]] = {"predicted": [], "carried": [], "planes": []}
    seconds = []
    for seed, name in enumerate(FACES):
        anew = remesh(surfaces[name], chosen.vertices)
        pose = random_pose(np.random.default_rng(seed), 60.0, 200.0)
        scan = Surface(apply(pose, anew.points), anew.triangles)
        truth = apply(pose, surfaces[name].points)
        found = machine.predict_surface(polydata_from_arrays(scan.points, scan.triangles))
        exact = np.full(found.points.shape, np.nan)
        exact[[labels.index(label) for label in template.labels]] = template.landmarks_on(truth)
        rows["planes"].append(_by_planes(fitter, apply(np.linalg.inv(pose), truth)))
        none = np.zeros(len(labels))
        for kind, points, errors in (("predicted", found.points, found.expected_error), ("carried", exact, none)):
            start = time.process_time()
            fit = fitter.fit(scan, labels, points, errors)
            seconds.append(time.process_time() - start)
            rows[kind].append(np.linalg.norm(fit.points - truth, axis=1))
    seen = np.array([name in SEEN for name in FACES])
    print(f"{len(first.points)} vertices, faces of {chosen.vertices}, {np.mean(seconds):.2f} CPU seconds a fit")
    for kind, values in rows.items():
        errors = np.array(values)
        for words, which in (("all ten", np.ones(10, bool)), ("the seven not looked at", ~seen)):
            part = errors[which]
            print(
                f"landmarks {kind}, {words}: mean {part.mean():.2f}, median {np.median(part):.2f}, "
                f"95th percentile {np.percentile(part, 95):.2f} mm; worst face {part.mean(axis=1).max():.2f}"
            )


def _by_planes(fitter: Fitter, truth: np.ndarray) -> np.ndarray:
    """Errors (N,) where only the way along the skin is left to smoothness, of the stiffness that does best."""
    template, bending = fitter.template, fitter.bending
    own, moved = (template.landmarks_on(points) for points in (template.surface.points, truth))
    laid = rigid_fit(template.surface.points, truth)
    base = apply(laid, template.surface.points)
    size = float((np.ptp(truth, axis=0) / np.ptp(template.surface.points, axis=0)).mean())
    middle = base.mean(axis=0)
    base, at = ((points - middle) * size + middle for points in (base, apply(laid, own)))
    normals = vertex_normals(Surface(truth, template.surface.triangles))
    field = np.zeros_like(bending.nodes)
    for _ in range(3):
        planes = (bending.point_areas, normals, np.einsum("nd,nd->n", normals, truth - base))
        field = bending.onto_planes(300.0, 0.0, (np.full(len(own), 100.0), moved - at), planes, field)
    return np.asarray(np.linalg.norm(base + bending.follow @ field - truth, axis=1))


if __name__ == "__main__":
    main()
