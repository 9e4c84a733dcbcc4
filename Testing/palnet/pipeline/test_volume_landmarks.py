"""Landmarks of a volume: those of the surface that it was made of, in its own frame, by the command itself."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from palnet.commands import cli
from palnet.pipeline.predictor import Predictor
from palnet.scans.file import read_surface, scan_space
from palnet.scans.surface import closest_on_surface, surface_from_polydata
from recorder import Recorder
from scipy.interpolate import griddata
from volume_files import nifti

EDGE = 2.0
TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def volume_of_face(sample: Path) -> tuple[np.ndarray, np.ndarray]:
    """(K, J, I) Hounsfield units of the sample face, filled to behind, and (4, 4) from voxels to LPS."""
    points = surface_from_polydata(read_surface(sample)).points
    low, high = points.min(axis=0) - [9, 15, 9], points.max(axis=0) + [9, 3, 9]
    x, y, z = (np.arange(start, end, EDGE) for start, end in zip(low, high, strict=True))
    front = griddata(points[:, [0, 2]], points[:, 1], (x[None, :], z[:, None]), fill_value=1e3)
    slope = np.sqrt(1 + sum(np.square(part) for part in np.gradient(front, EDGE)))
    depth = (y[None, :, None] - front[:, None, :]) / np.minimum(slope, 6)[:, None, :]
    matrix = np.diag([EDGE, EDGE, EDGE, 1.0])
    matrix[:3, 3] = low
    return np.clip(-1000 + 1040 * (depth / EDGE + 0.5), -1000, 40).astype(np.int16), matrix


def test_landmarks_of_a_volume(
    sample: Path, predictor: Predictor, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    voxels, to_lps = volume_of_face(sample)
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
