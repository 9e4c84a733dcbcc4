"""Make the reports that docs/compare.md shows; the module's own pictures are made by tools/screenshots.py.

python Testing/benchmarks/observers.py STUDY
python tools/study_pictures.py STUDY
python tools/page_picture.py STUDY/observers/report.html docs/images/compare-where.jpg --last 0
python tools/page_picture.py STUDY/observers/report.html docs/images/compare-measurements.jpg --first 3 --last 5
python tools/page_picture.py STUDY/reviews/report.html docs/images/compare-reviews.jpg --last 0
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / folder) for folder in ("PALNetLandmarker", "Testing", "Testing/extension", "tools")]


def main() -> None:
    """Write the reports."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", type=Path)
    chosen = parser.parse_args()
    anna, ben, reviews = (chosen.study / name for name in ("Anna", "Ben", "landmarks"))

    from host.start import start

    host = start()
    from palnet.commands.cli import main as palnet

    palnet(["compare", str(anna), str(ben), "--output", str(chosen.study / "observers")], host)
    palnet(["compare", "--reviews", str(reviews), "--output", str(chosen.study / "reviews")], host)


if __name__ == "__main__":
    main()
