"""PALNetLandmarker: anatomical landmarks on 3D face scans, as a scripted module of 3D Slicer.

Nothing but the standard library and Slicer is imported here; the engine comes when a run begins.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import slicer
import vtk
from slicer import vtkMRMLMarkupsFiducialNode, vtkMRMLModelNode, vtkMRMLScalarVolumeNode
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.parameterNodeWrapper import parameterNodeWrapper
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin

DEFAULT_LANDMARK_MODEL = "face50"


class PALNetLandmarker(ScriptedLoadableModule):
    """What Slicer shows of the module before it is opened."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        self.parent.title = _("PAL-Net Landmarker")
        self.parent.categories = [translate("qSlicerAbstractCoreModule", "Shape Analysis")]
        self.parent.dependencies = []
        self.parent.contributors = ["PALNetLandmarker contributors"]
        self.parent.helpText = _(
            "Places fifty anatomical landmarks on a 3D face scan, in any pose and unit, with the error to expect of "
            "each. The result is a prediction for research: review it before you use it. See the "
            '<a href="https://github.com/palnetlandmarker/PALNetLandmarker">documentation</a>.'
        )
        self.parent.acknowledgementText = _(
            "After PAL-Net by Shadman Yazdi et al. (Informatics in Medicine Unlocked 60:101729, 2026). The landmark "
            "model was trained on faces drawn from the ICT Face Model."
        )
        slicer.app.connect("startupCompleted()", registerSampleData)


def registerSampleData() -> None:
    """Offer the face scan that comes with the extension in the Sample Data module; scenes may know our layout."""
    from PALNetLandmarkerLib.nodes import sample_data
    from PALNetLandmarkerLib.view import layout

    layout.register()
    sample_data.register(Path(__file__).parent / "Resources" / "Icons" / "PALNetSampleFace.png")


def PALNetLandmarkerFileReader(parent):
    """Slicer's File menu reads scans in glTF, VRML, 3MF and OFF by this."""
    from PALNetLandmarkerLib.nodes.file_reader import ScanFileReader

    return ScanFileReader(parent)


@parameterNodeWrapper
class PALNetLandmarkerParameterNode:
    """The choices of the panel; they are saved with the scene.

    surfaceModel - The face scan.
    scanVolume - Or a volume (CT, CBCT, MRI) of a head whose skin was not found yet; it is the scan then.
    landmarkModel - Name of a bundled landmark model, or path of a model file.
    landmarks - Where the landmarks go, and which are reviewed; a new node if there is none.
    scanFolder - The folder whose scans are reviewed one after the other; empty for the scans of the scene.
    closeUp - In the review two 3D views: the whole face, and the chosen landmark in close-up.
    acceptUnder - The limit in mm of "Accept all under"; 0 for what the landmark model calls doubtful.
    """

    surfaceModel: vtkMRMLModelNode
    scanVolume: vtkMRMLScalarVolumeNode
    landmarkModel: str = DEFAULT_LANDMARK_MODEL
    landmarks: vtkMRMLMarkupsFiducialNode
    scanFolder: str = ""
    acceptUnder: float = 0.0
    closeUp: bool = False


class PALNetLandmarkerWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """The module's panel: its sections are in the library, the parameter node ties them to the scene."""

    def __init__(self, parent=None) -> None:
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic = None
        self.sections = None
        self._parameterNode = None
        self._parameterNodeGuiTag = None

    def setup(self) -> None:
        """Build the panel; called when the user opens the module the first time."""
        from PALNetLandmarkerLib.panels.sections import Sections

        ScriptedLoadableModuleWidget.setup(self)
        self.logic = PALNetLandmarkerLogic()
        self.layout.setContentsMargins(4, 4, 4, 2)  # a laptop's panel has no room to give away
        self.sections = Sections(self._addSection, self.logic, DEFAULT_LANDMARK_MODEL)
        self.ui = self.sections.ui
        scene = slicer.mrmlScene
        self.addObserver(scene, scene.StartCloseEvent, self.onSceneStartClose)
        self.addObserver(scene, scene.StartImportEvent, self.onSceneStartImport)
        for event in (scene.EndCloseEvent, scene.EndImportEvent):
            self.addObserver(scene, event, self.onSceneReady)
        self.initializeParameterNode()
        if self.parent.isEntered:  # a reload makes a new panel in the module that is open
            self.sections.enter()

    def _addSection(self, name: str, layout=None):
        """Put a .ui file into a layout, by default the module's; returns its widgets by name."""
        uiWidget = slicer.util.loadUI(self.resourcePath(f"UI/{name}"))
        (self.layout if layout is None else layout).addWidget(uiWidget)
        if hasattr(uiWidget, "setMRMLScene"):
            uiWidget.setMRMLScene(slicer.mrmlScene)
        return slicer.util.childWidgetVariables(uiWidget)

    def cleanup(self) -> None:
        """Called when the module is reloaded or the application closes."""
        if self.sections:
            self.setParameterNode(None)
            self.sections.close()
        self.removeObservers()

    def enter(self) -> None:
        """Called each time the user opens this module."""
        self.initializeParameterNode()
        self.sections.enter()

    def exit(self) -> None:
        """Called each time the user opens another module."""
        self.sections.exit()
        self.setParameterNode(None)

    def onReload(self) -> None:
        """Reload the library and the engine with the module's file."""
        if self.sections.run.running:
            return
        for name in [name for name in sys.modules if name.split(".")[0] in ("palnet", "PALNetLandmarkerLib")]:
            del sys.modules[name]
        ScriptedLoadableModuleWidget.onReload(self)

    def onSceneStartClose(self, caller, event) -> None:
        """The nodes of a run and of a review are about to go."""
        self.sections.run.cancel()
        self.sections.review.forget()
        self.setParameterNode(None)

    def onSceneStartImport(self, caller, event) -> None:
        """Node selectors choose a first scan while nodes come: that must not replace what the loaded scene says."""
        self.setParameterNode(None)

    def onSceneReady(self, caller, event) -> None:
        """Go on with what the scene holds now, which may be nothing, if the panel is shown."""
        if self.parent.isEntered:
            self.initializeParameterNode()

    def initializeParameterNode(self) -> None:
        """Observe the scene's parameter node; choose the first scan to save the user a click."""
        self.setParameterNode(self.logic.getParameterNode())
        self.sections.choose_first()

    def setParameterNode(self, parameterNode: PALNetLandmarkerParameterNode | None) -> None:
        """Tie the panel to a parameter node, or to none."""
        if self._parameterNode:
            self._parameterNode.disconnectGui(self._parameterNodeGuiTag)
            self._parameterNodeGuiTag = None
            self.removeObserver(self._parameterNode, vtk.vtkCommand.ModifiedEvent, self.onParametersModified)
        self._parameterNode = parameterNode
        if self._parameterNode:
            # Widgets with the dynamic property "SlicerParameterName" in the .ui file are connected.
            self._parameterNodeGuiTag = self._parameterNode.connectGui(self.ui)
            self.addObserver(self._parameterNode, vtk.vtkCommand.ModifiedEvent, self.onParametersModified)
        self.sections.show(parameterNode)

    def onParametersModified(self, caller, event) -> None:
        """A choice was made, in the panel, by a script or by a loaded scene."""
        self.sections.update()


