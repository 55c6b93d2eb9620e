"""A study that trains for real in a second or two, and how to run it as a user would."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from nasattn.cli.main import app
from nasattn.errors import NasattnError
from tests.forking import Forked

SPACE = """
backbone = "resnet8"
input_shape = [1, 8, 8]
backbone_args = { width = 4 }

[[choice]]
name = "gate"
slot = "before_conv"
options = ["none", "gct"]

[[choice]]
name = "attend"
slot = "block_end"
options = ["none", "eca", "nam", "ortho"]
eca.kernel_size = [1, 3]
ortho.ratio = [2, 4]
"""

STUDY = """
search_space = "space.toml"
trials = 5
seed = 3

[data]
name = "digits"
limit = 160
validation = 0.2

[recipe]
epochs = 2
batch_size = 32
optimizer = { name = "sgd", lr = 0.05, momentum = 0.9 }
precision = "fp32"

[search]
sampler = "random"

[execution]
threads = 1
"""


def write_study(folder: Path, study: str = STUDY, space: str = SPACE) -> Path:
    """Write a study and its search space; return the study's path."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "space.toml").write_text(space, encoding="utf-8")
    path = folder / "tiny.toml"
    path.write_text(study, encoding="utf-8")
    return path


def command(*arguments: object) -> list[str]:
    """Return the command line of ``nasattn`` with these arguments."""
    return [sys.executable, "-m", "nasattn", *map(str, arguments)]


def nasattn(*arguments: object, runs: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run ``nasattn`` to its end."""
    process = start(*arguments, runs=runs, **options)
    out, err = process.communicate()
    return subprocess.CompletedProcess(process.args, process.wait(), out, err)


def start(*arguments: object, runs: Path, **options: Any) -> Forked:
    """Start ``nasattn``."""
    return Forked(*arguments, env={**os.environ, "NASATTN_RUNS": str(runs)}, **options)


def wait_for_epochs(runs: Path, trial: int) -> None:
    """Wait until a trial has an epoch in its history."""
    history = runs / "tiny" / "trials" / str(trial) / "history.jsonl"
    limit = time.monotonic() + 120
    while not (history.is_file() and history.stat().st_size):
        assert time.monotonic() < limit, "the search does not get there"
        time.sleep(0.02)


def trials(name: str, runs: Path) -> list[dict[str, Any]]:
    """Return the trials of a study as ``trials --json`` prints them."""
    done = CliRunner().invoke(app, ["trials", name, "--json", "--runs-dir", str(runs)])
    assert done.exit_code == 0, done.exception
    found: list[dict[str, Any]] = json.loads(done.stdout)["trials"]
    return found


def numbers(found: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Return what must be the same when a study is repeated."""
    return [
        (
            trial["trial"],
            trial["state"],
            trial["digest"],
            trial["accuracy"],
            trial["params"],
            trial["flops"],
            [(e["epoch"], e["loss"], e["accuracy"], e["validation_loss"]) for e in trial["curve"]],
        )
        for trial in found
    ]


def fail(*arguments: object) -> str:
    """Run a command that must fail by the user's mistake; return its message."""
    result = CliRunner().invoke(app, list(map(str, arguments)))
    error = result.exception
    assert isinstance(error, NasattnError), result.output
    assert error.exit_code == 2
    assert "\n" not in str(error)
    return str(error)
