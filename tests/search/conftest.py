"""What several tests of searches set up."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from nasattn.search.working import trial_run
from tests.search.made_up import Run, slow


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Return a search whose trainings are made up, in this process."""
    monkeypatch.setattr(trial_run, "train_architecture", slow)
    made = Run(tmp_path)
    yield made
    assert not made.errors