class PALNetLandmarkerLogic(ScriptedLoadableModuleLogic):
    """What the panel does, for scripts: ``slicer.util.getModuleLogic("PALNetLandmarker").placeLandmarks(model)``."""

    def getParameterNode(self) -> PALNetLandmarkerParameterNode:
        return PALNetLandmarkerParameterNode(super().getParameterNode())

    def placeLandmarks(
        self,
        surfaceModel: vtkMRMLModelNode | vtkMRMLScalarVolumeNode,
        landmarkModel: str = DEFAULT_LANDMARK_MODEL,
        landmarks: vtkMRMLMarkupsFiducialNode | None = None,
        progress: Callable[[float, str], None] | None = None,
        size: str | None = None,
    ):
        """Landmark a model node, or a volume node: its skin becomes a model node, to which the landmarks refer.

        :param surfaceModel: the face scan, or a CT, CBCT or MRI volume
        :param landmarkModel: name of a bundled landmark model, or path of a model file
        :param landmarks: node to fill; a new one by default
        :param progress: called with the fraction done and the step; may raise ``palnet.errors.Cancelled``
        :param size: how large the scan is: the unit of its file, such as ``"inch"`` or ``"0.7 mm"``; two landmarks and
            the mm between them, ``"Ex_R Ex_L 89"``; ``"unknown"``; or ``"auto"``. By default what was said in the panel
        :returns: ``Placement`` with the fiducial node and the prediction
        :raises palnet.errors.PalnetError: with a sentence for the user; the scene is as before
        """
        from PALNetLandmarkerLib.engine.landmarking import place_landmarks

        return place_landmarks(surfaceModel, landmarkModel, landmarks, progress, size)

    def landmarkFolder(
        self,
        folder: str,
        landmarkModel: str = DEFAULT_LANDMARK_MODEL,
        recursive: bool = False,
        progress: Callable[[float, str], None] | None = None,
    ) -> str:
        """Landmark the scan files of a folder, as the tab Scans does; the results go to ``landmarks`` in it.

        :param recursive: also scans in folders of the folder
        :param progress: called with the fraction done and the scan; may raise ``palnet.errors.Cancelled``
        :returns: what became of the scans, in words
        :raises palnet.errors.PalnetError: with a sentence for the user; what is done stays
        """
        from PALNetLandmarkerLib.queue.batch_process import landmark_folder

        return landmark_folder(Path(folder), landmarkModel, recursive, progress)

    def review(self, landmarks: vtkMRMLMarkupsFiducialNode, landmarkModel: str | Path = ""):
        """Review landmarks: ``session = logic.review(node); session.accept("Prn"); session.undo(); session.close()``.

        :param landmarkModel: the file of the model that placed them; without it only bundled models raise concerns
        :returns: ``PALNetLandmarkerLib.review.session.ReviewSession``, which does all that the panel does
        :raises palnet.errors.ReviewError: the node holds no landmarks of a landmark model
        """
        from PALNetLandmarkerLib.review.session import ReviewSession

        return ReviewSession(landmarks, landmark_model=landmarkModel)

    def measureLandmarks(self, landmarks: vtkMRMLMarkupsFiducialNode):
        """Measure landmarks, again whenever one moves: ``m = logic.measureLandmarks(node); m.values["N-Sn"]``.

        :returns: ``PALNetLandmarkerLib.measure.measurements.LandmarkMeasurements``, which does all that the panel does
        :raises palnet.errors.ReviewError: the node holds no landmarks of a landmark model
        """
        from PALNetLandmarkerLib.measure.measurements import LandmarkMeasurements

        return LandmarkMeasurements(landmarks)

    def makeSurface(self, landmarks: vtkMRMLMarkupsFiducialNode, kind: str = "surface", other=None, **more):
        """Fit the surface and make a map of it: see ``PALNetLandmarkerLib.measure.followed_surface.make_surface``."""
        from PALNetLandmarkerLib.measure.followed_surface import make_surface

        return make_surface(landmarks, kind, other, **more)

    def exportLandmarks(
        self, landmarks: vtkMRMLMarkupsFiducialNode, path: str | Path, asShown: bool = False, to: str = "mrk"
    ) -> list[Path]:
        """Write landmarks as ``NAME.mrk.json``, and the record of their review as ``NAME.review.json`` beside it.

        :param asShown: in the scene's frame, with transforms applied; else in that of the scan's file
        :param to: or in another format, without the record: ``fcsv``, ``csv-long``, ``csv``, ``tps``, ``nts``,
            ``morphologika`` or ``morphoj``
        :returns: the files, the landmarks first; coordinates are in LPS
        :raises palnet.errors.PalnetError: with a sentence for the user
        """
        from PALNetLandmarkerLib.nodes.storage import write_in_format

        return write_in_format(landmarks, Path(path), to, asShown)

    def compareLandmarks(self, first: str | Path, second: str | Path, reportFolder: str | Path | None = None):
        """Compare two observers' landmarks of the same scans, in files or in folders of files.

        :param reportFolder: where report.html and the tables are written; nowhere by default
        :returns: ``palnet.agreement.comparison.Comparison``
        :raises palnet.errors.PalnetError: with a sentence for the user
        """
        from palnet.agreement.files import compare_files, write_comparison

        comparison = compare_files(Path(first), Path(second))
        if reportFolder:
            write_comparison(comparison, Path(reportFolder), [Path(first), Path(second)])
        return comparison

    def importLandmarks(self, path: str | Path, surfaceModel: vtkMRMLModelNode | None = None):
        """Read landmarks with the record of their review, if it is beside the file.

        :param surfaceModel: the scan that they are of
        :returns: a new ``vtkMRMLMarkupsFiducialNode``
        :raises palnet.errors.ReviewError: with a sentence for the user
        """
        from PALNetLandmarkerLib.nodes.storage import read_reviewed

        return read_reviewed(slicer.mrmlScene, Path(path), surfaceModel)


