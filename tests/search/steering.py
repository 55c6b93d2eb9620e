"""A small study run in this process, for tests of what a person does to it."""

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from nasattn.cli.main import app
from nasattn.training import WALL_CLOCK
from tests.search.tiny import STUDY, write_study

NAME = "tiny"
MULTISTEP = 'schedule = { name = "multistep", milestones = [1] }\nprecision'


def run(*arguments: object) -> tuple[str, str]:
    """Run a command that must succeed; return its output and what it said beside it."""
    done = CliRunner().invoke(app, list(map(str, arguments)))
    assert done.exit_code == 0, done.exception
    return done.stdout, done.stderr


def search(home: Path, *arguments: object, study: str = STUDY) -> str:
    """Search the tiny study in ``home``; return what was said on standard error."""
    file = write_study(home, study)
    _, said = run("search", file, "--runs-dir", home / "runs", *arguments)
    return said


def resume(home: Path, *arguments: object) -> str:
    """Go on with it; return what was said on standard error."""
    _, said = run("resume", NAME, "--runs-dir", home / "runs", *arguments)
    return said


def trials(home: Path) -> list[dict[str, Any]]:
    """Return its trials as ``trials --json`` prints them."""
    out, _ = run("trials", NAME, "--json", "--runs-dir", home / "runs")
    found: list[dict[str, Any]] = json.loads(out)["trials"]
    return found


def front(home: Path) -> dict[str, Any]:
    """Return its front as ``pareto --json`` prints it."""
    out, _ = run("pareto", NAME, "--json", "--runs-dir", home / "runs")
    found: dict[str, Any] = json.loads(out)
    return found


def bits(trial: dict[str, Any]) -> tuple[Any, ...]:
    """Return what must be the same when a training is repeated."""
    curve = [{k: v for k, v in epoch.items() if k not in WALL_CLOCK} for epoch in trial["curve"]]
    return trial["digest"], trial["accuracy"], curve
