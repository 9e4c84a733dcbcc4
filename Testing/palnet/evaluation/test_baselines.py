"""The baselines: the mean shape and a template, on the sample scan in any pose and unit."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from palnet.errors import NoFaceError, PalnetError, ScanError
from palnet.evaluation.baselines import MeanShape, TemplateTransfer, population_template
from palnet.pipeline.predictor import Predictor
from palnet.population.heads import Population
from palnet.rigid import apply, random_pose
from palnet.scans.file import read_surface
from palnet.scans.surface import Surface, closest_on_surface, surface_from_polydata
from shapes import polydata
from vtk import vtkPolyData


def moved(surface: Surface) -> tuple[Surface, np.ndarray]:
    """A surface turned over, far away, in cm; and the (4, 4) from its own coordinates to these."""
    pose = np.diag([0.1, 0.1, 0.1, 1.0]) @ random_pose(np.random.default_rng(5), 60.0, 200.0)
    return Surface(apply(pose, surface.points), surface.triangles), pose


def test_mean_shape_is_right_on_the_mean_head(predictor: Predictor, population: Population) -> None:
    template, landmarks = population_template(population)
    surface, pose = moved(template)
    found = MeanShape(predictor).predict_surface(polydata(surface))
    off = np.linalg.norm(apply(np.linalg.inv(pose), found.points) - landmarks, axis=1)
    assert off.max() < 1.0
    assert found.unit == "cm" and found.protocol == predictor.model.protocol
    assert np.isnan(found.expected_error).all() and not found.missing.any()
    assert closest_on_surface(surface, found.points)[1].max() < 1e-3
    in_face = apply(found.face_from_scan, found.points)
    assert np.linalg.norm(in_face - predictor.model.mean_shape, axis=1).max() < 1.0


def test_mean_shape_knows_no_other_face_than_the_mean(predictor: Predictor, sample: Path) -> None:
    # Were the network at work here, it would not be this far off.
    found = MeanShape(predictor).predict_surface(read_surface(sample))
    assert np.nanmean(np.linalg.norm(found.points - predictor.predict_file(sample).points, axis=1)) > 2.0


def test_mean_shape_refuses_what_it_cannot_align(predictor: Predictor) -> None:
    baseline = MeanShape(predictor)
    with pytest.raises(ScanError, match="export the scan"):
        baseline.predict_surface(vtkPolyData())
    triangle = Surface(np.eye(3), np.array([[0, 1, 2]]))
    with pytest.raises(NoFaceError, match="could not be aligned"):
        baseline.predict_surface(polydata(triangle))


def test_template_transfer_says_what_it_needs(
    predictor: Predictor, sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "meshmonk", None)
    with pytest.raises(PalnetError, match="pip install meshmonk"):
        TemplateTransfer(predictor, surface_from_polydata(read_surface(sample)), predictor.model.mean_shape)


def test_template_transfer(predictor: Predictor, population: Population, sample: Path) -> None:
    pytest.importorskip("meshmonk", reason="template transfer needs MeshMonk, which is not installed")
    template, landmarks = population_template(population)
    one = landmarks.copy()
    one[3] = np.nan
    surface, pose = moved(surface_from_polydata(read_surface(sample)))
    found = TemplateTransfer(predictor, template, one).predict_surface(polydata(surface))
    assert np.flatnonzero(found.missing).tolist() == [3]
    near = predictor.predict_file(sample).points
    off = np.linalg.norm(apply(np.linalg.inv(pose), found.points) - near, axis=1)
    plain = MeanShape(predictor).predict_surface(polydata(surface)).points
    before = np.linalg.norm(apply(np.linalg.inv(pose), plain) - near, axis=1)
    assert np.nanmean(off) < 0.8 * np.nanmean(before)
    assert closest_on_surface(surface, found.points[~found.missing])[1].max() < 1e-3
    with pytest.raises(PalnetError, match="fewer than three landmarks"):
        TemplateTransfer(predictor, template, np.where(np.arange(50)[:, None] < 2, landmarks, np.nan))
