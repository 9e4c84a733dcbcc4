"""The sections of the module's panel, each with a class of its own, and what they tell each other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..nodes.scan_nodes import kept_together
from ..nodes.scene import file_of
from ..review.current import CurrentReview
from .batch import BatchPanel
from .compare import ComparePanel
from .export import ExportPanel
from .measurements import MeasurementsPanel
from .model_selector import LandmarkModelSelector
from .queue import QueuePanel
from .review import ReviewPanel
from .run import RunPanel
from .shortcuts import Shortcuts


class Sections:
    """Makes the sections, and keeps them at what the parameters say.

    :param add: puts a .ui file below the others; returns its widgets by name
    :param logic: the module's logic, ``PALNetLandmarkerLogic``
    :param default_model: name of the landmark model that is used ahead of a choice
    :ivar ui: widgets by name of the section "Place landmarks"
    """

    def __init__(self, add: Callable[[str], Any], logic: Any, default_model: str) -> None:
        self._logic = logic
        self._default_model = default_model
        self._parameters: Any = None
        self._scan: Any = None
        queue_ui, batch_ui = add("PALNetQueue.ui"), add("PALNetBatch.ui")
        self.ui = add("PALNetLandmarker.ui")
        self.run = RunPanel(self.ui, self.update)
        self._model_selector = LandmarkModelSelector(self.ui.landmarkModelSelector, self._on_landmark_model)
        self._review_ui = add("PALNetReview.ui")
        self._review_panel = ReviewPanel(self._review_ui, self._on_limit)
        self.review = CurrentReview(self._review_panel, self._chosen_model)
        self.measurements = MeasurementsPanel(add("PALNetMeasurements.ui"))
        self.compare = ComparePanel(add("PALNetCompare.ui"), self._on_review)
        self.export = ExportPanel(add("PALNetExport.ui"), self._landmarks, logic.exportLandmarks)
        self.queue = QueuePanel(
            queue_ui, self._on_scan_opened, self._chosen_model, lambda: self.run.running, self._on_folder
        )
        self.batch = BatchPanel(batch_ui, self._chosen_model, self.queue.read_folder)
        self._keys = Shortcuts({"X": self.queue.next_scan})
        self.ui.applyButton.connect("clicked(bool)", self.apply)

    def enter(self) -> None:
        """The module is opened: its keys act."""
        self._review_panel.enter()
        self._keys.install()
        self._keys.switch("X", True)

    def exit(self) -> None:
        """The module is left: the keys belong to others."""
        self._review_panel.exit()
        self._keys.remove()

    def close(self) -> None:
        """End what is under way, and touch no widget any more: they go."""
        for section in (self.run, self.compare, self.batch, self.queue, self._review_panel, self.measurements):
            section.close()
        self.review.close()
        self._keys.remove()

    def show(self, parameters: Any) -> None:
        """Go on with these parameters.

        :param parameters: ``PALNetLandmarkerParameterNode``; None while the module is not shown
        """
        self._parameters = parameters
        self.update()

    def update(self) -> None:
        """Show what the parameters say."""
        parameters = self._parameters
        if parameters:
            # With another scan its landmarks are chosen, and with other landmarks their scan.
            before, self._scan = self._scan, parameters.surfaceModel
            scan, landmarks = kept_together(before, parameters.surfaceModel, parameters.landmarks)
            if landmarks is not parameters.landmarks:
                parameters.landmarks = landmarks
            if scan is not parameters.surfaceModel:
                parameters.surfaceModel = scan
        self.run.show(parameters)
        if parameters:
            self.review.choose(None if self.run.running else parameters.landmarks)
        else:
            self.review.rest()
        session = self.review.session if parameters else None
        self.measurements.follow(session.node if session else None)
        self.export.update()
        if parameters:
            self._review_panel.limit = parameters.acceptUnder
            self._model_selector.select(parameters.landmarkModel)
            self.queue.folder = parameters.scanFolder

    def apply(self, _checked: bool = False) -> None:
        """Place landmarks on the chosen scan."""
        chosen = self._parameters
        if not chosen:
            return
        placement = self.run.run(
            lambda progress: self._logic.placeLandmarks(
                chosen.surfaceModel, chosen.landmarkModel, chosen.landmarks, progress
            ),
            chosen.landmarks,
        )
        if placement:
            # The person may have gone to another module meanwhile: the choice is there when they come back.
            self._logic.getParameterNode().landmarks = placement.node
            self.ui.placeCollapsibleButton.collapsed = True  # what follows is the review, which needs the room

    def _landmarks(self) -> Any:
        return self._parameters.landmarks if self._parameters else None

    def _chosen_model(self) -> str:
        """Landmark model, by name or file; also while another module is shown."""
        return self._logic.getParameterNode().landmarkModel or self._default_model

    def _on_landmark_model(self, landmark_model: str) -> None:
        if self._parameters:
            self._parameters.landmarkModel = landmark_model

    def _on_limit(self, mm: float) -> None:
        if self._parameters:
            self._parameters.acceptUnder = mm

    def _on_folder(self, folder: str) -> None:
        if self._parameters:
            self._parameters.scanFolder = folder

    def _on_scan_opened(self, scan: Any, landmarks: Any) -> None:
        """The person went to another scan, or its landmarks came from the background."""
        parameters = self._logic.getParameterNode()  # also while another module is shown
        parameters.surfaceModel = scan
        parameters.landmarks = landmarks
        if landmarks:
            self.ui.placeCollapsibleButton.collapsed = True

    def _on_review(self, scan: Path, label: str) -> None:
        """The person wants to review a scan of a folder, from a landmark on."""
        self.queue.open_file(scan)
        self._review_ui.reviewSection.collapsed = False
        session = self.review.session
        if session is not None and file_of(session.model) == scan and label in session.protocol.labels:
            session.select(label)
