"""A disk that is full in the middle of a checkpoint: a clear line, and a study that resumes."""

import os
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.search.tiny import SPACE, STUDY, command, nasattn, numbers, trials, write_study

IN_A_NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c")
# A file system of its own, in a namespace where anybody may mount one.
SCRIPT = """
mount -t tmpfs -o size=900k none {disk}
{search} > {log} 2>&1
echo $? > {code}
mount -o remount,size=64m {disk}
{resume} >> {log} 2>&1 || exit 1
cp -r {disk}/. {kept}
"""


@pytest.mark.slow
def test_a_checkpoint_that_finds_no_room_loses_nothing(tmp_path: Path) -> None:
    study = STUDY.replace("trials = 5", "trials = 2").replace("epochs = 2", "epochs = 6")
    path = write_study(tmp_path, study, SPACE.replace("width = 4", "width = 16"))
    assert nasattn("search", path, runs=tmp_path / "alone").returncode == 0
    names = ("disk", "kept", "log", "code")
    paths = {name: str(tmp_path / name) for name in names}
    (tmp_path / "disk").mkdir()
    (tmp_path / "kept").mkdir()
    commands = {
        "search": shlex.join(command("search", path)),
        "resume": shlex.join(command("resume", "tiny")),
    }
    subprocess.run(
        [*IN_A_NAMESPACE, SCRIPT.format(**paths, **commands)],
        env={**os.environ, "NASATTN_RUNS": paths["disk"]},
        check=True,
        timeout=300,
    )
    said = (tmp_path / "log").read_text(encoding="utf-8")
    assert (tmp_path / "code").read_text(encoding="utf-8").strip() == "1"
    assert "checkpoint.pt: No space left on device" in said
    assert "Traceback" not in said
    assert "trial 0 goes on after epoch 1 of 6" in said
    found = trials("tiny", tmp_path / "kept")
    assert numbers(found) == numbers(trials("tiny", tmp_path / "alone"))
