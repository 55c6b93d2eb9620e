"""Draw the front of a study, as the terminal shows it, into an SVG file.

Usage: python benchmarks/picture.py STUDY FILE.svg
"""

import os
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

WIDTH = 104


def main() -> None:
    study, file = sys.argv[1:]
    shown = subprocess.run(
        [sys.executable, "-m", "nasattn", "pareto", study],
        env={**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(WIDTH)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    console = Console(record=True, width=WIDTH, file=StringIO(), force_terminal=True)
    console.print(Text.from_ansi(f"$ nasattn pareto {study}\n{shown}"))
    # Without the web fonts that rich links: the picture must not load anything.
    svg = re.sub(r"@font-face \{.*?\}", "", console.export_svg(title="nasattn"), flags=re.DOTALL)
    # And with leading spaces kept by viewers that would trim them.
    svg = svg.replace("<svg class=", '<svg xml:space="preserve" class=', 1)
    Path(file).write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
