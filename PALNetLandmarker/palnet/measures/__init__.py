"""Distances, angles, paths over the skin, asymmetry, and errors between sets of points."""
