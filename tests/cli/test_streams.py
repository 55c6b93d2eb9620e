"""Errors of the command line are one line, whatever its output is connected to."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.studies import make_study, make_trial

NASATTN = [sys.executable, "-m", "nasattn"]


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of shell in which ``nasattn`` is this one."""
    script = f'nasattn() {{ "{sys.executable}" -m nasattn "$@"; }}; {command}'
    # PYTHONPATH: the folder is another one, and the package may not be installed.
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}  # noqa: PTH109 - as the shell has it
    return subprocess.run(
        ["bash", "-c", script],  # noqa: S607 - any bash will do
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("trials", "Missing argument 'NAME'"),
        ("trials", "(nasattn trials --help tells more)"),
        ("serach", "No such command 'serach'"),
        ("trials x --jsn", "No such option: --jsn"),
        ("search x.toml --trials many", "'many' is not a valid int"),
        ("resume x --trials 0", "0 is not in the range"),
        ("space shw", "No such command 'shw'"),
    ],
)
def test_a_mistake_in_the_command_is_one_line(command: str, words: str, tmp_path: Path) -> None:
    done = shell(f"nasattn {command}", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("nasattn: ")
    assert words in done.stderr


@pytest.mark.parametrize(
    ("command", "code", "error"),
    [
        ("nasattn trials one >&-", 0, "next: nasattn pareto one\n"),
        ("nasattn trials one 2>&-", 0, ""),
        ("nasattn trials two 2>&-", 2, ""),
        ("nasattn trials one >/dev/full", 1, "nasattn: output: No space left on device\n"),
        ("nasattn trials one 2>/dev/full", 0, ""),
        ("nasattn trials one | true; exit ${PIPESTATUS[0]}", 0, None),
        ("nasattn trials one 2> >(true)", 0, ""),
    ],
)
def test_closed_and_full_outputs(
    command: str, code: int, error: str | None, tmp_path: Path
) -> None:
    make_study(tmp_path / "runs", "one", [make_trial(0)])
    done = shell(command, tmp_path)
    assert done.returncode == code
    assert done.stderr in ({error} if error is not None else {"", "next: nasattn pareto one\n"})


def test_no_command_prints_the_help(tmp_path: Path) -> None:
    done = shell("nasattn", tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("Usage: nasattn")


def test_an_interrupt_while_torch_is_imported_is_quiet(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*NASATTN, "modules"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    maps = Path(f"/proc/{process.pid}/maps")
    while "libtorch" not in maps.read_text():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    output, error = process.communicate(timeout=60)
    assert (process.returncode, output, error) == (130, "", "")
