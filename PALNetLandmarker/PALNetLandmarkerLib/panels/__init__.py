"""The sections of the window, one file each: widgets in, calls out."""
