"""The attention modules on a terminal."""

from collections.abc import Iterable

from nasattn.report.documents import Document
from nasattn.report.ink import headline
from nasattn.report.table import Row, Table


def modules_page(document: Document, width: int | None) -> list[str]:
    """Return the lines of ``nasattn modules``.

    Args:
        document: The modules in plain values, as ``--json`` prints them.
        width: Columns to fill; None for as many as the rows need.
    """
    costs, hyperparameters, papers = (table.lines(width) for table in modules_tables(document))
    head = headline(f"{modules_caption(document)}:", width)
    return [*head, *costs, "", *hyperparameters, "", *papers]


def modules_tables(document: Document) -> list[Table]:
    """Return the tables of ``nasattn modules``: costs, hyperparameters, papers."""
    return [make(document["modules"]) for make in (_costs, _hyperparameters, _papers)]


def modules_caption(document: Document) -> str:
    """Say of which map the costs are."""
    height, breadth = document["size"]
    return f"Cost at C = {document['channels']}, {height}×{breadth}, defaults"


MODULE_FIELDS = ("module", "params", "norm_statistics", "flops", "flops_stock", "slots", "paper")
"""The columns of ``nasattn modules --csv``."""


def _costs(modules: Iterable[Document]) -> Table:
    rows = tuple(
        Row(
            (
                module["module"],
                *(f"{module[cost]:,}" for cost in ("params", "flops", "flops_stock")),
            ),
            ", ".join(module["slots"]),
        )
        for module in modules
    )
    return Table(("<module", "params", "flops", "flops_stock"), "slots", rows)


def _hyperparameters(modules: Iterable[Document]) -> Table:
    rows = tuple(
        Row((module["module"], item["name"], _plain(item["default"])), item["values"])
        for module in modules
        for item in module["hyperparameters"]
    )
    return Table(("<module", "<hyperparameter", "<default"), "values", rows)


def _plain(value: object) -> str:
    """Write a default as in a search-space file; a module derives what has none."""
    if value is None:
        return "derived"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _papers(modules: Iterable[Document]) -> Table:
    rows = tuple(
        Row((module["module"],), f"{module['paper']} {module['url']}") for module in modules
    )
    return Table(("<module",), "paper", rows)
