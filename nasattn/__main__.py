"""``python -m nasattn`` is the command ``nasattn``."""

from nasattn.cli.main import main

main()
