import contextlib
import csv
import fcntl
import io
import json
import os
import signal
import sqlite3
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
import typer

from nasattn.analysis.dominance import dominates
from nasattn.cli import read
from nasattn.cli.main import main
from nasattn.cli.options import runs_dir_words
from nasattn.errors import UserError
from nasattn.records import FIELDS, load_study, load_trials
from nasattn.report.ink import plain
from tests.studies import make_curve, make_study, make_trial, write_settings

COMMANDS = [["studies"], ["trials", "one"], ["show", "one", "3"], ["pareto", "one"]]
VIEWED = ["pareto", "one", "--max-params", "1.02x", "--cost", "params", "--history"]
HEAVY = {"matplotlib", "moocore", "numpy", "optuna", "pandas", "scipy", "sqlalchemy", "torch"}


class Done(NamedTuple):
    """What a command left."""

    returncode: int
    stdout: str
    stderr: str


Nasattn = Callable[..., Done]


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    runs = tmp_path / "runs"
    found = [make_trial(n, curve=make_curve(4)) for n in range(20)]
    make_study(runs, "one", [*found[:-1], replace(found[-1], state="failed", accuracy=None)])
    make_study(runs, "empty")
    return runs


@pytest.fixture
def nasattn(
    runs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Nasattn:
    def run(*arguments: str, **environment: str) -> Done:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["nasattn", *arguments])
            for name, value in ({"NASATTN_RUNS": str(runs)} | environment).items():
                patch.setenv(name, value)
            try:
                main()
                code: object = 0
            except SystemExit as left:
                code = left.code or 0
        assert isinstance(code, int)
        return Done(code, *capsys.readouterr())

    return run


def imported_by(code: str) -> set[str]:
    """Run ``code`` in a fresh interpreter and return the top-level modules that it imported."""
    report = "import sys; print('MODULES', *{name.partition('.')[0] for name in sys.modules})"
    code = f"import atexit; atexit.register(lambda: exec({report!r}))\n{code}"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    (line,) = [line for line in found.splitlines() if line.startswith("MODULES ")]
    return set(line.split()[1:])


@pytest.mark.parametrize("command", [["--help"], ["trials", "one", "--watch"], *COMMANDS, VIEWED])
def test_reading_imports_nothing_heavy(runs: Path, command: list[str]) -> None:
    modules = imported_by(
        f"import os, sys; os.environ['NASATTN_RUNS'] = {str(runs)!r}\n"
        f"sys.argv = ['nasattn', *{command!r}]\n"
        "from nasattn.cli.main import main; main()"
    )
    assert "nasattn" in modules
    assert not modules & HEAVY


FORMS = ("", "as_json=True", "as_csv=True")
CALLS = [
    *(
        f"{call}{form}"
        for call in ("studies(", "trials('one', ", "pareto('one', ")
        for form in FORMS
    ),
    *(f"show('one', 3, {form}" for form in FORMS[:2]),
]


@pytest.mark.parametrize("call", CALLS)
def test_reading_itself_imports_neither_pydantic_nor_rich(runs: Path, call: str) -> None:
    # typer may import either when it parses a command line; what the commands do does not.
    modules = imported_by(
        "import sys, types; typer = types.ModuleType('typer'); sys.modules['typer'] = typer\n"
        "typer.Argument = typer.Option = lambda *a, **k: None; typer.Typer = object\n"
        "from pathlib import Path; from nasattn.cli import read\n"
        f"read.{call}{', ' if call.endswith('True') else ''}runs_dir=Path({str(runs)!r}))"
    )
    assert not modules & (HEAVY | {"pydantic", "rich"})


def test_the_module_alone_imports_typer_and_errors_only() -> None:
    before = imported_by("import typer, typing, nasattn.errors")
    assert imported_by("import nasattn.cli.read") <= before | {"shlex"}


def test_register_adds_the_four_commands() -> None:
    app = typer.Typer()
    read.register(app)
    assert [info.callback.__name__ for info in app.registered_commands if info.callback] == [
        "studies",
        "trials",
        "show",
        "pareto",
    ]


@pytest.mark.parametrize("command", COMMANDS)
def test_results_go_to_stdout_and_the_next_command_to_stderr(
    nasattn: Nasattn, command: list[str]
) -> None:
    done = nasattn(*command)
    assert done.returncode == 0
    assert done.stdout
    assert "next:" not in done.stdout
    assert done.stderr.startswith("next: nasattn ")
    assert done.stderr.count("\n") == 1


