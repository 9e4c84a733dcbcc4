"""Make the sample scan, Resources/samples/sample_face.ply: a test subject of the population as a scanner would see it.

    python tools/make_sample.py FACE_MODEL

The scan stands upright when Slicer opens it: x to the left, y to the back, z up (LPS), in mm.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import vtk

sys.path.insert(0, str(Path(__file__).parent.parent / "PALNetLandmarker"))

from palnet.dataset import PopulationScans
from palnet.population import Population
from palnet.surface import polydata_from_arrays

SUBJECT, SEED, SEVERITY, VERTICES = 27, 7, 0.8, 24000
# The population's axes are left, up, front.
LPS_FROM_POPULATION = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])


def main() -> None:
    """Write the sample scan."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("face_model", type=Path)
    source = PopulationScans(Population(parser.parse_args().face_model), "test", SEED, SEVERITY)
    surface = source.scan(SUBJECT, VERTICES).surface
    writer = vtk.vtkPLYWriter()
    writer.SetFileName(str(Path(__file__).parent.parent / "Resources" / "samples" / "sample_face.ply"))
    points = (surface.points @ LPS_FROM_POPULATION.T).astype(np.float32)
    writer.SetInputData(polydata_from_arrays(points, surface.triangles))
    writer.Write()


if __name__ == "__main__":
    main()
