"""What a backbone, an architecture or a search space costs, on a terminal."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nasattn.report.call_sites import fold, natural
from nasattn.report.costs import range_table, signed, span
from nasattn.report.documents import Document
from nasattn.report.ink import folded, headline
from nasattn.report.placements import module_words, option_word
from nasattn.report.sites_page import map_words, network_words
from nasattn.report.table import Row, Table
from nasattn.report.units import counted, milliseconds, relative

_COUNTS = ("params", "norm_statistics", "flops", "flops_stock")
_HEADS = ("params", "+ stats", "flops", "flops_stock")
_ADDED = ("params", "flops", "flops_stock")
_LEGEND = (
    "params are trainable; + stats adds the running statistics of batch norms, as many papers do; "
    "flops count every operator (one multiply-add is 1), flops_stock those that fvcore counts"
)


def cost_page(document: Document, width: int | None) -> list[str]:
    """Return the lines of ``nasattn cost`` for a backbone or an architecture.

    Args:
        document: The costs in plain values, as ``--json`` prints them.
        width: Columns to fill; None for as many as the rows need.
    """
    page = [*headline(_words(document), width), *_stages(document, document).lines(width), ""]
    if document["placements"]:
        page += ["What each placement adds to the bare backbone:", ""]
        page += [*_placements(document).lines(width), ""]
        page += [*folded([_against(document)], width), ""]
    if "latency" in document:
        page += [*folded([_latency(document["latency"])], width), ""]
    return [*page, *folded([_LEGEND], width)]


def space_cost_page(document: Document, width: int | None) -> list[str]:
    """Return the lines of ``nasattn cost`` for a search space.

    Args:
        document: The costs in plain values, as ``--json`` prints them.
        width: Columns to fill; None for as many as the rows need.
    """
    return [
        *headline(f"{document['file']}: {_words(document)}", width),
        "The bare backbone:",
        "",
        *_stages(document, document["bare"]).lines(width),
        "",
        "What each option of each decision adds:",
        "",
        *_decisions(document["decisions"]).lines(width),
        "",
        *range_table(document["bare"], _ends(document["range"])).lines(width),
        "",
        *folded([_LEGEND], width),
    ]


COST_FIELDS = ("part", "name", *_COUNTS)
"""The columns of ``nasattn cost --csv``: what stages, placements and the whole come to."""


def cost_rows(document: Document) -> list[dict[str, Any]]:
    """Return the rows of ``nasattn cost --csv``; of a placement, what it adds."""
    parts = [("stage", stage["stage"], stage) for stage in document["stages"]]
    parts += [("placement", f"{p['slot']}:{p['at']}", p) for p in document["placements"]]
    return [
        {"part": part, "name": name, **{key: costs[key] for key in _COUNTS}}
        for part, name, costs in (*parts, ("total", "", document))
    ]


def cost_tables(document: Document) -> list[Table]:
    """Return the tables of ``nasattn cost``: by stage, and what each placement adds."""
    stages = _stages(document, document)._replace(title=_words(document))
    return [stages, *([_placements(document)] if document["placements"] else [])]


SPACE_COST_FIELDS = ("decision", "option", "cost", "least", "most")
"""The columns of ``nasattn cost SPACE.toml --csv``."""


def space_cost_rows(document: Document) -> list[dict[str, Any]]:
    """Return the rows of ``nasattn cost SPACE.toml --csv``: what each option adds."""
    return [
        dict(
            zip(
                SPACE_COST_FIELDS,
                (d["name"], option_word(o, d["slot"]), cost, *o[cost]),
                strict=True,
            )
        )
        for d in document["decisions"]
        for o in d["options"]
        for cost in _ADDED
    ]


def space_cost_tables(document: Document) -> list[Table]:
    """Return the tables of ``nasattn cost SPACE.toml``: the bare backbone, options, the range."""
    bare = _stages(document, document["bare"])._replace(title="The bare backbone")
    options = _decisions(document["decisions"])._replace(title="What each option adds")
    return [bare, options, range_table(document["bare"], _ends(document["range"]))]


def cost_caption(document: Document) -> str:
    """Say what was counted, and how."""
    return f"{document.get('file', _words(document))}: {_LEGEND}"


def _ends(ranges: Mapping[str, Sequence[int]]) -> dict[str, dict[str, int]]:
    names = enumerate(("least", "most"))
    return {name: {cost: ends[end] for cost, ends in ranges.items()} for end, name in names}


def _words(document: Document) -> str:
    words = network_words(document)
    placed = len(document.get("placements", ()))
    return f"{words}, {placed} placements ({document['digest']})" if placed else words


def _stages(document: Document, total: Document) -> Table:
    def row(name: str, shape: str, costs: Document, style: str = "") -> Row:
        share = f"{100 * costs['flops'] / total['flops']:.1f}" if total["flops"] else ""
        return Row((name, shape, *(f"{count:,}" for count in _counts(costs)), share), "", style)

    rows = [
        row(stage["stage"], map_words(stage["map"] or ()), stage) for stage in document["stages"]
    ]
    heads = ("<stage", "<map", *_HEADS, "% flops")
    return Table(heads, "", (*rows, row("total", "", total, "bold")))


def _counts(costs: Document) -> tuple[int, ...]:
    params, statistics, flops, stock = (costs[name] for name in _COUNTS)
    return params, params + statistics, flops, stock


def _placements(document: Document) -> Table:
    ordered = sorted(document["placements"], key=lambda p: (natural(p["at"]), p["slot"]))
    rows = [
        Row((str(p["stage"]), p["slot"], module_words(p), *map(signed, _counts(p))), p["at"])
        for p in ordered
    ]
    added = {name: document[name] - document["bare"][name] for name in _COUNTS}
    whole = Row(("", "", "all", *map(signed, _counts(added))), "", "bold")
    return Table(("stage", "<slot", "<module", *_HEADS), "at", (*rows, whole))


def _against(document: Document) -> str:
    differences = (
        f"{name} {relative(document[name], document['bare'][name])} %"
        for name in ("params", "flops", "flops_stock")
    )
    return f"against the bare backbone: {', '.join(differences)}"


def _latency(found: Document) -> str:
    """Write the latency, the bare backbone's beside it, and their conditions."""
    words = _measured(found)
    if bare := found["bare"]:
        difference = relative(found["median_ms"], bare["median_ms"])
        words += f", {difference} % against the bare backbone's {_measured(bare)}"
    conditions = (
        f"a batch of {found['batch_size']}",
        found["device"],
        found["processor"],
        counted(found["threads"], "thread"),
        found["precision"],
        f"torch {found['torch']}",
    )
    return f"latency: {words}; {', '.join(conditions)}"


def _measured(found: Document) -> str:
    median, spread = milliseconds(found["median_ms"]), milliseconds(found["iqr_ms"])
    return f"{median} ms (interquartile range {spread}, {found['runs']:,} runs)"


def _decisions(decisions: Iterable[Document]) -> Table:
    rows: list[Row] = []
    for decision in decisions:
        cells = (decision["name"], *[""] * len(_ADDED))
        rows.append(Row(cells, f"{decision['slot']} {fold(decision['sites'])}", "bold"))
        for option in decision["options"]:
            added = [span(option[cost]) if option["module"] else "" for cost in _ADDED]
            rows.append(Row((f"  {option_word(option, decision['slot'])}", *added)))
    return Table(("<decision", *_ADDED), "sites", tuple(rows))
