"""Reads the files that standard input names; a process of its own, because a reader that fails badly ends it."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "PALNetLandmarker"))

from palnet.errors import ScanError
from palnet.scans.clean import clean_surface
from palnet.scans.file import read_surface, scan_space
from palnet.scans.surface import surface_from_polydata

try:
    import resource

    # A damaged length must not make a reader ask for all memory there is.
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
except ImportError:
    pass

for line in sys.stdin:
    path = line.rstrip("\n")
    print("begin", path, flush=True)
    try:
        surface = clean_surface(surface_from_polydata(read_surface(path)))
        assert not len(surface.triangles) or surface.triangles.max() < len(surface.points)
        assert scan_space(path) in ("RAS", "LPS")
        print("surface", path, flush=True)
    except ScanError:
        print("refused", path, flush=True)
