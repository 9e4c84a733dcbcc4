"""PALNetLandmarker: anatomical landmarks on 3D face scans, as a scripted module of 3D Slicer.

Nothing but the standard library and Slicer is imported here; the engine and PyTorch come when a run begins.
"""

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path

import slicer
import vtk
from slicer import vtkMRMLMarkupsFiducialNode, vtkMRMLModelNode
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
SAMPLE_NAME = "PALNetSampleFace"


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
    """Offer the face scan that comes with the extension in the Sample Data module."""
    import SampleData
    from palnet.errors import PalnetError
    from palnet.resources import resource

    try:
        scan = resource("samples/sample_face.ply")
    except PalnetError:
        return
    # The module copies the scan into its cache; the checksum makes it take the new one after an update.
    checksum = "SHA256:" + hashlib.sha256(scan.read_bytes()).hexdigest()
    thumbnail = Path(__file__).parent / "Resources" / "Icons" / "PALNetLandmarker.png"
    SampleData.SampleDataLogic.registerCustomSampleDataSource(
        category="PALNetLandmarker",
        sampleName=SAMPLE_NAME,
        thumbnailFileName=str(thumbnail),
        uris=scan.as_uri(),
        fileNames=f"{SAMPLE_NAME}.ply",
        checksums=checksum,
        nodeNames=SAMPLE_NAME,
        loadFileTypes="ModelFile",
    )


@parameterNodeWrapper
class PALNetLandmarkerParameterNode:
    """The choices of the panel; they are saved with the scene.

    surfaceModel - The face scan.
    landmarkModel - Name of a bundled landmark model, or path of a model file.
    landmarks - Where the landmarks go; a new node if there is none.
    cpuOnly - Do not use the graphics card.
    """

    surfaceModel: vtkMRMLModelNode
    landmarkModel: str = DEFAULT_LANDMARK_MODEL
    landmarks: vtkMRMLMarkupsFiducialNode
    cpuOnly: bool = False


class PALNetLandmarkerWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """The module's panel."""

    def __init__(self, parent=None) -> None:
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic = None
        self._parameterNode = None
        self._parameterNodeGuiTag = None
        self._runPanel = None
        self._modelSelector = None

    def setup(self) -> None:
        """Build the panel; called when the user opens the module the first time."""
        from PALNetLandmarkerLib.model_selector import LandmarkModelSelector
        from PALNetLandmarkerLib.run_panel import RunPanel

        ScriptedLoadableModuleWidget.setup(self)
        uiWidget = slicer.util.loadUI(self.resourcePath("UI/PALNetLandmarker.ui"))
        self.layout.addWidget(uiWidget)
        self.ui = slicer.util.childWidgetVariables(uiWidget)
        uiWidget.setMRMLScene(slicer.mrmlScene)
        self.logic = PALNetLandmarkerLogic()
        self._runPanel = RunPanel(self.ui, self._updateEnabled)
        self._modelSelector = LandmarkModelSelector(self.ui.landmarkModelSelector, self.onLandmarkModelChosen)

        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.StartCloseEvent, self.onSceneStartClose)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndCloseEvent, self.onSceneEndClose)
        self.ui.applyButton.connect("clicked(bool)", self.onApplyButton)
        self.initializeParameterNode()

    def cleanup(self) -> None:
        """Called when the module is reloaded or the application closes."""
        if self._runPanel:
            self._runPanel.close()
        self.setParameterNode(None)
        self.removeObservers()

    def enter(self) -> None:
        """Called each time the user opens this module."""
        self.initializeParameterNode()

    def exit(self) -> None:
        """Called each time the user opens another module."""
        self.setParameterNode(None)

    def onReload(self) -> None:
        """Reload the library and the engine with the module's file."""
        if self._runPanel.running:
            return
        for name in [name for name in sys.modules if name.split(".")[0] in ("palnet", "PALNetLandmarkerLib")]:
            del sys.modules[name]
        ScriptedLoadableModuleWidget.onReload(self)

    def onSceneStartClose(self, caller, event) -> None:
        """The nodes of a run are about to go."""
        self._runPanel.cancel()
        self.setParameterNode(None)

    def onSceneEndClose(self, caller, event) -> None:
        """Start over in the empty scene if the panel is shown."""
        if self.parent.isEntered:
            self.initializeParameterNode()

    def initializeParameterNode(self) -> None:
        """Observe the scene's parameter node; choose the first scan to save the user a click."""
        self.setParameterNode(self.logic.getParameterNode())
        if not self._parameterNode.surfaceModel:
            # The first model nodes of a scene may be Slicer's own slice planes, which are hidden.
            models = slicer.util.getNodesByClass("vtkMRMLModelNode")
            self._parameterNode.surfaceModel = next((m for m in models if not m.GetHideFromEditors()), None)

    def setParameterNode(self, parameterNode: PALNetLandmarkerParameterNode | None) -> None:
        """Tie the panel to a parameter node, or to none."""
        if self._parameterNode:
            self._parameterNode.disconnectGui(self._parameterNodeGuiTag)
            self._parameterNodeGuiTag = None
            self.removeObserver(self._parameterNode, vtk.vtkCommand.ModifiedEvent, self._updateFromParameterNode)
        self._parameterNode = parameterNode
        if self._parameterNode:
            # Widgets with the dynamic property "SlicerParameterName" in the .ui file are connected.
            self._parameterNodeGuiTag = self._parameterNode.connectGui(self.ui)
            self.addObserver(self._parameterNode, vtk.vtkCommand.ModifiedEvent, self._updateFromParameterNode)
            self._updateFromParameterNode()

    def onLandmarkModelChosen(self, landmarkModel: str) -> None:
        """The user chose a landmark model, by name or by path."""
        if self._parameterNode:
            self._parameterNode.landmarkModel = landmarkModel

    def _updateFromParameterNode(self, caller=None, event=None) -> None:
        self._modelSelector.select(self._parameterNode.landmarkModel)
        self._updateEnabled()

    def _updateEnabled(self) -> None:
        """Apply can be pressed when there is something to do; its tooltip says what is missing."""
        parameters = self._parameterNode
        running = self._runPanel is not None and self._runPanel.running
        if running:
            reason = _("Landmarks are being placed.")
        elif not parameters or not parameters.surfaceModel:
            reason = _("Choose a face scan first. Load one by dropping its file into Slicer.")
        elif not parameters.landmarkModel:
            reason = _("Choose a landmark model first.")
        else:
            reason = ""
        self.ui.applyButton.enabled = not reason
        self.ui.applyButton.toolTip = reason or _("Place the landmarks on the face scan.")
        for section in (self.ui.inputsCollapsibleButton, self.ui.outputsCollapsibleButton):
            section.enabled = not running

    def onApplyButton(self) -> None:
        """Place the landmarks."""
        parameters = self._parameterNode
        if self._runPanel.running or not parameters or not self._mayOverwrite(parameters.landmarks):
            return
        placement = self._runPanel.run(
            lambda progress: self.logic.placeLandmarks(
                parameters.surfaceModel, parameters.landmarkModel, parameters.landmarks, parameters.cpuOnly, progress
            )
        )
        if placement and self._parameterNode:
            self._parameterNode.landmarks = placement.node

    def _mayOverwrite(self, node: vtkMRMLMarkupsFiducialNode | None) -> bool:
        """Ask before points that a person placed or corrected are lost."""
        from PALNetLandmarkerLib.scene import is_untouched_prediction

        if not node or not node.GetNumberOfControlPoints() or is_untouched_prediction(node):
            return True
        question = _("'{name}' holds {count} points. Replace them by predicted landmarks?")
        return slicer.util.confirmOkCancelDisplay(
            question.format(name=node.GetName(), count=node.GetNumberOfControlPoints())
        )


