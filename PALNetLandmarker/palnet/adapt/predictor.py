"""A predictor that follows a person's convention; to whoever calls it, it is one like any other."""

from __future__ import annotations

from pathlib import Path

from vtkmodules.vtkCommonDataModel import vtkPolyData

from ..pipeline.model import Model
from ..pipeline.prediction import Prediction, Progress
from ..pipeline.predictor import Predictor, predicted_file
from .apply import Adapter
from .convention import Convention
from .file import read_convention


def followed(predictor: Predictor, convention: Path) -> AdaptedPredictor:
    """A predictor that follows the convention in a file.

    :raises ConventionError: it cannot be read, or does not fit the model
    """
    return AdaptedPredictor(predictor, read_convention(convention))


class AdaptedPredictor:
    """A model's predictor and a convention.

    :raises ConventionError: they do not fit each other
    """

    def __init__(self, predictor: Predictor, convention: Convention) -> None:
        self.plain = predictor
        self.adapter = Adapter(convention, predictor.model)

    @property
    def model(self) -> Model:
        """Whose landmarks are changed."""
        return self.plain.model

    def predict_file(self, path: str | Path, unit: str = "auto", progress: Progress | None = None) -> Prediction:
        """As :meth:`palnet.pipeline.predictor.Predictor.predict_file`."""
        return predicted_file(self, path, unit, progress)

    def predict_surface(self, mesh: vtkPolyData, unit: str = "auto", progress: Progress | None = None) -> Prediction:
        """As :meth:`palnet.pipeline.predictor.Predictor.predict_surface`."""
        found = self.plain.predict_surface(mesh, unit, progress)
        if progress:
            progress(0.97, "Following the convention")
        return self.adapter.apply(found, mesh)
