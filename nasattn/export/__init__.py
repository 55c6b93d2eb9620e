"""Trained networks as folders of their own, and back."""

from nasattn.export.folder import write_folder
from nasattn.export.loading import load, read_network
from nasattn.export.program import FORMATS, Program, make_program

__all__ = ["FORMATS", "Program", "load", "make_program", "read_network", "write_folder"]
