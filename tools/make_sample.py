"""Make the sample scan, Resources/samples/sample_face.ply: a test subject of the population as a scanner would see it.

Its true landmarks go to Testing/palnet/sample_landmarks.json; those that the scan does not show are null.

    python tools/make_sample.py FACE_MODEL

The scan stands upright when Slicer opens it: x to the left, y to the back, z up (LPS), in mm.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import vtk

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "PALNetLandmarker"))

from palnet.population.heads import Population
from palnet.scans.surface import polydata_from_arrays
from palnet.training.dataset import PopulationScans

ROOT = Path(__file__).resolve().parent.parent
SUBJECT, SEED, SEVERITY, VERTICES = 27, 7, 0.8, 24000
# The population's axes are left, up, front.
LPS_FROM_POPULATION = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])


def main() -> None:
    """Write the sample scan."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("face_model", type=Path)
    source = PopulationScans(Population(parser.parse_args().face_model), "test", SEED, SEVERITY)
    scan = source.scan(SUBJECT, VERTICES)
    surface = scan.surface
    writer = vtk.vtkPLYWriter()
    writer.SetFileName(str(ROOT / "Resources" / "samples" / "sample_face.ply"))
    points = (surface.points @ LPS_FROM_POPULATION.T).astype(np.float32)
    writer.SetInputData(polydata_from_arrays(points, surface.triangles))
    writer.Write()
    truth = {
        label: [round(float(value), 3) for value in place] if shown else None
        for label, place, shown in zip(
            source.population.protocol.labels, scan.landmarks @ LPS_FROM_POPULATION.T, scan.visible, strict=True
        )
    }
    lines = ",\n".join(f" {json.dumps(label)}: {json.dumps(place)}" for label, place in truth.items())
    (ROOT / "Testing" / "palnet" / "sample_landmarks.json").write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
