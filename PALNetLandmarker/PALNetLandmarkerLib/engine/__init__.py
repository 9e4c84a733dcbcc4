"""Running the engine beside the window: process, progress, cancelling."""
