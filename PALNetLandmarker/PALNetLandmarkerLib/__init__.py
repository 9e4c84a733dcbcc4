"""The Slicer side of PALNetLandmarker: between the arrays of the engine and the nodes of a MRML scene."""