def test_the_next_command_says_where_it_looks(nasattn: Nasattn, runs: Path) -> None:
    done = nasattn("trials", "one", "--runs-dir", str(runs), NASATTN_RUNS="elsewhere")
    assert done.stderr == f"next: nasattn pareto one --runs-dir {runs}\n"
    done = nasattn("trials", "one")
    assert done.stderr == "next: nasattn pareto one\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_colours_are_for_terminals(nasattn: Nasattn, command: list[str]) -> None:
    assert "\x1b" not in nasattn(*command).stdout
    assert "\x1b[" in nasattn(*command, FORCE_COLOR="1").stdout
    assert "\x1b" not in nasattn(*command, FORCE_COLOR="1", NO_COLOR="1").stdout


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("width", [80, 160])
def test_lines_fit_the_width(nasattn: Nasattn, command: list[str], width: int) -> None:
    lines = nasattn(*command, COLUMNS=str(width)).stdout.splitlines()
    assert max(map(len, lines)) <= width


def test_trials_as_json(nasattn: Nasattn, runs: Path) -> None:
    document = json.loads(nasattn("trials", "one", "--json").stdout)
    expected = load_trials(load_study(runs, "one"), curves=True)
    assert document == {"study": "one", "trials": [trial.to_dict() for trial in expected]}


def test_a_trial_as_json(nasattn: Nasattn) -> None:
    document = json.loads(nasattn("show", "one", "3", "--json").stdout)
    record = make_trial(3, curve=make_curve(4)).to_dict()
    assert document == {"study": "one", **record, "sites": None}


def test_the_front_as_json_has_no_dominated_member(nasattn: Nasattn) -> None:
    document = json.loads(nasattn("pareto", "one", "--json").stdout)
    trials = json.loads(nasattn("trials", "one", "--json").stdout)["trials"]
    complete = [(-t["accuracy"], t["flops"]) for t in trials if t["state"] == "complete"]
    assert document["baseline"]["trial"] == 0
    for member in document["front"]:
        assert set(member) >= set(FIELDS)
        point = (-member["accuracy"], member["flops"])
        assert not any(dominates(other, point) for other in complete)


def test_studies_as_json(nasattn: Nasattn) -> None:
    found = json.loads(nasattn("studies", "--json").stdout)["studies"]
    assert [(one["study"], one["trials_done"]) for one in found] == [("empty", 0), ("one", 20)]


@pytest.mark.parametrize("command", [["studies"], ["trials", "one"], ["pareto", "one"]])
def test_csv_has_one_record_a_row(nasattn: Nasattn, command: list[str]) -> None:
    rows = list(csv.reader(io.StringIO(nasattn(*command, "--csv").stdout)))
    assert len(rows) > 2
    assert len({len(row) for row in rows}) == 1


@pytest.mark.parametrize("command", [["trials", "empty"], ["pareto", "empty"]])
@pytest.mark.parametrize("form", [[], ["--json"], ["--csv"]])
def test_a_study_without_trials_is_no_error(
    nasattn: Nasattn, command: list[str], form: list[str]
) -> None:
    done = nasattn(*command, *form)
    assert (done.returncode, done.stderr) == (0, "")
    if not form:
        assert "no trials yet" in done.stdout or "no front yet" in done.stdout


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["show", "one", "20"], 'no trial 20 in study "one": its trials are 0 to 19'),
        (["show", "empty", "0"], 'no trial 0 in study "empty": it has no trials yet'),
        (["trials", "ones"], 'no study "ones"'),
        (["pareto", "../one"], 'study name "../one": must be'),
        (["pareto", "a/b"], 'study name "a/b": must be'),
        (["trials", "one", "--json", "--csv"], "--json and --csv: only one of them"),
    ],
)
def test_mistakes_are_one_line_and_exit_code_2(
    nasattn: Nasattn, command: list[str], said: str
) -> None:
    done = nasattn(*command)
    assert done.returncode == 2
    assert done.stdout == ""
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_damaged_study_is_named(nasattn: Nasattn, runs: Path) -> None:
    write_settings(runs, "gone")
    (runs / "one" / "study.db").write_bytes(b"no database at all" * 99)
    done = nasattn("trials", "one")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert f"{runs / 'one' / 'study.db'}: not a readable study database" in done.stderr
    done = nasattn("pareto", "gone")
    assert done.returncode == 2
    assert "no such file" in done.stderr
    assert nasattn("studies").returncode == 0


