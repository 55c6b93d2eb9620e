"""Everything that the README tells to type works, in its order."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_the_first_screen_has_the_two_commands() -> None:
    first, *_ = blocks("sh")
    assert [line.split("#")[0].strip() for line in first.splitlines()] == [
        "make search",
        "make test",
    ]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "\nsearch:" in makefile
    assert "\ntest:" in makefile


def test_files_that_it_links_are_there() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def write_files(folder: Path) -> dict[str, Path]:
    """Write the Python blocks that begin with the name of a file."""
    found = {}
    for block in blocks("python"):
        if named := re.match(r"# (\w+\.py)", block):
            found[named[1]] = folder / named[1]
            found[named[1]].write_text(block, encoding="utf-8")
    return found


@pytest.mark.slow
def test_the_suite_passes_on_its_module(tmp_path: Path) -> None:
    assert set(write_files(tmp_path)) == {"gates.py", "test_gates.py"}
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = slow\npythonpath = .\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "test_gates.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout


@pytest.mark.slow
def test_every_command_runs(tmp_path: Path) -> None:
    for folder in ("studies", "search_spaces"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    write_files(tmp_path)
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    del environment["NASATTN_RUNS"]
    lines = [line for block in blocks("sh")[1:] for line in block.splitlines() if line]
    assert len(lines) > 10
    for line in lines:
        assert line.startswith("nasattn ")
        done = subprocess.run(  # noqa: S602 - the README's own lines, as a shell takes them
            line,
            shell=True,
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        assert done.stdout, line


@pytest.mark.slow
def test_the_python_example_runs(tmp_path: Path) -> None:
    example, *_ = blocks("python")
    script = tmp_path / "example.py"
    script.write_text(example, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", script],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "269727"
