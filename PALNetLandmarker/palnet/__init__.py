"""PAL-Net: anatomical landmarks on 3D face scans. Knows faces, and nothing of Slicer."""

__version__ = "0.1.0"
