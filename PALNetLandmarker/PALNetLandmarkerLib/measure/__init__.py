"""Measurements of nodes that follow every change."""
