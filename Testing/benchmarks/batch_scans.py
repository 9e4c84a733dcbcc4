"""A folder of synthetic scans of test subjects, upright and in mm, with some broken files among them.

    python Testing/benchmarks/batch_scans.py FOLDER [--scans 100] [--broken 4] [--vertices 20000]

The broken ones are, in turn, an empty file, half a file, a ball, and a text. Scans that are there are not made again.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import vtk
from common import test_scans, write_scan


def main() -> None:
    """Write the scans."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scans", type=int, default=100, help="scans in all")
    parser.add_argument("--broken", type=int, default=4, help="broken files among them")
    parser.add_argument("--vertices", type=int, default=20_000)
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    source, number = test_scans(), 0
    # Spread over the folder, the last one not at its end.
    broken = {round((k + 0.5) * chosen.scans / chosen.broken) for k in range(chosen.broken)}
    for place in range(1, chosen.scans + 1):
        path = chosen.folder / f"scan_{place:03d}.ply"
        number += 1
        if place in broken:
            _write_broken(path, len([b for b in broken if b < place]) % 4)
            continue
        if path.exists():
            continue
        scan = source.scan(number, chosen.vertices)
        while scan.visible.mean() < 1 / 3:  # as in training, such scans do not count
            number += 1000
            scan = source.scan(number, chosen.vertices)
            number -= 1000
        write_scan(path, scan.surface)
    print(f"{chosen.scans} scans in {chosen.folder}, {len(broken)} of them broken")


def _write_broken(path: Path, kind: int) -> None:
    ball = vtk.vtkSphereSource()
    ball.SetRadius(90.0)
    ball.SetThetaResolution(100)
    ball.SetPhiResolution(100)
    writer = vtk.vtkPLYWriter()
    writer.SetFileName(str(path))
    writer.SetInputConnection(ball.GetOutputPort())
    writer.Write()
    whole = path.read_bytes()
    path.write_bytes([b"", whole[: len(whole) // 2], whole, b"Dear colleague,\n"][kind])


if __name__ == "__main__":
    main()
