"""A search space on a terminal: sites by choice, options and their costs, its size."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from nasattn.report.call_sites import fold
from nasattn.report.costs import range_table, span
from nasattn.report.documents import Document
from nasattn.report.histogram import histogram
from nasattn.report.ink import folded, headline
from nasattn.report.placements import option_word, summarize
from nasattn.report.sites_page import map_words, network_words
from nasattn.report.table import Row, Table

_COSTS = ("params", "flops")
_ENDS = ("cheapest", "dearest")
_OPTIONS = "What each option adds where it stands at all sites of its choice"


def space_page(document: Document, width: int | None) -> list[str]:
    """Return the lines of ``nasattn space show``.

    Args:
        document: The space in plain values, as ``--json`` prints it.
        width: Columns to fill; None for as many as the rows need.
    """
    return [
        *headline(f"{document['file']}: {network_words(document)}", width),
        *_sites(document["choices"]).lines(width),
        "",
        *folded([f"{_OPTIONS}:"], width),
        "",
        *_options(document["choices"]).lines(width),
        "",
        *range_table(document["bare"], _places(document)).lines(width),
        "",
        *folded([f"Share of {_counted(document)} by cost:"], width),
        *(line for cost in _COSTS for line in _histogram(document, cost)),
        "",
        *folded(_closing(document), width),
    ]


SPACE_FIELDS = ("choice", "option", "cost", "least", "most")
"""The columns of ``nasattn space show --csv``."""


def space_rows(document: Document) -> list[dict[str, Any]]:
    """Return the rows of ``nasattn space show --csv``: what options add at all of their sites."""
    values = (
        (choice["name"], option_word(option, choice["slot"]), cost, *option[cost])
        for choice in document["choices"]
        for option in choice["options"]
        for cost in _COSTS
    )
    return [dict(zip(SPACE_FIELDS, row, strict=True)) for row in values]


def space_tables(document: Document) -> list[Table]:
    """Return the tables of ``nasattn space show``: decisions, options, the range of costs."""
    options = _options(document["choices"])._replace(title=_OPTIONS)
    return [_sites(document["choices"]), options, range_table(document["bare"], _places(document))]


def space_caption(document: Document) -> str:
    """Say which space it is."""
    size = f"{count_words(document['size'])} architectures"
    return f"{document['file']}: {network_words(document)}; {size}"


def count_words(count: int) -> str:
    """Write a number exactly up to 15 digits, then in powers of ten.

    >>> count_words(46656), count_words(2**70)
    ('46,656', '1.181e21')
    """
    return f"{count:,}" if count < 10**15 else f"{Decimal(count):.3e}".replace("e+", "e")


def _sites(choices: Iterable[Document]) -> Table:
    """List each choice's decisions by the part of their names after the choice's."""
    rows: list[Row] = []
    for choice in choices:
        filters = f", {choice['filters']}" if choice["filters"] else ""
        kind = f"{choice['slot']}, one decision per {choice['scope']}{filters}"
        rows.append(Row((choice["name"], str(choice["num_sites"]), ""), kind, "bold"))
        for decision in choice["decisions"]:
            name = decision["name"].removeprefix(f"{choice['name']}.")
            sites = decision["sites"]
            cells = (f"  {name}", str(len(sites)), _maps(sites))
            rows.append(Row(cells, fold(site["at"] for site in sites)))
    return Table(("<decision", "sites", "<map"), "at", tuple(rows))


def _maps(sites: Iterable[Document]) -> str:
    maps = dict.fromkeys(map_words((site["channels"], *site["size"])) for site in sites)
    return ", ".join(maps)


def _options(choices: Iterable[Document]) -> Table:
    rows: list[Row] = []
    for choice in choices:
        rows.append(Row((choice["name"], "", ""), "", "bold"))
        for option in choice["options"]:
            costs = [span(option[cost]) if option["module"] else "" for cost in _COSTS]
            cells = (f"  {option_word(option, choice['slot'])}", *costs)
            rows.append(Row(cells, _hyperparameters(option["hyperparameters"])))
    return Table(("<option", *_COSTS), "hyperparameters", tuple(rows))


def _hyperparameters(domains: Mapping[str, Any]) -> str:
    return "; ".join(f"{name} {_values(domain)}" for name, domain in domains.items())


def _values(domain: Sequence[object] | Mapping[str, object]) -> str:
    if isinstance(domain, Mapping):
        scale = " (log)" if domain["log"] else ""
        return f"{domain['low']} to {domain['high']}{scale}"
    return ", ".join(str(v).lower() if isinstance(v, bool) else str(v) for v in domain)


def _places(document: Document) -> dict[str, Mapping[str, int]]:
    """Return the costs of the cheapest, of the middle and of the dearest architecture."""
    low, high = ({cost: document["extremes"][cost][end][cost] for cost in _COSTS} for end in _ENDS)
    return {"cheapest": low, "median": document["median"], "dearest": high}


def _counted(document: Document) -> str:
    drawn = document["drawn"]
    size = f"{count_words(document['size'])} architectures"
    return size if drawn is None else f"{drawn:,} architectures drawn at random from {size}"


def _histogram(document: Document, cost: str) -> list[str]:
    found, bound = document["histogram"][cost], document["budget"].get(cost)
    edges = found["edges"]
    if edges[0] == edges[-1]:
        return ["", f"{cost}: {edges[0]:,} all"]
    mark = None if bound is None else (f"budget {bound:,}", bound)
    return ["", *histogram(cost, edges, found["shares"], mark)]


def _within(document: Document) -> Iterable[str]:
    """Say which share of the space keeps to the budget."""
    share = document["share_within_budget"]
    if share is None:
        return
    bounds = " and ".join(f"{cost} ≤ {bound:,}" for cost, bound in document["budget"].items())
    of = "" if document["drawn"] is None else f" of {document['drawn']:,} drawn"
    yield f"within the budget ({bounds}): {_share(share)}{of}"


def _share(share: float) -> str:
    """Write a share so that neither a few nor nearly all read as none or all."""
    text = f"{100 * share:.3g}"
    return f"{'more than 99.9' if text == '100' and share < 1 else text} %"


def _closing(document: Document) -> Iterable[str]:
    """Say in words which architectures lie at the ends, and how many there are."""
    for end in _ENDS:
        found = {cost: document["extremes"][cost][end] for cost in _COSTS}
        same = len({architecture["digest"] for architecture in found.values()}) == 1
        for cost in _COSTS[:1] if same else _COSTS:
            by = "" if same else f" by {cost}"
            yield f"{end}{by}: {summarize(found[cost]['placements'])}"
    yield f"size: {count_words(document['size'])} architectures{_intervals(document['intervals'])}"
    yield from _within(document)
    if document["refused"]:
        backbone = document["backbone"]
        yield f"refused: {len(document['refused'])} places, see `nasattn sites {backbone}`"


def _intervals(names: Sequence[str]) -> str:
    return f" (an interval counts as one value: {', '.join(names)})" if names else ""
