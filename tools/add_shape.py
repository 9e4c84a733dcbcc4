"""Put the shape model into a model file that was trained without one; everything else in it stays as it is.

    python tools/add_shape.py FACE_MODEL MODEL.palnet

The shape model is the one that training would have made: of the first training subjects of the model's own seed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "PALNetLandmarker"))

from palnet.model import Model
from palnet.model_training import SHAPE_SUBJECTS, train_shape
from palnet.population import Population


def main() -> None:
    """Rewrite the model file and print its new checksum."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("face_model", type=Path)
    parser.add_argument("model", type=Path)
    options = parser.parse_args()
    model = Model.load(options.model)
    population = Population(options.face_model, model.protocol)
    model.shape = train_shape(population, model.facts["config"]["seed"])
    model.facts["shape_subjects"] = SHAPE_SUBJECTS
    model.save(options.model)
    print(f"{options.model}: {options.model.stat().st_size / 1e6:.1f} MB, {model.checksum}")


if __name__ == "__main__":
    main()
