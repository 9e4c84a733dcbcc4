"""The tabs of the module's panel, each with a class of its own, and what they tell each other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import slicer
import vtk
from slicer.i18n import tr as _
from slicer.util import VTKObservationMixin

from ..nodes import colours
from ..nodes.scan_nodes import is_released, restore, scan_of
from ..nodes.scene import file_of
from ..nodes.shown_alone import show, show_alone
from ..nodes.skin import dress
from ..nodes.ties import kept_together
from ..nodes.volumes import is_volume, skin_in_scene
from ..review.current import CurrentReview
from ..view.layout import ReviewLayout
from ..view.viewpoint import cameras_shown, show_all
from .arrivals import Arrivals, take_in
from .batch import BatchPanel
from .compare import ComparePanel
from .export import ExportPanel
from .heights import FreshHeights
from .learn import LearnPanel
from .measurements import MeasurementsPanel
from .model_selector import LandmarkModelSelector
from .palette_changes import PaletteChanges
from .queue import QueuePanel
from .review import ReviewPanel
from .run import RunPanel, may_be_filled
from .scan_selector import ScanSelector, first_scan
from .shortcuts import Shortcuts
from .size import SizePanel
from .surface import SurfacePanel
from .tabs import COMPARE, LEARN, MEASURE, REVIEW, SAVE, SCANS, SURFACE, Tabs, scroll_to_top

_FIRST = 100.0


class Sections(VTKObservationMixin):
    """Makes the sections, and keeps them at what the parameters say.

    :param add: puts a .ui file into a layout, or where that is None into the module's; returns its widgets by name
    :param logic: the module's logic, ``PALNetLandmarkerLogic``
    :param default_model: name of the landmark model that is used ahead of a choice
    :ivar ui: widgets by name of what is always in sight: the choices, the button and the tabs
    :ivar tabs: one for each task
    """

    def __init__(self, add: Callable[[str, Any], Any], logic: Any, default_model: str) -> None:
        super().__init__()
        self._logic = logic
        self._leaving: Any = None
        self._comparing = False
        self._compared: tuple[Any, Any] | None = None
        self._default_model = default_model
        self._parameters: Any = None
        self._scan: Any = None
        self._colours_shown: bool | None = None
        self._layout = ReviewLayout()
        self.ui = add("PALNetLandmarker.ui", None)
        self.tabs = Tabs(self.ui.tabs, self._on_tab)
        self._heights = FreshHeights(self.ui.tabs.parent().parent())
        self._review_ui = add("PALNetReview.ui", self.tabs.layout_of(REVIEW))
        size_ui, holder = add("PALNetSize.ui", self.ui.sizeHolder.layout()), self.ui.sizeHolder
        self.size = SizePanel(size_ui, holder, self.ui.sizeButton, self._chosen_model, self.update)
        self.run = RunPanel(self.ui, self._review_ui.resultLabel, self.update, self.size.offer)
        self._scan_selector = ScanSelector(self.ui.surfaceSelector, self._on_scan_chosen)
        self._model_selector = LandmarkModelSelector(self.ui.landmarkModelSelector, self._on_landmark_model)
        self._review_panel = ReviewPanel(self._review_ui, self._on_limit, self._on_bring_back, self._on_close_up)
        self._palettes = PaletteChanges(self.ui.tabs.parent(), self.ui.tabs, self._review_panel.show_anew)
        self.review = CurrentReview(self._review_panel, self._chosen_model)
        self.queue = QueuePanel(
            add("PALNetQueue.ui", self.tabs.layout_of(SCANS)),
            self._on_scan_opened,
            self._chosen_model,
            lambda: self.run.running,
            self._on_folder,
        )
        batch_ui = add("PALNetBatch.ui", self.tabs.layout_of(SCANS))
        self.tabs.layout_of(SCANS).setStretch(0, 1)  # the list has what the batch below it does not need
        self.batch = BatchPanel(batch_ui, self._chosen_model, self._on_batch_review, self.queue.queue.look_again)
        self.measurements = MeasurementsPanel(add("PALNetMeasurements.ui", self.tabs.layout_of(MEASURE)))
        self.compare = ComparePanel(
            add("PALNetCompare.ui", self.tabs.layout_of(COMPARE)), self._on_review, self._on_compare
        )
        self.surface = SurfacePanel(
            add("PALNetSurface.ui", self.tabs.layout_of(SURFACE)), self._chosen_model, self.update
        )
        self.export = ExportPanel(
            add("PALNetExport.ui", self.tabs.layout_of(SAVE)), self._landmarks, logic.exportLandmarks
        )
        learn_ui = add("PALNetLearn.ui", self.tabs.layout_of(LEARN))
        self.learn = LearnPanel(
            learn_ui,
            add,
            self._use_model,
            self._model_selector.add,
            self._choose_layout,
            self._chosen_model,
            lambda: self.queue.folder,
            self.queue.tell,
        )
        self.queue.on_reviewed = self.learn.conventions.reviewed
        self.tabs.make_room()
        self._keys = Shortcuts({"X": self.queue.next_scan})
        self._arrivals = Arrivals(self._on_arrivals)
        self.ui.applyButton.connect("clicked(bool)", self.apply)
        scene = slicer.mrmlScene
        self.addObserver(scene, scene.NodeAboutToBeRemovedEvent, self._on_node_goes, priority=_FIRST)
        self.addObserver(scene, scene.NodeRemovedEvent, self._on_node_gone, priority=-_FIRST)

    def enter(self) -> None:
        """The module is opened: its keys act."""
        self._review_panel.enter()
        self._keys.install()
        self._keys.switch("X", True)
        scroll_to_top(self.ui.tabs)

    def exit(self) -> None:
        """The module is left: the keys belong to others."""
        self._end_comparing()
        self.size.stop()
        self._review_panel.exit()
        self._keys.remove()

    def close(self) -> None:
        """End what is under way, and touch no widget any more: they go."""
        for section in (
            *(self.run, self.size, self.compare, self.surface, self.batch, self.queue, self.learn),
            *(self._review_panel, self.measurements, self._arrivals, self._heights, self._palettes),
        ):
            section.close()
        self.review.close()
        self._layout.leave()
        self._keys.remove()
        self.removeObservers()

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
            # While a scan goes, what the selectors choose in its place is no one's choice.
            chosen = None if self._leaving is not None else parameters.surfaceModel
            before, self._scan = self._scan, chosen
            scan, landmarks = kept_together(before, chosen, parameters.landmarks)
            if landmarks is not parameters.landmarks:
                parameters.landmarks = landmarks
            if scan is not parameters.surfaceModel:
                parameters.surfaceModel = scan
            restore(scan)
            dress(scan)
            colours.find(scan)
            if scan is not None and scan is not before:
                self.queue.queue.follow(scan)
                if before is not None:
                    self._leave_scan(before, scan, landmarks)
            if scan is not None and parameters.scanVolume:
                parameters.scanVolume = None
            self._scan_selector.show(scan or parameters.scanVolume)
        self.run.show(parameters)
        if self._comparing and parameters:
            self._compared = (parameters.surfaceModel, parameters.landmarks)  # the first scan to be loaded is chosen
        elif parameters and self._compared not in (None, (parameters.surfaceModel, parameters.landmarks)):
            self._compared = None  # the person chose something else: the view is the review's again
            self.compare.leave()
        if parameters and self._compared is None and self.run.running:
            self.review.wait()
        elif parameters and self._compared is None:
            if not self._keeps_map(parameters):
                self.review.choose(parameters.landmarks, parameters.surfaceModel)
        else:
            self.review.rest()
        session = self.review.session if parameters and self._compared is None else None
        self.surface.follow(session)
        if self.surface.shown:
            self.review.make_way()
        self.measurements.follow(session.node if session and not self.surface.shown else None)
        self.size.follow(parameters.surfaceModel if parameters else None, session, self.run.running)
        self._choose_layout()
        self.export.update()
        if parameters:
            self._review_panel.limit = parameters.acceptUnder
            self._review_panel.close_up = parameters.closeUp
            self._model_selector.select(parameters.landmarkModel)
            self.queue.folder = parameters.scanFolder
            self.batch.folder = Path(parameters.scanFolder) if parameters.scanFolder else None

    def apply(self, _checked: bool = False) -> None:
        """Place landmarks on the chosen scan."""
        chosen = self._parameters
        if not chosen:
            return
        self._end_comparing()
        # What a person decided is never written over: the landmarks go into a list of their own then.
        output = chosen.landmarks if may_be_filled(chosen.landmarks) else None
        kept = chosen.landmarks.GetName() if chosen.landmarks and output is None else ""
        scan = chosen.surfaceModel or chosen.scanVolume
        placement = self.run.run(
            lambda progress: self._logic.placeLandmarks(scan, chosen.landmarkModel, output, progress),
            kept,
        )
        if placement:
            # The person may have gone to another module meanwhile: the choice is there when they come back.
            parameters = self._logic.getParameterNode()
            if is_volume(scan):
                parameters.surfaceModel = scan_of(placement.node)
            parameters.landmarks = placement.node
            self.size.placed()
            self.tabs.show(REVIEW)
            self._review_panel.refresh()  # with what the run found
            self._review_panel.take_keyboard()
            scroll_to_top(self.ui.tabs)

    def choose_first(self) -> None:
        """Choose the first scan of the scene where none is chosen, to save the person a click."""
        if self._parameters and not self._parameters.surfaceModel and not self._parameters.scanVolume:
            self._parameters.surfaceModel, self._parameters.scanVolume = first_scan()

    def _on_scan_chosen(self, node: Any) -> None:
        """The person, or Slicer for them, chose another scan: a volume whose skin is there is that skin."""
        parameters = self._parameters
        if not parameters:
            return
        model = skin_in_scene(node) if is_volume(node) else node
        if model is None and node is not None:
            if self._scan is not None and slicer.mrmlScene.IsNodePresent(self._scan):
                show(self._scan, False)
            show(parameters.landmarks, False)
            with slicer.util.NodeModify(parameters.parameterNode):
                parameters.surfaceModel = parameters.landmarks = None
                parameters.scanVolume = node
        else:
            parameters.surfaceModel = model
        self._scan_selector.show(parameters.surfaceModel or parameters.scanVolume)

    def _leave_scan(self, before: Any, scan: Any, landmarks: Any) -> None:
        """Another scan was chosen: the face of the one before would lie over it."""
        if colours.has_colours(before):
            self._colours_shown = colours.are_shown(before)
        if self._colours_shown is not None and colours.has_colours(scan):
            colours.show(scan, self._colours_shown)  # who turned colours off wants to see shapes, scan after scan
        if slicer.mrmlScene.IsNodePresent(before):
            show(before, False)
        show_alone(scan, landmarks)
        for camera in cameras_shown(slicer.mrmlScene) if landmarks is None else ():
            show_all(camera, scan)  # else the view would stay where the scan before was looked at

    def _keeps_map(self, parameters: Any) -> bool:
        """Whether a map of what is chosen has the view, and the review waits for it."""
        session = self.review.session
        chosen = parameters.landmarks, parameters.surfaceModel
        return self.surface.shown and session is not None and (session.node, session.model) == chosen

    def _choose_layout(self) -> None:
        """One 3D view while there is a face to look at; before, after and in other modules the person's own."""
        session, parameters = self.review.session, self._parameters
        self.learn.active = bool(parameters) and self.tabs.shown == LEARN
        if self.learn.shows_plot:
            self._layout.leave()
        if self.learn.enter_plot():
            return
        if parameters and self._compared is not None:
            self._layout.enter(in_mm=self.compare.in_mm)
        elif parameters and session is not None:
            beside = parameters.closeUp and not self.surface.shown
            if self._layout.enter(beside, session.in_mm) and not session.resting:
                session.arrange()
        elif parameters and self.size.clicking:
            self._layout.enter(in_mm=False)
        elif not parameters or not (self.run.running or self.queue.queue.awaits(parameters.surfaceModel)):
            self._layout.leave()

    def _on_tab(self, name: str) -> None:
        """The person goes to another task."""
        self._review_panel.active = name == REVIEW
        self.measurements.active = name == MEASURE
        self.surface.active = name == SURFACE
        if name != COMPARE:
            self._end_comparing()
        self._choose_layout()

    def _use_model(self, path: str) -> None:
        """The person wants landmarks placed by a model that was trained."""
        self._logic.getParameterNode().landmarkModel = path
        self.update()

    def _on_batch_review(self, folder: str) -> None:
        """The person wants to review what a batch has made."""
        self.queue.read_folder(folder)
        self.queue.next_scan()

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

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def _on_node_goes(self, _caller: Any, _event: Any, node: Any) -> None:
        """The scan under review is being removed: its review goes on, without a surface."""
        session = self.review.session
        if not self._parameters or session is None or node is not session.model:
            return
        if not slicer.mrmlScene.IsClosing() and not is_released(node):
            self._leaving = node
            self._parameters.surfaceModel = None

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def _on_node_gone(self, _caller: Any, _event: Any, node: Any) -> None:
        if node.IsA("vtkMRMLModelNode") and not slicer.mrmlScene.IsClosing():
            colours.forget(node)
            self.surface.forget(node)
        if node is self._leaving:
            self._leaving = None
            self.update()
            self._review_panel.refresh()  # points are held to nothing any more

    def _on_compare(self, begins: bool) -> None:
        """A case of a comparison is about to be shown: nothing of the patient under review stays on that face."""
        if self._parameters:
            self._comparing = begins
            self._compared = (self._parameters.surfaceModel, self._parameters.landmarks)
            self.update()

    def _end_comparing(self) -> None:
        """The view goes back to the review."""
        if self._compared is not None:
            self._compared = None
            self.compare.leave()
            self.update()
            if self.review.session is not None and not self.review.session.resting:
                self.review.session.arrange()  # the view is where the case was looked at

    def _on_arrivals(self, came: list[Any]) -> None:
        """The person has loaded scans or landmarks meanwhile."""
        if not self._parameters or self._compared is not None or self.run.running:
            return
        told = take_in(came, self._parameters, self.review.session)
        self.update()
        if told:
            self._review_panel.tell(told)

    def _on_close_up(self) -> None:
        """The person wants a close-up beside the whole face, or no longer."""
        if self._parameters:
            self._parameters.closeUp = not self._parameters.closeUp

    def _on_bring_back(self) -> None:
        """The person wants the set that was deleted."""
        landmarks = self.review.bring_back()
        if landmarks is not None and self._parameters:
            self._parameters.landmarks = landmarks

    def _on_folder(self, folder: str) -> None:
        if self._parameters:
            self._parameters.scanFolder = folder

    def _on_scan_opened(self, scan: Any, landmarks: Any) -> None:
        """The person went to another scan, or its landmarks came from the background."""
        parameters = self._logic.getParameterNode()  # also while another module is shown
        with slicer.util.NodeModify(parameters.parameterNode):  # one without the other would choose a list for itself
            parameters.surfaceModel, parameters.landmarks = scan, landmarks
        if landmarks:
            self.tabs.show(REVIEW)
        elif self.queue.queue.awaits(scan):
            self._review_panel.tell(_("The landmarks of this scan are being placed: they come by themselves."))

    def _on_review(self, scan: Path, label: str) -> None:
        """The person wants to review a scan of a folder, from a landmark on."""
        self._end_comparing()
        self.queue.open_file(scan)
        self.tabs.show(REVIEW)
        session = self.review.session
        if session is not None and file_of(session.model) == scan and label in session.protocol.labels:
            session.select(label)
