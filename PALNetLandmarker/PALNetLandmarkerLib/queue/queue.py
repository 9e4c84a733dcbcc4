"""Many scans to review: which comes next, how far each is, and landmarks predicted ahead of the person. No Qt here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import slicer
from palnet.errors import Cancelled, OutputError, PalnetError, PersonsWorkError, as_sentence
from palnet.pipeline.prediction import Prediction, Progress
from slicer.i18n import tr as _
from vtk import vtkCommand

from ..nodes.shown_alone import show
from .folder_scans import FolderScans
from .predictions_ahead import PredictionsAhead
from .sources import Scans, SceneScans

if TYPE_CHECKING:  # it needs Qt, the queue does not
    from ..engine.background import BackgroundPredictor

AHEAD = 2
"""How many scans after the one that is open are landmarked before the person comes to them."""


class ScanState(str, Enum):
    """How far a scan is."""

    WAITING = "waiting"
    LANDMARKING = "being landmarked"
    READY = "ready to review"
    IN_REVIEW = "in review"
    REVIEWED = "reviewed"
    FAILED = "failed"


_DONE = (ScanState.REVIEWED, ScanState.FAILED)


@dataclass(frozen=True)
class QueueEntry:
    """A scan in the queue.

    :ivar key: ID of its model node, or path of its file
    :ivar detail: "12 of 50" in review, the step while landmarked, a sentence if it failed
    """

    key: str
    name: str
    state: ScanState
    detail: str = ""


class ScanQueue:
    """The scans of the scene, or those of a folder.

    :param predictor: places landmarks in the background
    :param landmark_model: says which landmark model is in use, by name or file
    :param open_scan: shows a scan to the person: its model node, and its landmarks or None; called again with the
        landmarks where they come later
    :param may_open: asked before landmarks that come later are shown: not while the person has others placed
    :param on_changed: called after anything that ``entries`` shows may have changed
    :param on_problem: is told of errors that do not stop the queue; of type ``OutputError`` where work is not saved
    :param unsaved_folder: says where landmarks are kept that cannot be saved when the scene or Slicer is closed
    :param progress: called while the skin of a volume is found before it is opened; may raise ``Cancelled``
    :ivar current: key of the scan that is open
    """

    def __init__(
        self,
        scene: Any,
        predictor: BackgroundPredictor,
        landmark_model: Callable[[], str],
        open_scan: Callable[[Any, Any], None],
        may_open: Callable[[], bool],
        on_changed: Callable[[], None],
        on_problem: Callable[[PalnetError], None],
        unsaved_folder: Callable[[], Path],
        progress: Progress | None = None,
    ) -> None:
        self._scene = scene
        self._unsaved_folder = unsaved_folder
        self._progress = progress
        self._predictor = predictor
        self._landmark_model = landmark_model
        self._open_scan = open_scan
        self._may_open = may_open
        self._on_changed = on_changed
        self._on_problem = on_problem
        self.current: str | None = None
        self._opened: str | None = None
        self._take(SceneScans(scene))
        self._scene_tags = [
            scene.AddObserver(event, self._on_scene_changed)
            for event in (scene.NodeAddedEvent, scene.NodeRemovedEvent, scene.EndBatchProcessEvent)
        ]
        self._scene_tags.append(scene.AddObserver(scene.StartCloseEvent, self._on_scene_closing))
        # Not Slicer's mixin for observers, which would keep every scan of a folder in memory.
        self._node_tags: dict[Any, int] = {}
        self._observe_nodes()

    def close(self) -> None:
        """Write what is to be written, and observe nothing any more; the scene keeps its nodes."""
        self._save_all(last=True)
        for tag in self._scene_tags:
            self._scene.RemoveObserver(tag)
        for node, tag in self._node_tags.items():
            node.RemoveObserver(tag)
        self._scene_tags, self._node_tags = [], {}

    def use_scene(self) -> None:
        """Queue the models of the scene."""
        self._change(SceneScans(self._scene))

    def use_folder(self, folder: Path) -> None:
        """Queue the scan files of a folder.

        :raises ScanError: it cannot be read; the queue stays as it was
        """
        self._change(FolderScans(self._scene, folder, self._progress))

    def look_again(self) -> None:
        """Landmarks may have come to the scans' files, as from a batch."""
        self._scans.look_again()
        self._on_changed()

    @property
    def entries(self) -> list[QueueEntry]:
        """All scans in order."""
        return [self._entry(key) for key in self._scans.keys]

    def open(self, key: str) -> None:
        """Show a scan; what was open is saved first and, if it came from a file, taken out of the scene.

        :raises Cancelled: the person does not want to wait; it can be opened later
        :raises PalnetError: the scan cannot be read; what was open stays open
        """
        saved = self._save_all()
        if isinstance(self._ahead.of(key), PalnetError):
            self._ahead.forget(key)  # the person wants it tried again
        try:
            with as_sentence(_("{name} cannot be opened").format(name=self._scans.name(key))):
                self._show(key)
        except Cancelled:
            raise
        except PalnetError as error:
            self._ahead.keep(key, error)
            self._on_changed()
            raise
        for other in saved:
            if other != key:
                self._scans.release(other)
        self._ahead.predict(self._wanted())
        self._on_changed()

    def open_next(self) -> bool:
        """Open the next scan that is not reviewed and has not failed; after the last comes the first.

        :returns: False if there is none
        """
        for key in self._after_current():
            if self._entry(key).state is ScanState.REVIEWED:
                continue
            # Another person may have reviewed it meanwhile; or a drive may be back, on which it could not be read.
            self._scans.look_again(key)
            if self._entry(key).state in _DONE:
                continue
            try:
                self.open(key)
            except Cancelled:
                raise
            except PalnetError as error:
                self._on_problem(error)
            else:
                return True
        return False

    def open_previous(self) -> bool:
        """Open the scan before this one, whatever its state.

        :returns: False if this is the first
        :raises PalnetError: as :meth:`open`
        """
        keys = self._scans.keys
        index = keys.index(self.current) if self.current in keys else 0
        if index > 0:
            self.open(keys[index - 1])
        return index > 0

    def follow(self, model: Any) -> None:
        """The person chose a scan elsewhere, by its model node: the way to the next one begins there."""
        key = next((key for key in self._scans.present if self._scans.nodes(key)[0] is model), None)
        if key not in (None, self.current):
            self.current, self._opened = key, None
            self._on_changed()

    def awaits(self, model: Any) -> bool:
        """Whether landmarks of the scan that was opened last, by its model node, are to come from the background."""
        key = self._opened
        if key not in self._scans.present or self._scans.nodes(key)[0] is not model or self._predictor.problem:
            return False
        return self._ahead.of(key) is None and not self._has_landmarks(key)

    def _change(self, scans: Scans) -> None:
        for key in self._save_all():
            self._scans.release(key)
        self._take(scans)
        self._on_changed()

    def _take(self, scans: Scans) -> None:
        """Queue other scans, or the same ones from the start."""
        self._scans = scans
        self._ahead = PredictionsAhead(
            self._predictor, scans, self._landmark_model, self._on_predicted, self._on_changed
        )
        self.current = self._opened = None

    def _show(self, key: str) -> None:
        """Show a scan, with its landmarks if there are any by now.

        :raises PalnetError: it cannot be read
        """
        model, landmarks = self._scans.open(key)
        prediction = self._ahead.of(key)
        if landmarks is None and isinstance(prediction, Prediction):
            landmarks = self._scans.fill(model, prediction)
        self.current = self._opened = key
        for other in self._scans.present:
            for node in self._scans.nodes(other):
                show(node, other == key)  # scans of faces lie over each other
        self._open_scan(model, landmarks)

    def _save_all(self, last: bool = False) -> list[str]:
        """Save the scans that are in the scene; returns those of which nothing is left to write.

        :param last: the scene goes, or Slicer: what cannot be saved where it belongs is kept elsewhere
        """
        saved: list[str] = []
        problems: list[PalnetError] = []
        for key in self._scans.present:
            try:
                with as_sentence(_("{name} cannot be saved").format(name=self._scans.name(key))):
                    self._scans.save(key)
            except PalnetError as error:
                kind = PersonsWorkError if isinstance(error, PersonsWorkError) else OutputError
                problems.append(kind(f"{error} {self._kept(key) if last else _('They stay in the scene.')}"))
                continue
            saved.append(key)
            if self._has_landmarks(key):
                self._ahead.forget(key)
        for problem in problems:
            self._on_problem(problem)
        return saved

    def _kept(self, key: str) -> str:
        """Keep landmarks that cannot be saved and would be lost; says where."""
        try:
            path = self._scans.keep_elsewhere(key, self._unsaved_folder())
        except (PalnetError, OSError):
            return _("They go with the scene.")
        return _("They are kept in {path} instead.").format(path=path)

    def _entry(self, key: str) -> QueueEntry:
        name, found = self._scans.name(key), self._ahead.of(key)
        try:
            progress = self._scans.progress(key)
        except PalnetError as error:
            return QueueEntry(key, name, ScanState.FAILED, str(error))
        if isinstance(found, PalnetError) and self._scans.nodes(key)[1] is None:
            return QueueEntry(key, name, ScanState.FAILED, str(found))
        if progress is not None and 0 < progress.reviewed < progress.total:
            return QueueEntry(key, name, ScanState.IN_REVIEW, f"{progress.reviewed} of {progress.total}")
        if progress is not None:
            return QueueEntry(key, name, ScanState.REVIEWED if progress.reviewed else ScanState.READY)
        if found is not None:
            return QueueEntry(key, name, ScanState.READY)
        if key == self._ahead.underway:
            return QueueEntry(key, name, ScanState.LANDMARKING, self._ahead.step)
        return QueueEntry(key, name, ScanState.WAITING)

    def _to_review(self) -> Iterator[str]:
        """The scans that a person still has to review, from the one after the current."""
        return (key for key in self._after_current() if self._entry(key).state not in _DONE)

    def _after_current(self) -> list[str]:
        """The scans from the one after the current, around, without that."""
        keys = self._scans.keys
        index = keys.index(self.current) if self.current in keys else -1
        return keys[index + 1 :] + keys[: max(index, 0)]

    def _wanted(self) -> list[str]:
        """The scans that should have landmarks now, most urgent first; none before the person has opened one."""
        if self.current not in self._scans.keys:
            return []
        here = [] if self._has_landmarks(self.current) else [self.current]
        return here + list(islice((key for key in self._to_review() if not self._has_landmarks(key)), AHEAD))

    def _has_landmarks(self, key: str) -> bool:
        """Whether there are landmarks, in the scene or in a file."""
        try:
            return self._scans.progress(key) is not None
        except PalnetError:
            return True  # damaged ones, which must not be replaced

    def _on_predicted(self, key: str) -> None:
        found = self._ahead.of(key)
        waited_for = key == self.current and not self._has_landmarks(key)
        if waited_for and isinstance(found, PalnetError):
            self._on_problem(found)
        elif waited_for and found is not None and self._may_open():
            try:
                self._show(key)
            except PalnetError as error:
                self._on_problem(error)
        self._ahead.predict(self._wanted())
        self._on_changed()

    def _observe_nodes(self) -> None:
        """Hear of changes of all nodes that ``entries`` tells of, and of no other ones."""
        kinds = ("vtkMRMLModelNode", "vtkMRMLMarkupsFiducialNode")
        nodes = {node for kind in kinds for node in slicer.util.getNodesByClass(kind)}
        for node in self._node_tags.keys() - nodes:
            node.RemoveObserver(self._node_tags.pop(node))
        for node in nodes - self._node_tags.keys():
            self._node_tags[node] = node.AddObserver(vtkCommand.ModifiedEvent, self._on_node_changed)

    def _on_scene_changed(self, _caller: Any, _event: str) -> None:
        if not self._scene.IsBatchProcessing():
            self._observe_nodes()
            self._on_changed()

    def _on_node_changed(self, _caller: Any, _event: str) -> None:
        self._on_changed()

    def _on_scene_closing(self, _caller: Any, _event: str) -> None:
        """Nodes that come later may have the IDs of those that go."""
        self._save_all(last=True)
        self._take(self._scans)