class PALNetLandmarkerLogic(ScriptedLoadableModuleLogic):
    """What the panel does, for scripts: ``slicer.util.getModuleLogic("PALNetLandmarker").placeLandmarks(model)``."""

    def getParameterNode(self) -> PALNetLandmarkerParameterNode:
        return PALNetLandmarkerParameterNode(super().getParameterNode())

    def placeLandmarks(
        self,
        surfaceModel: vtkMRMLModelNode,
        landmarkModel: str = DEFAULT_LANDMARK_MODEL,
        landmarks: vtkMRMLMarkupsFiducialNode | None = None,
        cpuOnly: bool = False,
        progress: Callable[[float, str], None] | None = None,
    ):
        """Landmark a model node.

        :param surfaceModel: the face scan
        :param landmarkModel: name of a bundled landmark model, or path of a model file
        :param landmarks: node to fill; a new one by default
        :param cpuOnly: do not use the graphics card
        :param progress: called with the fraction done and the step; may raise ``palnet.errors.Cancelled``
        :returns: ``Placement`` with the fiducial node and the prediction; None if the user declined to install PyTorch
        :raises palnet.errors.PalnetError: with a sentence for the user; the scene is as before
        """
        from PALNetLandmarkerLib.landmarking import ensure_torch, place_landmarks

        if not ensure_torch():
            return None
        return place_landmarks(surfaceModel, landmarkModel, landmarks, cpuOnly, progress)


class PALNetLandmarkerTest(ScriptedLoadableModuleTest):
    """Runs inside Slicer: Reload and Test in developer mode, and ctest."""

    def setUp(self) -> None:
        slicer.mrmlScene.Clear()

    def runTest(self) -> None:
        self.setUp()
        self.test_sampleScan()
        self.setUp()
        self.test_notAFace()

    def loadModel(self, source: vtk.vtkAlgorithm) -> vtkMRMLModelNode:
        """A model node of what a VTK source makes."""
        source.Update()
        model = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", "sphere")
        model.SetAndObservePolyData(source.GetOutput())
        return model

    def test_sampleScan(self) -> None:
        """The sample scan gets a named, numbered set of landmarks that lie on it."""
        from palnet.resources import resource

        model = slicer.util.loadModel(str(resource("samples/sample_face.ply")))
        placement = PALNetLandmarkerLogic().placeLandmarks(model)
        self.assertEqual(placement.node.GetNumberOfControlPoints(), len(placement.prediction.protocol))
        self.assertEqual(placement.node.GetNthControlPointLabel(0), placement.prediction.protocol.labels[0])
        self.assertEqual(placement.node.GetAttribute("PALNet.state"), "predicted")
        self.delayDisplay("Landmarks placed")

    def test_notAFace(self) -> None:
        """A sphere is refused, and leaves no node behind."""
        from palnet.errors import PalnetError

        sphere = vtk.vtkSphereSource()
        sphere.SetRadius(90.0)
        sphere.SetThetaResolution(64)
        sphere.SetPhiResolution(64)
        with self.assertRaises(PalnetError):
            PALNetLandmarkerLogic().placeLandmarks(self.loadModel(sphere))
        self.assertEqual(slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLMarkupsFiducialNode"), 0)
        self.delayDisplay("Sphere refused")
