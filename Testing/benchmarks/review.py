"""How fast the review answers to choices and decisions, beside the time of one picture of the 3D view.

python Testing/benchmarks/review.py [SCAN]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("PALNetLandmarker", "Testing", "Testing/extension")]

from host.start import load_module, start  # noqa: E402


def milliseconds(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return 1000 * (time.perf_counter() - began)


def main() -> None:
    scan = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "Resources" / "samples" / "sample_face.ply"
    host = start()
    import slicer
    from host.window import Window
    from reviews import off_surface, place_of
    from user import click, drag

    model = slicer.util.loadModel(str(scan))
    window = Window(host, load_module(), 1280, 900)
    window.show()
    widget = window.module.widget
    click(widget.ui.applyButton)
    session = widget.sections.review.session
    labels = [row.label for row in session.rows if not row.missing]
    view = window.three_d.view

    times: dict[str, list[float]] = {}

    def note(what: str, action: Callable[[], object]) -> None:
        times.setdefault(what, []).append(milliseconds(action))

    off = []
    for label in labels:
        note("choose a landmark (camera, ring)", lambda label=label: session.select(label))
        note("the panel follows", slicer.app.processEvents)
        note("the 3D view draws", view.pixels)
    for label in labels[:20]:
        note("decide (record, shape of the face, zones)", lambda label=label: session.accept(label))
        note("undo", session.undo)
        slicer.app.processEvents()
    for label in labels:
        session.select(label)
        window.picture()
        before = place_of(session, label)
        drag(window, session.node, session.protocol.index(label), pixels=(15, 9))
        if np.linalg.norm(place_of(session, label) - before) > 0.1:
            off.append(off_surface(model, place_of(session, label)))
    print(f"{scan.name}: {model.GetPolyData().GetNumberOfPoints()} vertices, {len(labels)} landmarks, 880 x 900 pixels")
    for what, values in times.items():
        print(f"{what:45s} median {np.median(values):6.1f} ms   95th percentile {np.percentile(values, 95):6.1f} ms")
    print(f"{len(off)} points dragged by the mouse: at most {max(off):.6f} mm off the surface")
    window.close_view()


if __name__ == "__main__":
    main()
