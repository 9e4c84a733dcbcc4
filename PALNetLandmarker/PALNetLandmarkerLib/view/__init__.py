"""What stands in the 3D view: camera, overlays, zones of doubt, placing."""