class PALNetLandmarkerTest(ScriptedLoadableModuleTest):
    """Runs inside Slicer: Reload and Test in developer mode, and ctest."""

    def setUp(self) -> None:
        slicer.mrmlScene.Clear()

    tearDown = setUp  # nothing of a test is left behind

    def runTest(self) -> None:
        for test in (self.test_fromScanToSavedLandmarks, self.test_inTheWindow, self.test_notAFace):
            self.setUp()
            try:
                test()
            finally:
                self.tearDown()

    def test_fromScanToSavedLandmarks(self) -> None:
        """Place, review, correct, save, and open again: what was decided is there, on the surface."""
        import numpy as np
        from palnet.resources import resource
        from palnet.review.record import State
        from PALNetLandmarkerLib.nodes.snap import SurfaceSnap

        logic = PALNetLandmarkerLogic()
        model = slicer.util.loadModel(str(resource("samples/sample_face.ply")))
        placement = logic.placeLandmarks(model)
        node = placement.node
        self.assertEqual(node.GetNumberOfControlPoints(), len(placement.prediction.protocol))
        self.assertEqual(node.GetNthControlPointLabel(0), placement.prediction.protocol.labels[0])
        self.delayDisplay("Landmarks placed")
        session = logic.review(node)
        self.assertEqual(session.reviewed, 0)
        session.next_doubtful()
        session.accept("Prn")
        index = session.protocol.index("Pg")
        before = np.array(node.GetNthControlPointPositionWorld(index))
        session.place("Pg", before + 5.0)
        place = np.array(node.GetNthControlPointPositionWorld(index))
        self.assertGreater(np.linalg.norm(place - before), 1.0)
        self.assertLess(np.linalg.norm(SurfaceSnap(model)(place) - place), 1e-3)
        session.mark_missing("Tr")
        self.assertTrue(session.undo())
        self.assertTrue(session.redo())
        self.assertEqual(session.reviewed, 3)
        session.close()
        self.delayDisplay("Landmarks reviewed")

        with tempfile.TemporaryDirectory() as folder:
            landmarks, record = logic.exportLandmarks(node, Path(folder) / "face.mrk.json")
            self.assertTrue(record.is_file())
            slicer.mrmlScene.Clear()
            model = slicer.util.loadModel(str(resource("samples/sample_face.ply")))
            again = logic.review(logic.importLandmarks(landmarks, model))
        decided = {label: again.review.states[again.protocol.index(label)] for label in ("Prn", "Pg", "Tr")}
        self.assertEqual(decided, {"Prn": State.ACCEPTED, "Pg": State.CORRECTED, "Tr": State.MISSING})
        back = np.array(again.node.GetNthControlPointPositionWorld(index))
        self.assertLess(np.linalg.norm(back - place), 1e-3)
        again.close()
        self.delayDisplay("Landmarks opened again")

    def test_inTheWindow(self) -> None:
        """The same by the module's own button and keys' actions, where there is a window."""
        from palnet.resources import resource

        widget = getattr(slicer.modules, "PALNetLandmarkerWidget", None)
        if slicer.util.mainWindow() is None or widget is None or not widget.parent.isEntered:
            self.delayDisplay("The module is not open: its window is not tested")
            return
        model = slicer.util.loadModel(str(resource("samples/sample_face.ply")))
        widget._parameterNode.surfaceModel = model
        widget.ui.applyButton.click()
        session = widget.sections.review.session
        self.assertIs(session.model, model)
        review = widget.sections._review_ui
        review.nextButton.click()
        slicer.app.processEvents()
        self.assertIsNotNone(session.current)
        review.acceptButton.click()
        self.assertEqual(session.reviewed, 1)
        slicer.app.processEvents()
        review.undoButton.click()
        self.assertEqual(session.reviewed, 0)
        self.delayDisplay("Button and review tested")

    def test_notAFace(self) -> None:
        """A sphere is refused, and leaves no node behind."""
        from palnet.errors import NoFaceError

        sphere = vtk.vtkSphereSource()
        sphere.SetRadius(90.0)
        sphere.SetThetaResolution(64)
        sphere.SetPhiResolution(64)
        sphere.Update()
        model = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", "sphere")
        model.SetAndObservePolyData(sphere.GetOutput())
        with self.assertRaises(NoFaceError):
            PALNetLandmarkerLogic().placeLandmarks(model)
        self.assertEqual(slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLMarkupsFiducialNode"), 0)
        self.delayDisplay("Sphere refused")
