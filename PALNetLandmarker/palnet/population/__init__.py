"""Synthetic people, and the scanners and wear that training sees them through."""
