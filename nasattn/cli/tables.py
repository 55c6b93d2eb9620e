"""The commands about recorded tables: table and replay."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nasattn.cli.forms import Answer, in_forms
from nasattn.cli.options import RUNS, Figure, RunsDir, Storage, check_figure
from nasattn.errors import UserError

if TYPE_CHECKING:
    from nasattn.records.replay import Replay
    from nasattn.records.table import Table
    from nasattn.report.replay_page import Compared
    from nasattn.search.replay.tabled import Engine


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command()(table)
    app.command()(replay)


@in_forms
def table(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME|FILE.jsonl.gz", help="A study, or the file of a table."),
    ],
    *,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE.jsonl.gz", help="Write the table there."),
    ] = None,
    runs_dir: RunsDir = RUNS,
    storage: Storage = None,
    form: str = "",
) -> None:
    """Export a study's complete trials with their learning curves, and say what they can tell."""
    from nasattn.analysis.validity import validity
    from nasattn.report import table_page as report
    from nasattn.report.conditions import caption

    found = _table(name, output, runs_dir, storage)
    file = output or (Path(name) if _is_file(name) else None)
    measured = validity(found)
    answer = Answer(
        page=lambda width: report.table_page(found, measured, width),
        document=lambda: report.table_document(found, measured, file),
        rows=lambda: report.agreement_rows(measured),
        tables=lambda: report.validity_tables(found, measured),
        caption=lambda: caption(found.study, found.trials),
    )
    following = f"replay {file}" if file else f"table {name} -o {name}.jsonl.gz"
    answer.print(form, f"nasattn {following}")


def _is_file(name: str) -> bool:
    from nasattn.records.table_file import SUFFIX as TABLE_SUFFIX

    return name.endswith(TABLE_SUFFIX)


def _table(name: str, output: Path | None, runs_dir: Path, storage: str | None) -> "Table":
    from nasattn.records import load_study
    from nasattn.records.table import export_table
    from nasattn.records.table_file import SUFFIX as TABLE_SUFFIX
    from nasattn.records.table_file import read_table, write_table

    if output is not None and not output.name.endswith(TABLE_SUFFIX):
        raise UserError(f"-o {output}: the name must end in {TABLE_SUFFIX}")
    if _is_file(name):
        if output is not None:
            raise UserError(f"-o {output}: {name} is a table already; -o exports a study's")
        return read_table(Path(name))
    found = export_table(load_study(runs_dir, name, storage=storage))
    if output is not None:
        write_table(found, output)
    return found


@in_forms
def replay(  # noqa: PLR0913 - one argument for each option of the command
    file: Annotated[Path, typer.Argument(metavar="TABLE", help="The file of a table.")],
    *,
    sampler: Annotated[
        str, typer.Option(help="tpe, nsga2, gp, cost-aware, random or grid.")
    ] = "tpe",
    pruner: Annotated[
        str,
        typer.Option(
            help="none, median, mo-asha, mo-asha-promotion, dominance or freeze-thaw; with "
            "settings: '{ name = \"mo-asha\", eta = 2 }'."
        ),
    ] = "none",
    budget: Annotated[
        str, typer.Option(metavar="EPOCHS|Nx", help="In epochs, or as 60x in whole trainings.")
    ] = "60x",
    trials: Annotated[
        int | None, typer.Option(min=1, help="Also end at this total. [default: no total]")
    ] = None,
    repeats: Annotated[int, typer.Option(min=1, help="Replays, with seeds that rise by 1.")] = 20,
    workers: Annotated[
        int, typer.Option(min=1, max=256, help="So many train side by side, in simulated time.")
    ] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Of the first replay.")] = 0,
    exempt: Annotated[
        float, typer.Option(min=0, max=0.99, help="The share of trials that is never stopped.")
    ] = 0.0,
    jobs: Annotated[int, typer.Option(min=1, max=256, help="Processes that replay.")] = 1,
    figure: Figure = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write the JSON there.")
    ] = None,
    form: str = "",
) -> None:
    """Simulate searches on a table: real samplers and pruners, trainings looked up, in seconds."""
    check_figure(figure)
    from nasattn.analysis.replays import summarise
    from nasattn.records.table_file import read_table
    from nasattn.report.replay_page import Compared
    from nasattn.search.replay.tabled import Engine, check_sampler, read_pruner

    check_sampler(sampler)
    found = read_table(file)
    epochs = _epochs(budget, found.epochs)
    engine = Engine(sampler, read_pruner(pruner, found.epochs), epochs, trials, workers, exempt)
    random = Engine("random", read_pruner("none", found.epochs), epochs, None, workers)
    own, others = _replayed(found, engine, random, range(seed, seed + repeats), jobs)
    compared = Compared(
        table=found,
        file=str(file),
        sampler=engine.sampler,
        pruner=engine.pruner.model_dump(mode="json"),
        budget=engine.budget,
        trials=trials,
        repeats=repeats,
        workers=workers,
        exempt=exempt,
        seed=seed,
        summary=summarise(found, own, others, epochs),
        random=summarise(found, others, others, epochs),
    )
    if figure:
        from nasattn.report.replay_picture import draw_replays

        draw_replays(compared, figure)
    _answer(compared, output).print(form)


def _epochs(budget: str, whole: int) -> int:
    """Return a budget in epochs: ``600``, or ``60x`` for so many whole trainings."""
    number = budget.removesuffix("x")
    if not number.isdecimal() or int(number) < 1:
        raise UserError(
            f"--budget {budget}: must be epochs, such as 600, or trainings, such as 60x"
        )
    return int(number) * (whole if budget.endswith("x") else 1)


def _replayed(
    table: "Table", engine: "Engine", random: "Engine", seeds: "Sequence[int]", jobs: int
) -> "tuple[list[Replay], list[Replay]]":
    """Return the replays of an engine and of random search, once where these are the same."""
    from nasattn.report.counting import counting
    from nasattn.search.replay.replaying import replays

    engines = [engine] if engine == random else [engine, random]
    found = counting(replays(table, engines, seeds, jobs), len(seeds), "replay")
    columns = list(zip(*found, strict=True))
    return list(columns[0]), list(columns[-1])


def _answer(compared: "Compared", output: Path | None) -> Answer:
    """Return what was found, once its JSON is written where that was asked for."""
    from nasattn.report import replay_page as report
    from nasattn.report.conditions import caption

    if output:
        from nasattn.files import write_atomic
        from nasattn.report.documents import json_text

        write_atomic(output, json_text(report.replay_document(compared), indent=1) + "\n")
    return Answer(
        page=lambda width: report.replay_page(compared, width),
        document=lambda: report.replay_document(compared),
        rows=lambda: (report.REPLAY_FIELDS, report.replay_rows(compared)),
        tables=lambda: [report.replay_table(compared)],
        caption=lambda: caption(compared.table.study, compared.table.trials),
    )
