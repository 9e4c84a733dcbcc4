"""Landmarks of a volume: those of the surface that it was made of, in its own frame, by the command itself."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from palnet.commands import cli
from palnet.errors import NoFaceError
from palnet.pipeline.predictor import Predictor
from palnet.scans.file import read_surface, scan_space
from palnet.scans.surface import closest_on_surface, surface_from_polydata
from recorder import Recorder
from volume_files import nifti
from volumes import volume_of_face

TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def test_landmarks_of_a_volume(
    sample: Path, predictor: Predictor, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    voxels, to_lps = volume_of_face(surface_from_polydata(read_surface(sample)), 2.0)
    path, output = tmp_path / "head.nii", tmp_path / "out"
    path.write_bytes(nifti(voxels, TO_RAS @ to_lps))
    command = ["landmark", path, "--output", output, "--skin", "--json", tmp_path / "all.json"]
    assert cli.main(list(map(str, command)), Recorder()) == 0
    printed = capfd.readouterr().out
    assert "Finding the skin in the volume" in printed and "head.skin.ply" in printed
    (found,) = json.loads((tmp_path / "all.json").read_text())["scans"]
    assert (found["unit"], found["space"]) == ("mm", "RAS")
    points = np.array([one["position"] or [np.nan] * 3 for one in found["landmarks"]])
    away = np.linalg.norm(points @ TO_RAS[:3, :3] - predictor.predict_file(sample).points, axis=1)
    assert np.isfinite(away).sum() > 25 and np.nanmean(away) < 1.6
    # The skin that was kept lies where the landmarks and the volume do.
    kept = output / "head.skin.ply"
    assert scan_space(kept) == "RAS"
    assert np.nanmax(closest_on_surface(surface_from_polydata(read_surface(kept)), points)[1]) < 0.1


def test_a_volume_of_another_organ_gets_the_usual_refusal(predictor: Predictor, tmp_path: Path) -> None:
    k, j, i = np.indices((30, 60, 76))
    belly = np.where(np.hypot((i - 38) / 32, (j - 30) / 22) < 1, 40.0, -1000.0)
    belly[np.hypot((i - 22) / 10, (j - 26) / 9) < 1] = 120
    belly[np.hypot(i - 38, j - 42) < 4] = 700
    belly += np.random.default_rng(0).normal(0, 20, k.shape)
    path = tmp_path / "belly.nii"
    path.write_bytes(nifti(belly.astype(np.int16), np.diag([5.0, 5.0, 8.0, 1.0])))
    with pytest.raises(NoFaceError, match="No face was found"):
        predictor.predict_file(path)