def test_reading_while_a_search_writes(nasattn: Nasattn, runs: Path) -> None:
    connection = sqlite3.connect(runs / "one" / "study.db", isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE trials SET state = 'FAIL'")
        assert nasattn("pareto", "one").returncode == 0
    finally:
        connection.close()


def test_on_a_terminal_there_are_colours_and_its_width_is_kept(runs: Path) -> None:
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 90, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    with subprocess.Popen(
        [sys.executable, "-m", "nasattn", "pareto", "one", "--runs-dir", str(runs)],
        env=environment | {"TERM": "xterm"},
        stdout=theirs,
        stderr=subprocess.DEVNULL,
    ) as process:
        os.close(theirs)
        text = _read_all(ours)
    assert process.returncode == 0
    assert "\x1b[1;36m▲ baseline" in text
    assert max(len(plain(line)) for line in text.splitlines()) in range(85, 91)


def _read_all(terminal: int) -> str:
    text = b""
    with contextlib.suppress(OSError):  # Linux ends a terminal whose other side is closed so
        while block := os.read(terminal, 4096):
            text += block
    os.close(terminal)
    return text.decode()


def test_a_front_within_limits_and_of_another_cost(nasattn: Nasattn) -> None:
    document = json.loads(nasattn(*VIEWED, "--json").stdout)
    assert [one["name"] for one in document["objectives"]] == ["accuracy", "params"]
    assert document["limits"] == {"accuracy": None, "params": pytest.approx(1.02 * 77_000)}
    assert all(member["params"] <= 1.02 * 77_000 for member in document["front"])
    assert len(document["history"]) == 20
    assert document["history"][-1]["hypervolume"] == document["hypervolume"]
    rows = list(csv.DictReader(io.StringIO(nasattn(*VIEWED, "--csv").stdout)))
    assert [int(row["epochs"]) for row in rows] == [4 * n for n in range(1, 21)]
    text = nasattn(*VIEWED).stdout
    assert "front of accuracy, params: the study's objectives are accuracy, flops" in text
    assert "only params ≤ 78.54k: 16 architectures" in text
    assert "epochs spent on them" in text


def test_the_network_of_an_architecture_file(nasattn: Nasattn, tmp_path: Path) -> None:
    file = tmp_path / "fine.json"
    eca = {"slot": "block_end", "at": "layer3.0.add", "module": "eca"}
    file.write_text(json.dumps({"backbone": "resnet8", "placements": [eca]}))
    done = nasattn("show", str(file))
    assert "stage 3  64 channels" in done.stdout
    assert "[eca(k=3)] · add" in done.stdout
    assert done.stderr == f"next: nasattn cost {file}\n"
    document = json.loads(nasattn("show", str(file), "--json").stdout)
    assert document["placements"][0]["at"] == "layer3.0.add"
    assert "give the trial's number too" in nasattn("show", "one").stderr
    assert nasattn("show", "none.json").returncode == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--cost", "param"], 'no cost "param" in --cost'),
        (["--cost", "latency_ms"], "measured no latency_ms"),
        (["--max-latency", "3"], '--max-latency: study "one" measured no latency_ms'),
        (["--max-flops", "many"], "--max-flops many: must be a number"),
        (["--steadiness"], "the study has none"),
    ],
)
def test_a_view_that_cannot_be_had_says_why(
    nasattn: Nasattn, options: list[str], words: str
) -> None:
    done = nasattn("pareto", "one", *options)
    assert done.returncode == 2
    assert words in done.stderr


def test_where_no_line_can_be_drawn_ascii_stands(
    nasattn: Nasattn, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", file)
        nasattn("pareto", "one")
    text = file.buffer.getvalue().decode("ascii")  # type: ignore[attr-defined]
    assert "^ baseline" in text
    assert "accuracy ^, flops v" in text
    assert "?" not in text


def test_commands_are_plain_functions(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    read.pareto("one", runs_dir=runs)
    assert "▲ baseline" in capsys.readouterr().out
    with pytest.raises(UserError, match="no trial 77"):
        read.show("one", 77, runs_dir=runs)


@pytest.mark.parametrize(
    ("environment", "folder", "words"),
    [
        ({}, "runs", ""),
        ({}, "my runs", " --runs-dir 'my runs'"),
        ({"NASATTN_RUNS": "/here"}, "/here", ""),
        ({"NASATTN_RUNS": "/here"}, "runs", " --runs-dir runs"),
    ],
)
def test_a_suggestion_names_the_folder_only_where_it_is_not_the_usual_one(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], folder: str, words: str
) -> None:
    monkeypatch.delenv("NASATTN_RUNS", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert runs_dir_words(Path(folder)) == words


def test_a_study_that_is_done_is_not_watched_for_long(nasattn: Nasattn) -> None:
    done = nasattn("trials", "one", "--watch")
    assert (done.returncode, done.stderr) == (0, "next: nasattn pareto one\n")
    assert done.stdout == "one: 20 of 20 trials done: 19 complete, 1 failed\n"
    assert nasattn("trials", "one", "--watch", "--json") == (0, "", "")
    assert "--watch and --csv" in nasattn("trials", "one", "--watch", "--csv").stderr


def test_a_terminal_that_was_watched_is_left_as_it_was(runs: Path) -> None:
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
    with subprocess.Popen(
        [sys.executable, "-m", "nasattn", "trials", "empty", "--watch", "--runs-dir", str(runs)],
        env=os.environ | {"TERM": "xterm"},
        stdout=theirs,
        stderr=subprocess.DEVNULL,
    ) as process:
        os.close(theirs)
        text = ""
        while "no trial is running" not in text:
            text += os.read(ours, 4096).decode()
        process.send_signal(signal.SIGINT)
        text += _read_all(ours)
    assert process.returncode == 130
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")  # the cursor is shown again
