"""Write the mean shapes of the bundled models beside their protocols, for whoever has landmarks and no model.

python tools/protocol_mean_shapes.py
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "PALNetLandmarker"))

from palnet.files import write_json  # noqa: E402
from palnet.pipeline.model import Model, bundled_models  # noqa: E402
from palnet.protocols.known_shape import MEAN_SHAPE  # noqa: E402


def main() -> None:
    """One file a bundled model, in the folder of its protocol's name."""
    for name in bundled_models():
        model = Model.find(name)
        places = {
            label: [round(float(value), 2) for value in place]
            for label, place in zip(model.protocol.labels, model.mean_shape, strict=True)
        }
        path = ROOT / "Resources" / "protocols" / model.protocol.name / MEAN_SHAPE
        write_json(places, path)
        print(f"{path.relative_to(ROOT)}: {len(places)} landmarks of {name}, mm, x left, y up, z forward")


if __name__ == "__main__":
    main()
