"""The command line: ``palnet landmark``, ``train``, ``crossvalidate`` and ``evaluate``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from . import __version__
from .errors import OutputError, PalnetError
from .files import check_writable, write_json
from .prediction import Prediction

RESEARCH_USE = "For research use. Not a medical device. Predictions are not reviewed: check them in 3D Slicer."


class Host(Protocol):
    """What the command line asks of Slicer's engine; the engine of this project never imports it."""

    def write_markups(self, prediction: Prediction, path: Path, name: str) -> None:
        """Write a prediction as ``.mrk.json``."""
        ...

    def render_sheet(self, prediction: Prediction, scan_path: Path, png_path: Path) -> None:
        """Draw a sheet of pictures."""
        ...


def main(argv: Sequence[str], host: Host) -> int:
    """Run a command; returns the exit code: 0 where everything succeeded."""
    options = _parser().parse_args(argv)
    try:
        return int(options.run(options, host))
    except PalnetError as error:
        print(f"palnet: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\npalnet: stopped.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="palnet", description=f"Anatomical landmarks on 3D scans. {RESEARCH_USE}")
    parser.add_argument("--version", action="version", version=f"palnet {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    landmark = commands.add_parser("landmark", help="place landmarks on scans")
    landmark.add_argument("scans", nargs="+", type=Path, metavar="SCAN", help="OBJ, PLY, STL, VTK or VTP file")
    landmark.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder for the results")
    landmark.add_argument("--picture", action="store_true", help="also draw a sheet of pictures of each scan")
    landmark.add_argument("--model", default="face50", metavar="FILE|NAME", help="landmark model (default: face50)")
    landmark.add_argument("--units", choices=["auto", "mm", "cm", "m"], default="auto", help="unit of the scans")
    landmark.add_argument("--json", type=Path, metavar="SUMMARY", help="also write all results to one JSON file")
    landmark.add_argument("--timings", action="store_true", help="print the time of each step")
    landmark.add_argument("--cpu", action="store_true", help="leave a GPU alone")
    landmark.set_defaults(run=_landmark)

    train = commands.add_parser("train", help="train a landmark model on synthetic faces, or on annotated scans")
    train.add_argument("config", type=Path, metavar="CONFIG", help="JSON file with the training's settings")
    train.add_argument("--population", type=Path, metavar="FOLDER", help="the ICT Face Model (default: $PALNET_DATA)")
    _add_annotated(train, required=False)
    train.add_argument("--work", type=Path, required=True, metavar="FOLDER", help="checkpoints and log; resumes there")
    train.add_argument("--output", type=Path, required=True, metavar="FILE", help="the model file to write (.palnet)")
    train.set_defaults(run=_train)
    _add_crossvalidate(commands)
    _add_evaluate(commands)
    return parser


def _add_crossvalidate(commands: Any) -> None:
    cross = commands.add_parser("crossvalidate", help="train and test on annotated scans, fold by fold")
    cross.add_argument("config", type=Path, metavar="CONFIG", help="JSON file with the training's settings")
    _add_annotated(cross, required=True)
    cross.add_argument("--folds", type=int, default=5, metavar="N", help="subjects are parted so (5)")
    cross.add_argument("--only", type=int, metavar="K", help="run this fold alone, 1 to N")
    cross.add_argument("--baseline", nargs="+", choices=["mean", "meshmonk"], default=[], help="also in these folds")
    cross.add_argument("--work", type=Path, required=True, metavar="FOLDER", help="models, checkpoints; resumes there")
    cross.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="a prediction for each scan")
    cross.set_defaults(run=_crossvalidate)


def _add_annotated(command: argparse.ArgumentParser, required: bool) -> None:
    help_ = "annotated scans: scans with landmark files of the same names, LAFAS folders, or FaceScape"
    command.add_argument("--scans", type=Path, required=required, metavar="FOLDER", help=help_)
    command.add_argument("--landmarks", type=Path, metavar="FOLDER", help="where not in the folder of the scans")
    command.add_argument("--kind", choices=["auto", "markups", "lafas", "facescape"], default="auto", help="of the set")
    command.add_argument("--unit", choices=["mm", "cm", "m"], help="of the scans, where their landmark files say none")


def _crossvalidate(options: argparse.Namespace, host: Host) -> int:
    from .annotated_command import run_crossvalidate

    return run_crossvalidate(options)


def _add_evaluate(commands: Any) -> None:
    evaluate = commands.add_parser("evaluate", help="measure models and baselines on scans with known landmarks")
    method = evaluate.add_argument_group("what is measured; the report is about the first")
    method.add_argument("--model", nargs="+", default=[], metavar="FILE|NAME", help="landmark models")
    method.add_argument(
        "--predictions", nargs="+", type=Path, default=[], metavar="FOLDER", help="as written by palnet crossvalidate"
    )
    method.add_argument(
        "--baseline", nargs="+", choices=["mean", "meshmonk"], default=[], help="measured beside the first model"
    )
    method.add_argument("--template", type=Path, metavar="SCAN", help="the annotated scan that meshmonk starts from")
    method.add_argument("--template-landmarks", type=Path, metavar="FOLDER", help="default: that of the scans")
    _add_annotated(evaluate, required=False)
    evaluate.add_argument("--population", type=Path, metavar="FOLDER", help="or synthetic scans of the ICT Face Model")
    evaluate.add_argument("--subjects", type=int, default=100, metavar="N", help="synthetic test subjects (100)")
    evaluate.add_argument("--severity", type=float, default=1.0, help="wear of synthetic scans, 0 to 2 (1)")
    evaluate.add_argument(
        "--within", nargs=2, type=float, default=[2.0, 4.0], metavar="MM", help="a good and a bad error (2 4)"
    )
    evaluate.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder for tables and report.html")
    evaluate.add_argument("--cpu", action="store_true", help="leave a GPU alone")
    evaluate.set_defaults(run=_evaluate)


def _evaluate(options: argparse.Namespace, host: Host) -> int:
    from .evaluate_command import run

    return run(options)


def _landmark(options: argparse.Namespace, host: Host) -> int:
    targets = _targets(options.scans, options.output)
    check_writable(options.output)
    if options.json:
        check_writable(options.json.parent)
        if options.json.is_dir():
            raise OutputError(f"{options.json} is a folder: name a file for the summary.")
    print(f"Loading the model {options.model} ...", flush=True)
    from .predictor import Predictor

    predictor = Predictor.load(options.model, "cpu" if options.cpu else "auto")
    results, failed = [], 0
    for number, (scan, target) in enumerate(targets, 1):
        print(f"[{number}/{len(targets)}] {scan}", flush=True)
        try:
            prediction = predictor.predict_file(scan, options.units, _print_progress)
            options.output.mkdir(parents=True, exist_ok=True)
            host.write_markups(prediction, target, scan.stem)
            written = [target]
            if options.picture:
                _print_progress(1.0, "Drawing the picture")
                written.append(target.with_name(f"{scan.stem}.png"))
                host.render_sheet(prediction, scan, written[-1])
        except PalnetError as error:
            failed += 1
            results.append({"scan": str(scan), "error": str(error)})
            print(f"palnet: {error}", file=sys.stderr)
            continue
        results.append({"scan": str(scan), "markups": str(target), **summary(prediction)})
        print(table(prediction))
        for warning in prediction.warnings:
            print(f"  ! {warning}")
        if options.timings:
            print("  " + ", ".join(f"{step} {seconds:.2f} s" for step, seconds in prediction.seconds.items()))
        print("  written: " + ", ".join(str(path) for path in written))
    if options.json:
        write_json({"model": options.model, "version": __version__, "scans": results}, options.json)
    if len(targets) > 1:
        print(f"{len(targets) - failed} of {len(targets)} scans landmarked.")
    if failed < len(targets):
        print(RESEARCH_USE)
    return 1 if failed else 0


def _targets(scans: list[Path], output: Path) -> list[tuple[Path, Path]]:
    targets: dict[str, tuple[Path, Path]] = {}
    for scan in scans:
        target = output / f"{scan.stem}.mrk.json"
        # On Windows and Macs, names that differ by their case are one file.
        other, _ = targets.setdefault(target.name.casefold(), (scan, target))
        if other is not scan:
            raise OutputError(
                f"{other} and {scan} would both be written to {target.name}: "
                "rename one of them, or landmark them into two folders."
            )
    return list(targets.values())


def summary(prediction: Prediction) -> dict[str, Any]:
    """A prediction as plain JSON data; a missing landmark has a null position."""
    landmarks = []
    for k, landmark in enumerate(prediction.protocol.landmarks):
        gone = bool(prediction.missing[k])
        landmarks.append(
            {
                "label": landmark.label,
                "name": landmark.name,
                "position": None if gone else [float(value) for value in prediction.points[k]],
                "expected_error_mm": None if gone else float(prediction.expected_error[k]),
                "presence": float(prediction.presence[k]),
            }
        )
    return {
        "unit": prediction.unit,
        "space": prediction.space,
        "model": prediction.model,
        "model_checksum": prediction.model_checksum,
        "state": "predicted",
        "alignment_error_mm": prediction.alignment_error,
        "face_from_scan": prediction.face_from_scan.tolist(),
        "warnings": list(prediction.warnings),
        "seconds": prediction.seconds,
        "landmarks": landmarks,
    }


def table(prediction: Prediction) -> str:
    """The landmarks as lines of text: label, name, position in the scan's own coordinates, expected error in mm."""
    width = max(len(landmark.name) for landmark in prediction.protocol.landmarks)
    decimals = {"mm": 2, "cm": 3, "m": 5}[prediction.unit]
    # What is small has small errors.
    error_format = ".1f" if prediction.doubtful_mm >= 1 else ".2f"
    head = f"  {'label':<7}{'name':<{width}}  {'x':>10}{'y':>10}{'z':>10}   expected error"
    lines = [f"{head} (positions in {prediction.unit})"]
    for k, landmark in enumerate(prediction.protocol.landmarks):
        if prediction.missing[k]:
            lines.append(f"  {landmark.label:<7}{landmark.name:<{width}}  {'missing on this scan':>30}")
            continue
        place = "".join(f"{value:10.{decimals}f}" for value in prediction.points[k])
        error = format(prediction.expected_error[k], error_format)
        lines.append(f"  {landmark.label:<7}{landmark.name:<{width}}  {place}   {error:>5} mm")
    return "\n".join(lines)


def _print_progress(share: float, step: str) -> None:
    print(f"  {share:4.0%}  {step}", flush=True)


def _train(options: argparse.Namespace, host: Host) -> int:
    from .model_training import train_model
    from .training import TrainingConfig

    config = TrainingConfig.load(options.config)
    check_writable(options.output.parent)
    if options.scans and options.population:
        raise PalnetError("Name either --population or --scans: a model is trained on one of them.")
    if options.scans:
        from .annotated_command import train

        model = train(config, options)
    else:
        data = os.environ.get("PALNET_DATA")
        folder = options.population or (Path(data) / "ict-facekit" if data else None)
        if folder is None:
            raise PalnetError("Name the folder of the ICT Face Model with --population, or its parent in PALNET_DATA.")
        model = train_model(config, folder, options.work)
    model.save(options.output)
    print(f"{options.output}: {_in_one_line(model.facts)}")
    return 0


def _in_one_line(facts: dict[str, Any]) -> str:
    return f"{facts['parameters']:,} parameters, {facts['validation_error_mm']:.2f} mm on validation subjects"
