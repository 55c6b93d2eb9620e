"""What commands show in a terminal, as pictures; and the story that is told with them."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
from PIL import Image

ROOT = Path(__file__).parent.parent
TEXT = "{http://www.w3.org/2000/svg}text"


def drawn(tmp_path: Path, command: str, *columns: str) -> str:
    file = tmp_path / "shown.svg"
    words = [sys.executable, ROOT / "benchmarks/screenshot.py", file, command, *columns]
    subprocess.run(words, check=True)
    return file.read_text(encoding="utf-8")


def shown(svg: str) -> list[str]:
    texts = Xml.fromstring(svg).iter(TEXT)  # noqa: S314 - our own file
    return ["".join(text.itertext()).replace("\xa0", " ").strip() for text in texts]


def test_a_command_finds_a_terminal_of_the_asked_width_and_both_its_streams(tmp_path: Path) -> None:
    script = tmp_path / "tell.py"
    script.write_text(
        "import os, sys\n"
        "print('both are terminals', sys.stdout.isatty() and sys.stderr.isatty())\n"
        "print('\\x1b[32mwidth', os.get_terminal_size().columns, '\\x1b[0m')\n"
        "print('<told> & more', file=sys.stderr)\n"
    )
    command = f"{sys.executable} {script}"
    svg = drawn(tmp_path, command, "91")
    found = shown(svg)
    assert "both are terminals True" in found
    assert "width 91" in found
    assert "<told> & more" in found
    assert found[1] == f"$ {sys.executable}"
    assert "url(http" not in svg  # nothing is fetched
    assert drawn(tmp_path, command, "91") == svg


def test_a_command_that_fails_gives_no_picture(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        drawn(tmp_path, "nasattn pareto nothing")
    assert not (tmp_path / "shown.svg").exists()


def some_pictures(folder: Path) -> None:
    for part, count in (("train", 20), ("test", 4)):
        for shade in range(3):
            (folder / part / str(shade)).mkdir(parents=True)
            for number in range(count):
                colour = (shade * 80 + number, 9 * number, 255 - shade * 80)
                Image.new("RGB", (16, 16), colour).save(
                    folder / part / str(shade) / f"{number}.png"
                )


@pytest.mark.slow
def test_the_story_goes_on_where_it_was_cut_off_and_tells_what_it_took(tmp_path: Path) -> None:
    some_pictures(tmp_path / "pictures")
    words = [sys.executable, ROOT / "benchmarks/story.py", f"imagefolder:{tmp_path / 'pictures'}"]
    words += ["--to", tmp_path / "story", "--seeds", "2", "--epochs", "1", "--trials", "10"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    known = tmp_path / "story" / "story.json"
    first = subprocess.Popen(words, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    trial = tmp_path / "runs" / "story" / "trials" / "1"
    deadline = time.monotonic() + 300
    while not trial.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    first.send_signal(signal.SIGTERM)
    assert first.wait(120) == 130
    cut = json.loads(known.read_text())["steps"]
    assert cut["space"]["done"]
    assert not cut["search"]["done"]

    subprocess.run(words, cwd=ROOT, env=environment, check=True)
    steps = json.loads(known.read_text())["steps"]
    assert all(step["done"] for step in steps.values())
    assert steps["space"]["attempts"] == 1
    assert steps["search"]["attempts"] == 2
    assert steps["search"]["seconds"] > cut["search"]["seconds"]
    page = (tmp_path / "story" / "README.md").read_text(encoding="utf-8")
    for drawn in re.findall(r"\]\((\S+svg)\)", page):
        assert (tmp_path / "story" / drawn).exists()
    assert "ablation.svg" in page
    assert "| reporting |" in (tmp_path / "story" / "checklist.md").read_text(encoding="utf-8")
    for step in steps.values():
        assert f"({step['file']}.svg)" in page
        assert shown((tmp_path / "story" / f"{step['file']}.svg").read_text(encoding="utf-8"))
        text = (tmp_path / "story" / f"{step['file']}.txt").read_text(encoding="utf-8")
        assert str(tmp_path / "pictures") not in text + page

    subprocess.run(words, cwd=ROOT, env=environment, check=True)
    assert json.loads(known.read_text())["steps"] == steps
