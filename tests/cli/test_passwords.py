"""The password of a storage's URL is shown nowhere, whatever goes wrong."""

import shutil
import sys
from pathlib import Path

import pytest

from nasattn.cli import main
from nasattn.search.working import trial_run
from tests.postgresql import SECRET
from tests.search.made_up import Run, slow
from tests.search.tiny import write_study

# Nobody listens at port 1: refused at once.
SHOWN = "postgresql://ann@127.0.0.1:1/studies"
URL = SHOWN.replace("ann@", f"ann:horse%40{SECRET}@")

UNUSABLE = (
    f"postgresql://ann:horse@{SECRET}@127.0.0.1:1/studies",
    f"postgresql://ann:horse {SECRET}@127.0.0.1:1/studies",
    f"postgresql://ann:{SECRET}@127.0.0.1:port/studies",
    f"postgresql://127.0.0.1:1/studies?user=ann&password={SECRET}",
    f"postgresql://ann:{SECRET}@127.0.0.1:1:1/studies",
    f"oracle+none://ann:{SECRET}@127.0.0.1/studies",
    f"nothing://ann:{SECRET}@127.0.0.1/studies",
    f"ann:{SECRET}@127.0.0.1",
)
COMMANDS = (
    *("search STUDY", "resume there", "worker new", "prune there 1", "invalidate there 1 --why x"),
    *("trials there --watch", "show there 0", "pareto there --csv", "report there"),
)
OTHERS = (
    *("resume there --workers 2", "worker there", "stop there", "trials there --json"),
    *("compare there 0 1", "importance there", "suggest there", "savings there"),
    *("dashboard there --port 0", "export there 0 --to OUT", "predict there 0 X"),
    *("table there -o OUT.jsonl.gz", "ablate there 0 --dry-run", "retrain there 0 --dry-run"),
)


@pytest.fixture(scope="module")
def studied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a study that is made to be kept in the database."""
    made = Run(tmp_path_factory.mktemp("studied"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trial_run, "train_architecture", slow)
        made.search(name="there", recipe__epochs=2)
    folder = made.runs / "there"
    (folder / "study.db").unlink()
    settings = folder / "study.toml"
    settings.write_text(f'storage = "{SHOWN}"\n{settings.read_text()}')
    return folder


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, studied: Path) -> None:
    monkeypatch.chdir(tmp_path)
    write_study(tmp_path)
    shutil.copytree(studied, tmp_path / "runs" / "there")


def run(line: str, *words: str, monkeypatch: pytest.MonkeyPatch, debug: bool = False) -> int:
    """Run a command line as `main` does; return its exit code."""
    given = [{"STUDY": "tiny.toml"}.get(word, word) for word in line.split()] + list(words)
    monkeypatch.setattr(sys, "argv", ["nasattn", *given])
    return main._run(given, debug=debug)


def assert_hidden(folder: Path, capfd: pytest.CaptureFixture[str]) -> str:
    out, err = capfd.readouterr()
    assert SECRET not in out
    assert SECRET not in err
    assert not [
        path
        for path in folder.rglob("*")
        if path.is_file() and SECRET.encode() in path.read_bytes()
    ]
    return err


@pytest.mark.parametrize(
    "line", [*COMMANDS, *(pytest.param(line, marks=pytest.mark.slow) for line in OTHERS)]
)
def test_an_option_with_a_password(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for debug in (False, True):
        assert run(line, "--storage", URL, monkeypatch=monkeypatch, debug=debug) in {1, 2}
        err = assert_hidden(tmp_path, capfd)
        assert ("Traceback" in err) == debug
        assert "storage" in err


@pytest.mark.parametrize("line", ["search STUDY", "trials there", "worker there", "prune there 1"])
def test_an_environment_with_a_password(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NASATTN_STORAGE", URL)
    for debug in (False, True):
        assert run(line, monkeypatch=monkeypatch, debug=debug) in {1, 2}
        assert "127.0.0.1" in assert_hidden(tmp_path, capfd)


@pytest.mark.parametrize("url", UNUSABLE)
@pytest.mark.parametrize("line", ["search STUDY", "trials there", "worker there"])
def test_a_url_that_cannot_be_used(
    url: str,
    line: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for debug in (False, True):
        assert run(line, "--storage", url, monkeypatch=monkeypatch, debug=debug) in {1, 2}
        assert_hidden(tmp_path, capfd)


def test_a_url_where_none_belongs_or_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    study = Path("tiny.toml")
    study.write_text(f'storage = "{URL}"\n{study.read_text()}')
    for line, *words in (
        ["search STUDY"],
        ["search STUDY", "--set", f"storage={URL}"],
        ["search STUDY", URL],
        ["trials", URL],
        ["resume there", "--timeout", URL],
        ["search", URL],
    ):
        assert run(line, *words, monkeypatch=monkeypatch) in {1, 2}
        out, err = capfd.readouterr()
        assert SECRET not in out + err
    assert not (tmp_path / "runs" / "tiny").exists()
