"""The sites of a backbone on a terminal."""

from collections import Counter
from collections.abc import Iterable, Sequence

from nasattn.report.call_sites import fold
from nasattn.report.documents import Document
from nasattn.report.ink import folded, headline
from nasattn.report.table import Row, Table
from nasattn.report.units import counted


def sites_page(document: Document, width: int | None) -> list[str]:
    """Return the lines of ``nasattn sites``.

    Args:
        document: The sites in plain values, as ``--json`` prints them.
        width: Columns to fill; None for as many as the rows need.
    """
    page = headline(backbone_words(document), width)
    if document["sites"]:
        page += [*_sites(document["sites"], width).lines(width), ""]
    page += folded(_notes(document["sites"]), width)
    if document["refused"]:
        page += ["", "Nothing can be placed here:", ""]
        page += _refused(document["refused"]).lines(width)
    return page


SITE_FIELDS = ("slot", "at", "stage", "block", "channels", "size", "follows", "calls")
"""The columns of ``nasattn sites --csv``."""


def sites_tables(document: Document) -> list[Table]:
    """Return the tables of ``nasattn sites``: the sites, and what is refused."""
    sites = _sites(document["sites"], None)._replace(title="Sites") if document["sites"] else None
    refused = _refused(document["refused"])._replace(title="Nothing can be placed here")
    return [table for table in (sites, refused) if table and table.rows]


def sites_caption(document: Document) -> str:
    """Say of which backbone the sites are."""
    return "; ".join((backbone_words(document), *_notes(document["sites"])))


def backbone_words(document: Document) -> str:
    """Write a backbone with its arguments and input shape."""
    arguments = "".join(f", {key} = {value}" for key, value in document["backbone_args"].items())
    return f"{document['backbone']}{arguments}, {map_words(document['input_shape'])}"


def network_words(document: Document) -> str:
    """Write a backbone as `backbone_words` does, and its number of classes."""
    return f"{backbone_words(document)}, {document['num_classes']} classes"


def map_words(shape: Iterable[int]) -> str:
    """Write a shape as ``64×32×32``."""
    return "×".join(map(str, shape))


def _sites(sites: Iterable[Document], width: int | None) -> Table:
    heads = ("stage", "<slot", "<map", "<block", "<at")
    rows = [_cells(site) for site in sites]
    columns = zip((head.removeprefix("<") for head in heads), *rows, strict=True)
    wide = sum(max(map(len, column)) for column in columns) + 2 * (len(heads) - 1)
    if width is None or wide <= width:
        return Table(heads, "", tuple(map(Row, rows)))
    return Table(heads[:-1], "at", tuple(Row(cells[:-1], cells[-1]) for cells in rows))


def _cells(site: Document) -> tuple[str, ...]:
    shape = map_words((site["channels"], *site["size"]))
    again = f" ({site['calls']} calls)" if site["calls"] > 1 else ""
    return str(site["stage"]), site["slot"], shape, site["block"], site["at"] + again


def _notes(sites: Sequence[Document]) -> Iterable[str]:
    if not sites:
        yield "no sites"
        return
    kinds = Counter(site["slot"] for site in sites)
    words = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    stages, blocks = (len({site[key] for site in sites}) for key in ("stage", "block"))
    where = f"{counted(stages, 'stage')} and {counted(blocks, 'block')}"
    yield f"{counted(len(sites), 'site')} in {where}: {words}"
    merged = sum(site["follows"] is not None for site in sites)
    if merged:
        yield (
            f"{counted(merged, 'block end')} directly after a convolution or its norm: "
            "an after_conv choice governs them too"
        )


def _refused(refused: Iterable[Document]) -> Table:
    """List the refused places by reason, and by slot kind where one has a kind."""
    groups: dict[tuple[str, str], list[str]] = {}
    for refusal in refused:
        kind, colon, at = refusal["module"].rpartition(":")
        group = (refusal["reason"], kind if colon else "module")
        groups.setdefault(group, []).append(at)
    rows = tuple(
        Row((str(len(places)), kind, reason), fold(places))
        for (reason, kind), places in groups.items()
    )
    return Table(("places", "<slot", "<reason"), "at", rows)
