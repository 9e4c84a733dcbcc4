"""What the jobs of killed_jobs.py read: each made in a folder, by a number that it depends on."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np


def small_scans(work: Path, number: int) -> None:
    from batches import scans

    scans(work / "scans", a=str(number), b="1", c="bad")


def surfaces(work: Path, number: int) -> None:
    """Landmarks and surfaces as of palnet landmark --surface."""
    from palnet.exports.sets import LandmarkSet
    from palnet.exports.writers import write_sets
    from palnet.surfaces.files import Corresponding, write_corresponding
    from palnet.surfaces.template import face_template

    template = face_template()
    for k, name in enumerate(("a", "b", "c", "d")):
        points = template.surface.points * [1.0, 1.0, 1 + 0.01 * (k + number)]
        landmarks = dict(zip(template.labels, template.landmarks_on(points), strict=True))
        none, markups = np.zeros(len(points), bool), work / "results" / f"{name}.mrk.json"
        write_corresponding(Corresponding(points, none, np.ones(len(points)), "mm", landmarks), markups)
        write_sets([LandmarkSet(name, template.labels, template.landmarks_on(points), "mm")], "mrk", work / "results")
    (work / "groups.csv").write_text("scan,group\na,x\nb,x\nc,y\nd,y\n")
    (work / "chosen.txt").write_text("--curves 3" if not number else "--patches 5")


def points(work: Path, number: int) -> None:
    """Two observers' landmarks of two faces, as tables."""
    from palnet.pipeline.model import Model

    model, rng = Model.find("face50"), np.random.default_rng(number)
    for observer in ("points", "others"):
        rows = ["scan,label,x,y,z"]
        for name in "AB":
            for label, place in zip(model.protocol.labels, model.mean_shape, strict=True):
                x, y, z = place + rng.normal(0, 1, 3)
                rows.append(f"{name},{label},{x:.4f},{y:.4f},{z:.4f}")
        (work / f"{observer}.csv").write_text("\n".join(rows) + "\n")


def annotated(work: Path, number: int) -> None:
    """A scan with landmarks, and what a model that was left without it said of it."""
    from palnet.pipeline.model import Model
    from palnet.resources import resource

    sample = resource("samples/sample_face.ply")
    (work / "annotated").mkdir(exist_ok=True)
    shutil.copy(sample, work / "annotated" / "s.ply")
    model = Model.find("face50")
    rows = [
        f"{label},{x + number},{y},{z}"
        for label, (x, y, z) in zip(model.protocol.labels, model.mean_shape, strict=True)
    ]
    (work / "annotated" / "s.csv").write_text("label,x,y,z\n" + "\n".join(rows) + "\n")


def reviewed(work: Path, number: int) -> None:
    """Scans that a person reviewed, and has ways of their own."""
    from adapting import marked_by, predicted
    from palnet.exports.predicted import write_predicted
    from palnet.review.record import Review, State, record_beside

    (work / "reviewed").mkdir(exist_ok=True)
    for k in range(4):
        prediction = predicted(k)
        count = len(prediction.protocol)
        shift = np.random.default_rng(k).normal(0, 0.2, (count, 3))
        shift[3] += [0.0, -5.0 - number, 0.0]
        review = Review.begin(f"s{k}", prediction).decide([*range(count)], State.ACCEPTED)
        review = review.decide([3], State.CORRECTED, marked_by(prediction, shift).points[[3]])
        path = work / "reviewed" / f"s{k}.mrk.json"
        write_predicted(replace(prediction, points=review.points), path, path.stem)
        record_beside(path).write_text(review.to_json(), encoding="utf-8")


def faces(work: Path, number: int) -> None:
    """The sample scan, a volume of it, and a convention."""
    from adapting import face_model
    from palnet.adapt.convention import Convention, LandmarkShift
    from palnet.adapt.file import write_convention
    from palnet.resources import resource
    from palnet.scans.file import read_surface
    from palnet.scans.nrrd import write_nrrd
    from palnet.scans.surface import Surface, surface_from_polydata
    from shapes import WRITERS, polydata
    from volumes import volume_of_face

    found = surface_from_polydata(read_surface(resource("samples/sample_face.ply")))
    face = Surface(found.points + [0.0, 0.0, float(number)], found.triangles)
    (work / "faces").mkdir(exist_ok=True)
    WRITERS["binary.ply"](polydata(face), work / "faces" / "face.ply")
    voxels, matrix = volume_of_face(face, 3.0)
    write_nrrd(work / "faces" / "head.nrrd", voxels, matrix, "LPS")
    shifts = tuple(LandmarkShift(one, one == "Gn", 5, 5, (0.0, -4.0, 0.0)) for one in face_model().protocol.labels)
    own = Convention("face50", "face50", face_model().checksum, 5, "2026-11-29", shifts)
    write_convention(own, work / "mine.json")


def things(work: Path, _number: int) -> None:
    """Annotated scans of things of nine subjects, and a configuration of few steps."""
    from things import CONFIG, write_things

    write_things(work / "things")
    (work / "config.json").write_text(json.dumps(asdict(CONFIG)))
