"""``nasattn space``: look at a search space, or write one."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from nasattn.cli.forms import Answer, in_forms
from nasattn.cli.options import InputShape
from nasattn.errors import UserError

app = typer.Typer(help="Look at a search space before training, or write one.")

_SETTINGS = {"allow_extra_args": True, "ignore_unknown_options": True}


def register(main: typer.Typer) -> None:
    """Add ``space`` to the main command."""
    main.add_typer(app, name="space", no_args_is_help=True)


@app.command()
@in_forms
def show(
    file: Annotated[
        Path, typer.Argument(help="A search-space file, or a study file.", show_default=False)
    ],
    *,
    budget: Annotated[
        str | None,
        typer.Option(
            metavar="COST=LIMIT,…",
            help="Tell the share within it: params=1.05x,flops=2000000. [default: the study's]",
        ),
    ] = None,
    classes: Annotated[
        int | None,
        typer.Option(min=1, help="Outputs of the network. [default: the study's data's, else 10]"),
    ] = None,
    form: str = "",
) -> None:
    """Show what a search space holds and costs: sites, options, size, distribution of costs."""
    from nasattn.search.study.shown_space import read_shown_space
    from nasattn.space import describe, parse_budget

    shown = read_shown_space(file, classes)
    limits = shown.budget if budget is None else parse_budget(budget, "--budget")
    document = describe(shown.file, shown.place, shown.num_classes, limits)
    from nasattn.report import space_page as report

    answer = Answer(
        page=lambda width: report.space_page(document, width),
        document=lambda: document,
        rows=lambda: (report.SPACE_FIELDS, report.space_rows(document)),
        tables=lambda: report.space_tables(document),
        caption=lambda: report.space_caption(document),
    )
    answer.print(form, f"nasattn search {shlex.quote(str(file))}")


@app.command(context_settings=_SETTINGS, options_metavar="[OPTIONS] [--MODULE[-VALUE] …]")
def new(  # noqa: PLR0913 - one argument per option of the command
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file to write.", show_default=False)],
    *,
    backbone: Annotated[str, typer.Option(help="Its name.", show_default=False)],
    backbone_arg: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="For its factory; repeatable.")
    ] = None,
    input_shape: InputShape = None,
    scope: Annotated[str, typer.Option(help="network, stage, block or site.")] = "stage",
    force: Annotated[bool, typer.Option("--force", help="Replace the file.")] = False,
) -> None:
    """Write a search-space file.

    Each attention module has options of its own, after FILE:

    --MODULE [SLOT] places it; SLOT is before_conv, activation, after_conv or block_end.

    --MODULE-HYPERPARAMETER VALUES says what to try: one value, several (3,5,7) or an interval
    (1e-5:1e-2). The name may be cut short; `nasattn modules` lists modules and names.

    Example: nasattn space new my.toml --backbone resnet20 --gct before_conv --atac-ratio 2,4
    --eca-kernel adaptive,3,5 --nam-penalty 1e-5:1e-2 --se
    """
    from nasattn.report.ink import suggest
    from nasattn.report.space_page import count_words
    from nasattn.space import parse_backbone, parse_requests, size, write_space

    if str(file).startswith("-"):
        raise UserError(f"{file}: FILE comes first: nasattn space new FILE --backbone NAME …")
    requests = parse_requests(context.args)
    spoken = parse_backbone(backbone, backbone_arg or (), input_shape)
    space = write_space(file, spoken, requests, scope, replace=force)
    decisions, count = len(space.decisions), count_words(size(space))
    typer.echo(f"wrote {file}: {count} architectures in {decisions} decisions")
    suggest(f"nasattn space show {shlex.quote(str(file))}")
