"""Every table has the same forms: page, JSON, CSV, Markdown, LaTeX."""

import csv
import io
import json
import random
from dataclasses import asdict
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from nasattn.cli.main import app
from nasattn.records.outline import OUTLINE_FILE
from nasattn.records.table_file import write_table
from tests.outlines import make_outline, placed
from tests.search.replay.made_tables import made_table
from tests.studies import make_curve, make_study, make_trial

TABULAR = (
    *("studies", "trials", "pareto", "compare", "importance", "ablate", "retrain", "suggest"),
    *("savings", "table", "replay", "cost", "sites", "modules", "show", "predict"),
)
SPACE = Path(__file__).parents[2] / "search_spaces" / "digits.toml"
FORMS = ("--json", "--csv", "--markdown", "--latex")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a study of trials in named_space, and the file of a table."""
    runs = tmp_path_factory.mktemp("runs")
    chance = random.Random(0)
    found = [make_trial(0, curve=make_curve(4))]
    for number in range(1, 24):
        stages = [stage for stage in (1, 2, 3) if chance.random() < 0.5]
        accuracy = 0.8 + 0.05 * (1 in stages) + chance.gauss(0, 0.01)
        trial = make_trial(number, placements=placed(*stages), accuracy=accuracy)
        found.append(trial.with_curve(make_curve(4)))
    folder = make_study(runs, "one_study", found, search={"pruner": {"name": "median"}})
    (folder / OUTLINE_FILE).write_text(json.dumps(asdict(make_outline())))
    write_table(made_table(), runs / "made.jsonl.gz")
    return runs


def run(runs: Path, *arguments: str) -> str:
    done = CliRunner(env={"NASATTN_RUNS": str(runs)}).invoke(app, arguments)
    assert done.exit_code == 0, done.exception
    return done.stdout


@pytest.mark.parametrize("command", TABULAR)
def test_a_tabular_command_has_every_form_and_takes_one(command: str) -> None:
    known = {option for p in get_command(app).commands[command].params for option in p.opts}
    assert known >= set(FORMS)
    names = ["x.toml", "1", "2"][: {"compare": 3, "studies": 0, "modules": 0}.get(command, 1)]
    done = CliRunner().invoke(app, [command, *names, "--csv", "--latex"])
    assert done.exit_code
    assert str(done.exception).startswith("--csv and --latex: only one of them")


@pytest.mark.parametrize(
    ("words", "num_tables"),
    [
        (["studies"], 1),
        (["trials", "one_study"], 1),
        (["show", "one_study", "0"], 1),
        (["pareto", "one_study"], 1),
        (["pareto", "one_study", "--history"], 2),
        (["compare", "one_study", "1", "2"], 2),
        (["importance", "one_study", "--map"], 2),
        (["savings", "one_study"], 1),
        (["table", "made.jsonl.gz"], 2),
        (["cost", "resnet8"], 1),
        (["sites", "resnet8"], 1),
        (["modules"], 3),
        (["space", "show", str(SPACE)], 3),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)
def test_each_form_holds_the_tables_with_their_conditions(
    runs: Path, words: list[str], num_tables: int
) -> None:
    if words[-1].endswith(".gz"):
        words = [*words[:-1], str(runs / words[-1])]
    assert json.loads(run(runs, *words, "--json"))
    head, *rows = csv.reader(io.StringIO(run(runs, *words, "--csv")))
    assert rows
    assert {len(row) for row in rows} == {len(head)}
    latex = run(runs, *words, "--latex")
    assert latex.count(r"\toprule") == latex.count(r"\caption{") == num_tables
    markdown = run(runs, *words, "--markdown")
    assert sum(line.startswith("| ---") for line in markdown.splitlines()) == num_tables
    if "one_study" in words:
        assert latex.count(r"one\_study: ") >= num_tables
        assert markdown.count("training images") >= num_tables
