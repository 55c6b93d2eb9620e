"""What can be looked at before anything is trained: sites, modules, costs."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nasattn.cli.answer import results_alone
from nasattn.cli.forms import Answer, in_forms
from nasattn.cli.options import InputShape
from nasattn.errors import UserError

if TYPE_CHECKING:
    from nasattn.placement import Architecture
    from nasattn.report.documents import Document

Classes = Annotated[int, typer.Option("--num-classes", min=1, help="Outputs of the network.")]
Arguments = Annotated[
    list[str] | None,
    typer.Option("--arg", metavar="KEY=VALUE", help="For the backbone's factory; repeatable."),
]


def register(app: typer.Typer) -> None:
    """Add the looking commands to ``app``."""
    for command in (modules, sites, cost):
        app.command()(command)


@in_forms
def modules(*, form: str = "") -> None:
    """List the attention modules: slot kinds, hyperparameters, costs, papers."""
    from nasattn.cost.describing import describe_modules
    from nasattn.report import modules_page as report

    with results_alone():
        document = describe_modules()
    answered = Answer(
        page=lambda width: report.modules_page(document, width),
        document=lambda: document,
        rows=lambda: (report.MODULE_FIELDS, document["modules"]),
        tables=lambda: report.modules_tables(document),
        caption=lambda: report.modules_caption(document),
    )
    answered.print(form)


@in_forms
def sites(
    backbone: Annotated[str, typer.Argument(help="Its name.", show_default=False)],
    *,
    input_shape: InputShape = None,
    arg: Arguments = None,
    slot: Annotated[str | None, typer.Option(help="Only sites of this kind.")] = None,
    form: str = "",
) -> None:
    """List every place of a backbone that can take a module, and what is refused and why."""
    from nasattn.placement.describing import describe_sites
    from nasattn.report import sites_page as report

    with results_alone():
        asked = _backbone(backbone, input_shape, arg)
        arguments = dict(asked.backbone_args)
        document = describe_sites(asked.backbone, arguments, asked.input_shape, slot)
    answered = Answer(
        page=lambda width: report.sites_page(document, width),
        document=lambda: document,
        rows=lambda: (report.SITE_FIELDS, document["sites"]),
        tables=lambda: report.sites_tables(document),
        caption=lambda: report.sites_caption(document),
    )
    answered.print(form, "nasattn modules")


@in_forms
def cost(  # noqa: PLR0913 - one argument for each option of the command
    target: Annotated[
        str,
        typer.Argument(
            help="A backbone, an architecture's .json or a search space's .toml.",
            show_default=False,
        ),
    ],
    *,
    input_shape: InputShape = None,
    num_classes: Classes = 10,
    arg: Arguments = None,
    latency: Annotated[bool, typer.Option("--latency", help="Also measure the latency.")] = False,
    device: Annotated[str, typer.Option(help="Where: auto, cpu, cuda:N or mps.")] = "auto",
    batch_size: Annotated[int, typer.Option(min=1, help="Images in the batch it is of.")] = 1,
    threads: Annotated[
        int | None, typer.Option(min=1, help="CPU threads. [default: a trial's]")
    ] = None,
    form: str = "",
) -> None:
    """Count parameters and FLOPs by stage and by placement, before anything is trained.

    --latency is the median of many passes over one batch, float32. No two measurements are equal
    to the bit: compare what was measured on one idle machine.
    """
    is_file = target.endswith((".json", ".toml"))
    if is_file and (input_shape or arg):
        raise UserError(f"--input-shape and --arg are for a backbone; {target} has its own")
    if target.endswith(".toml"):
        if latency:
            raise UserError(f"--latency is for one network; {target} is a search space")
        _space_cost(target, num_classes).print(form, f"nasattn search {shlex.quote(target)}")
        return
    from nasattn.cost.describing import describe_architecture
    from nasattn.placement import read_architecture
    from nasattn.report import cost_page as report

    with results_alone():
        own = None if is_file else _backbone(target, input_shape, arg)
        asked = own or read_architecture(Path(target))
        document = describe_architecture(asked, num_classes)
        if latency:
            document["latency"] = _latency(asked, num_classes, device, batch_size, threads)
    answered = Answer(
        page=lambda width: report.cost_page(document, width),
        document=lambda: document,
        rows=lambda: (report.COST_FIELDS, report.cost_rows(document)),
        tables=lambda: report.cost_tables(document),
        caption=lambda: report.cost_caption(document),
    )
    answered.print(form, "" if is_file else f"nasattn sites {target}")


def _space_cost(target: str, num_classes: int) -> Answer:
    from nasattn.report import cost_page as report
    from nasattn.space import read_space_file
    from nasattn.space.decision_costs import describe_costs

    with results_alone():
        document = describe_costs(read_space_file(Path(target)), target, num_classes)
    return Answer(
        page=lambda width: report.space_cost_page(document, width),
        document=lambda: document,
        rows=lambda: (report.SPACE_COST_FIELDS, report.space_cost_rows(document)),
        tables=lambda: report.space_cost_tables(document),
        caption=lambda: report.cost_caption(document),
    )


def _latency(
    architecture: "Architecture", classes: int, device: str, batch_size: int, threads: int | None
) -> "Document":
    from nasattn.search.study.environment import default_threads
    from nasattn.search.trial.timing import Conditions, describe_latency
    from nasattn.training import resolve_device

    conditions = Conditions(resolve_device(device), batch_size, threads or default_threads())
    return describe_latency(architecture, classes, conditions)


def _backbone(name: str, input_shape: str | None, arguments: list[str] | None) -> "Architecture":
    """Return the bare backbone that the command line names."""
    from nasattn.backbones import default_input_shape
    from nasattn.placement import canonical

    shape = _shape(input_shape) if input_shape else default_input_shape(name)
    return canonical(name, dict(map(_argument, arguments or ())), shape, ())


def _argument(text: str) -> tuple[str, bool | int | float | str]:
    from nasattn.space.requests import parse_scalar

    key, _, value = text.partition("=")
    if not (key.isidentifier() and value):
        raise UserError(f"--arg {text}: must be KEY=VALUE, such as width=16")
    return key, parse_scalar(value)


def _shape(text: str) -> tuple[int, int, int]:
    parts = text.split(",")
    if len(parts) != 3 or not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise UserError(f"--input-shape {text}: must be C,H,W, three positive integers")
    channels, height, width = map(int, parts)
    return channels, height, width
