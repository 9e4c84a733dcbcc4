"""What is not a face, and what cannot be read or written: one clear sentence, an exit code, nothing left behind.

python Testing/benchmarks/not_a_face.py
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import vtk
from common import ROOT, data_folder
from palnet.scans.surface import polydata_from_arrays

_COMMAND = "import sys; del sys.path[0]; from PALNetLandmarkerLib.command import main; sys.exit(main())"
# For an administrator every file is readable; without these rights permissions count again.
_AS_USER = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else []


def main() -> None:
    """Print one line a case; exit with the number of cases that went wrong."""
    wrong = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print("| case | sentence | exit code | written |\n| --- | --- | --- | --- |")
        for case, scan, output in _cases(folder):
            before = _files(folder)
            environment = os.environ | {"PYTHONPATH": str(ROOT / "PALNetLandmarker")}
            command = [*_AS_USER, sys.executable, "-c", _COMMAND, "landmark", str(scan), "--output", str(output)]
            run = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
            said = [line for line in run.stderr.splitlines() if line.strip()]
            left = _files(folder) - before
            fine = run.returncode not in (0, -11, -6) and len(said) == 1 and not left
            wrong += not fine
            sentence = " / ".join(said).replace(name, "...").removeprefix("palnet: ")
            print(
                f"| {case}{'' if fine else ' WRONG'} | {sentence} | {run.returncode} | {len(left)} files |", flush=True
            )
    sys.exit(wrong)


def _files(folder: Path) -> set[Path]:
    found = set()
    for root, folders, files in os.walk(folder):
        found |= {Path(root, name) for name in (*folders, *files)}
    return found


def _cases(folder: Path) -> list[tuple[str, Path, Path]]:
    rng = np.random.default_rng(0)
    output = folder / "results"
    sphere, cube, plane = vtk.vtkSphereSource(), vtk.vtkCubeSource(), vtk.vtkPlaneSource()
    sphere.SetRadius(95)
    sphere.SetThetaResolution(90)
    sphere.SetPhiResolution(90)
    for length in (cube.SetXLength, cube.SetYLength, cube.SetZLength):
        length(180)
    plane.SetOrigin(0, 0, 0)
    plane.SetPoint1(220, 0, 0)
    plane.SetPoint2(0, 220, 0)
    plane.SetResolution(60, 60)
    meshes = {}
    for name, source in (("sphere", sphere), ("cube", cube), ("plane", plane)):
        source.Update()
        meshes[name] = source.GetOutput()
    points = rng.normal(0, 70, (4000, 3))
    meshes["noise"] = polydata_from_arrays(points, rng.integers(0, 4000, (8000, 3)))
    meshes["NaN vertices"] = polydata_from_arrays(np.full((60, 3), np.nan), rng.integers(0, 60, (120, 3)))
    meshes["one triangle"] = polydata_from_arrays(
        np.array([[0, 0, 0], [150, 0, 0], [0, 150, 0.0]]), np.array([[0, 1, 2]])
    )
    meshes["points without cells"] = polydata_from_arrays(points, np.zeros((0, 3), int))
    cases = [("mouse skull", data_folder() / "mouse-skulls" / "models" / "A_J.ply", output)]
    for name, mesh in meshes.items():
        writer = vtk.vtkPLYWriter()
        writer.SetFileName(str(folder / f"{name}.ply"))
        writer.SetInputData(mesh)
        writer.Write()
        cases.append((name, folder / f"{name}.ply", output))
    (folder / "empty.ply").touch()
    (folder / "text.ply").write_text("Dear colleague,\nplease find the scan attached.\n")
    stl = vtk.vtkSTLWriter()
    stl.SetFileName(str(folder / "truncated.stl"))
    stl.SetFileTypeToBinary()
    stl.SetInputData(meshes["sphere"])
    stl.Write()
    whole = (folder / "truncated.stl").read_bytes()
    (folder / "truncated.stl").write_bytes(whole[: len(whole) // 2])
    (folder / "folder.ply").mkdir()
    sample = (ROOT / "Resources" / "samples" / "sample_face.ply").read_bytes()
    (folder / "forbidden.ply").write_bytes(sample)
    (folder / "forbidden.ply").chmod(0)
    (folder / "readable.ply").write_bytes(sample)
    (folder / "locked").mkdir(mode=0o500)
    cases += [(path.replace(".", ", ."), folder / path, output) for path in ("empty.ply", "text.ply", "truncated.stl")]
    cases += [("a folder", folder / "folder.ply", output), ("no read permission", folder / "forbidden.ply", output)]
    cases.append(("no write permission", folder / "readable.ply", folder / "locked" / "results"))
    return cases


if __name__ == "__main__":
    main()
