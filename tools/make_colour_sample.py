"""Make the sample scan with colours, Resources/samples/sample_face_colours.glb: the sample scan in colours of our own.

    python tools/make_colour_sample.py

Skin, lips, brows and the rest are computed around the sample's true landmarks (Testing/palnet/coloured.py).
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "PALNetLandmarker"), str(ROOT / "Testing" / "palnet")]

_TEXELS = 1024


def main() -> None:
    """Write the sample scan."""
    from coloured import coloured, write_glb

    path = ROOT / "Resources" / "samples" / "sample_face_colours.glb"
    write_glb(coloured(_TEXELS, images=1), path)
    print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
