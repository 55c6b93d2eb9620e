"""Draw what commands show in a terminal into SVG files.

Usage: python benchmarks/screenshot.py FILE.svg "COMMAND…" [COLUMNS]

The command runs in a pseudo-terminal of so many columns (104).
"""

import fcntl
import os
import pty
import re
import shlex
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.text import Text

COLUMNS = 104
_ROWS = 50


def main() -> None:
    file, command = sys.argv[1:3]
    columns = int(sys.argv[3]) if sys.argv[3:] else COLUMNS
    code, shown = run(shlex.split(command), columns)
    if code:
        sys.exit(f"{command}: ended with {code}\n{shown}")
    Path(file).write_text(picture(command, shown, columns), encoding="utf-8")


def run(command: list[str], columns: int, *, shows_errors: bool = True) -> tuple[int, str]:
    """Run a command in a terminal of its own.

    Args:
        command: Its words; ``nasattn`` is the one of this Python.
        columns: The terminal's width.
        shows_errors: Whether its standard error goes there too; else to ours.

    Returns:
        Its exit code, and what it showed, with the terminal's sequences.
    """
    words = [sys.executable, "-m", *command] if command[0] == "nasattn" else command
    terminal, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, columns, 0, 0))
    fixed = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR")
    environment = {key: value for key, value in os.environ.items() if key not in fixed}
    process = subprocess.Popen(
        words,
        env=environment | {"TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8"},
        stdin=subprocess.DEVNULL,
        stdout=inside,
        stderr=inside if shows_errors else None,
        process_group=0,  # a Ctrl-C reaches it once, through us
    )
    os.close(inside)
    with _forwarded_to(process):
        shown = b"".join(_read(terminal))
        code = process.wait()
    os.close(terminal)
    return code, shown.decode("utf-8", "replace").replace("\r\n", "\n")


@contextmanager
def _forwarded_to(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """Leave it to the command how it ends when we are told to."""

    def forward(number: int, frame: FrameType | None) -> None:
        del frame
        process.send_signal(number)

    before = {number: signal.signal(number, forward) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _read(terminal: int) -> Iterator[bytes]:
    """Yield what is written to a terminal until its last writer has left."""
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # so Linux says that nobody is left
            return
        if not part:
            return
        yield part


def picture(command: str, shown: str, columns: int) -> str:
    """Return the SVG of a terminal in which ``command`` showed ``shown``."""
    console = Console(
        record=True, width=columns, file=StringIO(), force_terminal=True, color_system="truecolor"
    )
    console.print(Text.from_ansi(f"$ {command}\n{shown}"))
    # Without the web fonts that rich links: the picture must not load anything.
    svg = re.sub(r"@font-face \{.*?\}", "", console.export_svg(title="nasattn"), flags=re.DOTALL)
    # And with leading spaces kept by viewers that would trim them.
    return svg.replace("<svg class=", '<svg xml:space="preserve" class=', 1)


def plain(shown: str) -> str:
    """Return what was shown without the terminal's sequences."""
    return Text.from_ansi(shown).plain + "\n"


if __name__ == "__main__":
    main()
