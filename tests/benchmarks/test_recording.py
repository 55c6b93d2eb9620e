"""The table's recording: what is packed of it suffices to go on elsewhere."""

import sys
from pathlib import Path

import pytest

from tests.search.tiny import STUDY, nasattn, trials, write_study

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import recording


@pytest.mark.slow
def test_a_recording_goes_on_from_its_pack_to_the_same_trials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    study = write_study(tmp_path, STUDY)
    assert nasattn("search", study, runs=here).returncode == 0
    monkeypatch.setattr(recording, "STUDY", "tiny")
    monkeypatch.setattr(recording, "PACK", tmp_path / "tiny.part.tar.xz")
    monkeypatch.setattr(recording, "RUNS", here)
    recording.pack()
    assert recording.is_done()
    first = recording.PACK.read_bytes()
    recording.pack()
    assert recording.PACK.read_bytes() == first

    monkeypatch.setattr(recording, "RUNS", there)
    recording.unpack()
    assert not (there / "tiny" / "study.db").exists()
    for runs in (here, there):
        resumed = nasattn("resume", "tiny", "--trials", 7, runs=runs)
        assert resumed.returncode == 0, resumed.stderr
    found, wanted = trials("tiny", there), trials("tiny", here)
    assert [(t["digest"], t["accuracy"]) for t in found] == [
        (t["digest"], t["accuracy"]) for t in wanted
    ]
    assert len(found) == 7
