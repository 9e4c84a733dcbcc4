"""Landmarks of one's own, on surfaces where their true places are known, beside copying by the rigid frame.

    python Testing/benchmarks/adapt_own.py [--draws N] [--only simpop|skulls]

SIMPOP_01 to 10 have the vertices of MeshMonk's template, so four vertices far from the fifty landmarks are known on
each; the person marks them with a hand's noise of 0.5 mm. Of the mouse skulls' 51 landmarks five are left out of the
protocol; the other 46 lie where people placed them, with noise as large as the error of the model that was trained on
them (0.123 mm, docs/benchmarks.md), for there is no model of 46. "Rigid" lays the mean of the landmark's places in the
frame of the face (or skull) on the new scan, and puts it on the surface.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

import numpy as np
from common import data_folder, predictor, thrown
from palnet.adapt import apply as adapt_apply
from palnet.adapt import own as adapt_own
from palnet.adapt.apply import Adapter
from palnet.adapt.frame import FaceFrame
from palnet.adapt.learn import learn
from palnet.adapt.marked import MarkedScan
from palnet.pipeline.model import Model
from palnet.pipeline.prediction import Prediction
from palnet.protocols.from_labels import protocol_from_labels
from palnet.protocols.mean_shape import mean_of_shapes, working_scale
from palnet.rigid import apply, rigid_fit
from palnet.scans.file import read_surface
from palnet.scans.surface import (
    Surface,
    closest_on_surface,
    polydata_from_arrays,
    sample_surface,
    surface_from_polydata,
)
from palnet.training.annotated import read_annotated

SEED, HAND_MM, SKULL_ERROR_MM = 92_000, 0.5, 0.123
_MEAN_DISTANCE = 1.596
# On the mean face, mm: on the forehead, beside the bridge of the nose, in the hollow of a cheek, beside the chin.
WANTED = {
    "forehead": (0.0, 62.0),
    "nose side": (-11.0, 2.0),
    "cheek hollow": (38.0, -30.0),
    "chin side": (-20.0, -64.0),
}
LEFT_OUT = 5
SKULLS = 30


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=6)
    parser.add_argument("--only", choices=["simpop", "skulls"])
    chosen = parser.parse_args()
    _keep_carriers()
    print("| surfaces | landmark | learned from | rigid, mm | of one's own, mm | stated | carried by |")
    print("| --- " * 7 + "|")
    if chosen.only != "skulls":
        machine = predictor("face50")
        _measure("SIMPOP", simpop(machine.model), machine.model, (3, 5, 9), chosen.draws)
    if chosen.only != "simpop":
        model, scans = skulls()
        _measure("skulls", scans, model, (3, 5, 10), chosen.draws)


def _keep_carriers() -> None:
    """Lay the template on each scan once, for the same scans are learned from many times."""
    kept: dict[int, object] = {}
    plain, single = adapt_own._carriers, adapt_apply.carrier

    def carriers(scan: MarkedScan, model: Model) -> object:
        if id(scan.prediction) not in kept:
            kept[id(scan.prediction)] = plain(scan, model)
        return kept[id(scan.prediction)]

    def carrier(kind: str, prediction: Prediction, model: Model, surface: Surface) -> object:
        held = kept.get(id(prediction))
        return held[kind] if held else single(kind, prediction, model, surface)  # type: ignore[index]

    adapt_own._carriers, adapt_apply.carrier = carriers, carrier  # type: ignore[assignment]


def simpop(model: Model) -> list[MarkedScan]:
    """The ten faces with the four points."""
    machine, folder, scans = predictor("face50"), data_folder() / "meshmonk", []
    template = surface_from_polydata(read_surface(folder / "Template.obj"))
    found = machine.predict_surface(polydata_from_arrays(template.points, template.triangles), "mm")
    in_face = apply(found.face_from_scan, template.points)
    vertices = {}
    for name, place in WANTED.items():
        off = np.linalg.norm(in_face[:, :2] - place, axis=1) - 0.02 * in_face[:, 2]
        vertices[name] = int(off.argmin())
    nearest = [np.nanmin(np.linalg.norm(found.points - template.points[v], axis=1)) for v in vertices.values()]
    print(f"the nearest of the fifty landmarks is {', '.join(f'{mm:.0f}' for mm in nearest)} mm away")
    for number in range(1, 11):
        surface = surface_from_polydata(read_surface(folder / f"SIMPOP_{number:02d}.obj"))
        mesh, to_file, unit = thrown(surface, number)
        places = np.array([surface.points[v] for v in vertices.values()])
        scans.append(MarkedScan(machine.predict_surface(mesh, unit), tuple(vertices), apply(to_file, places),
                                Surface(apply(to_file, surface.points), surface.triangles)))  # fmt: skip
    return scans


def skulls() -> tuple[Model, list[MarkedScan]]:
    """A model in name only of 46 landmarks, and skulls with the other five as a person's own."""
    annotated = read_annotated(data_folder() / "mouse-skulls")
    rng = np.random.default_rng(SEED)
    own = sorted(rng.choice(len(annotated.labels), LEFT_OUT, replace=False).tolist())
    kept = [k for k in range(len(annotated.labels)) if k not in own]
    chosen = [annotated.scans[k] for k in rng.permutation(len(annotated.scans))[:SKULLS]]
    protocol = protocol_from_labels("skull46", [annotated.labels[k] for k in kept])
    shapes = np.stack([one.points[kept] for one in annotated.scans])
    mean = mean_of_shapes(shapes, protocol)
    surfaces = [one.surface() for one in chosen]
    pose = rigid_fit(chosen[0].points[kept], mean)
    first = Surface(apply(pose, surfaces[0].points), surfaces[0].triangles)
    template = np.hstack(sample_surface(first, 2.2 / working_scale(mean)))
    settings = {"scale": working_scale(mean), "most_distance_mm": 2.0}
    model = Model("skull46", protocol, ("none", {}), {}, mean, template, settings=settings, checksum="0" * 64)
    scans = []
    for one, surface in zip(chosen, surfaces, strict=True):
        noise = rng.normal(0, SKULL_ERROR_MM / _MEAN_DISTANCE, (len(kept), 3))
        points = closest_on_surface(surface, one.points[kept] + noise)[0]
        count = len(kept)
        found = Prediction(
            *(protocol, points, np.full(count, SKULL_ERROR_MM), np.ones(count), "mm", rigid_fit(points, mean), 0.1),
            model=model.name, model_checksum=model.checksum,
        )  # fmt: skip
        labels = tuple(annotated.labels[k] for k in own)
        scans.append(MarkedScan(found, labels, one.points[own], surface))
    return model, scans


