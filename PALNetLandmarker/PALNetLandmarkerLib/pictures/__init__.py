"""Sheets and pictures, drawn off screen."""
