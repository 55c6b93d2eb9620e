"""A study says of which commit its user's files were."""

import subprocess
from pathlib import Path

import pytest

from nasattn.search.study.commit import commit


def git(*words: str) -> str:
    named = ["-c", "user.name=A", "-c", "user.email=a@b"]
    line = ["git", *named, *words]
    done = subprocess.run(line, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_the_commit_and_whether_files_differ_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert commit() == {}
    git("init", "-q")
    assert commit() == {}, "nothing is committed yet"
    (tmp_path / "study.toml").write_text("a = 1\n", encoding="utf-8")
    git("add", "study.toml")
    git("commit", "-q", "-m", "one")
    head = git("rev-parse", "HEAD")
    (tmp_path / "notes.txt").write_text("not of the repository", encoding="utf-8")
    assert commit() == {"commit": head}
    (tmp_path / "study.toml").write_text("a = 2\n", encoding="utf-8")
    assert commit() == {"commit": f"{head} with changes"}
    monkeypatch.setenv("PATH", str(tmp_path))
    assert commit() == {}, "without git"