def _measure(name: str, scans: Sequence[MarkedScan], model: Model, counts: Sequence[int], draws: int) -> None:
    labels, hand = scans[0].labels, HAND_MM if model.thing == "face" else 0.0
    seconds = []
    for count in counts:
        errors: dict[str, list[tuple[float, float, float]]] = {label: [] for label in labels}
        kinds: dict[str, set[str]] = {label: set() for label in labels}
        for draw in range(draws):
            rng = np.random.default_rng((SEED, draw, count))
            order = rng.permutation(len(scans))
            learned = [_by_hand(scans[k], hand, model, rng) for k in order[:count]]
            convention = learn(learned, model)
            adapter, own = Adapter(convention, model), {one.label: one for one in convention.own}
            for k in order[count : count + 8]:
                test = scans[k]
                assert test.surface is not None
                start = time.process_time()
                after = adapter.apply(
                    test.prediction, polydata_from_arrays(test.surface.points, test.surface.triangles)
                )
                seconds.append(time.process_time() - start)
                mm = FaceFrame.of(test.prediction, model.mean_shape).mm
                for label, true in zip(labels, test.points, strict=True):
                    at = after.protocol.index(label)
                    rigid = closest_on_surface(test.surface, _rigid(learned, test, label)[None])[0][0]
                    off = [float(np.linalg.norm(place - true)) * mm for place in (rigid, after.points[at])]
                    errors[label].append((*off, after.expected_error[at]))  # type: ignore[arg-type]
                    kinds[label].add(own[label].carrier)
        for label in labels:
            _print(name, label, count, np.array(errors[label]), " and ".join(sorted(kinds[label])))
        _print(name, "all", count, np.concatenate([errors[label] for label in labels]), "")
    print(f"{name}: {np.mean(seconds):.2f} CPU seconds a scan once the template lies on it")


def _print(name: str, label: str, count: int, rows: np.ndarray, kinds: str) -> None:
    rigid, own, stated = (
        np.nanmean(rows, axis=0) if np.isfinite(rows[:, 2]).any() else (*np.nanmean(rows[:, :2], 0), np.nan)
    )
    told = f"{stated:.2f}" if np.isfinite(stated) else "-"
    digits = 2 if name == "SIMPOP" else 3
    print(f"| {name} | {label} | {count} | {rigid:.{digits}f} | {own:.{digits}f} | {told} | {kinds} |", flush=True)


def _by_hand(scan: MarkedScan, hand: float, model: Model, rng: np.random.Generator) -> MarkedScan:
    assert scan.surface is not None
    mm = FaceFrame.of(scan.prediction, model.mean_shape).mm
    noise = rng.normal(0, hand / _MEAN_DISTANCE, scan.points.shape) / mm
    places = closest_on_surface(scan.surface, scan.points + noise)[0]
    return MarkedScan(scan.prediction, scan.labels, places, scan.surface)


def _rigid(learned: Sequence[MarkedScan], test: MarkedScan, label: str) -> np.ndarray:
    """(3,) the mean of a landmark's places in the frame of the face, on another scan."""
    places = [apply(one.prediction.face_from_scan, one.places([label]))[0] for one in learned]
    mean = np.mean(places, axis=0)[None]
    return np.asarray(apply(np.linalg.inv(test.prediction.face_from_scan), mean)[0])


if __name__ == "__main__":
    main()
