"""The network as a picture in characters: its stages and blocks, with what sits where."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from nasattn.records.outline import KeptSite, kept_site
from nasattn.report.call_sites import fold
from nasattn.report.documents import Document
from nasattn.report.ink import headline, paint
from nasattn.report.placements import module_words
from nasattn.report.sites_page import backbone_words
from nasattn.report.units import counted

Placements = Sequence[Mapping[str, Any]]

_PLACED = "bold green"
_WIDEST_NAMES = 28
# A space that must not become the end of a line, replaced when the line is made.
_GLUE = "\x00"


class Block(NamedTuple):
    """A block of a stage as it is drawn.

    Attributes:
        name: Its name in the backbone.
        steps: What the map goes through; what is placed stands in brackets.
        is_bare: Whether nothing is placed in it.
    """

    name: str
    steps: tuple[str, ...]
    is_bare: bool


class Alike(NamedTuple):
    """Neighbouring blocks that are alike: a row of the picture.

    Attributes:
        name: Theirs, joined.
        about: How many they are, and whether anything is placed in them; empty for one with steps.
        steps: As of `Block`, where anything is placed.
    """

    name: str
    about: str
    steps: tuple[str, ...]


def architecture_page(document: Document, width: int | None) -> list[str]:
    """Return the lines of ``nasattn show ARCHITECTURE.json``; ``width`` as for `pareto_page`."""
    sites = [kept_site(site) for site in document["sites"]]
    page = headline(architecture_caption(document), width)
    return [*page, *network_picture(sites, document["placements"], width)]


def architecture_caption(document: Document) -> str:
    """Say of which network the placements are."""
    return f"{backbone_words(document)}: {document['digest']}"


def network_picture(
    sites: Sequence[KeptSite], placements: Placements, width: int | None
) -> list[str]:
    """Draw a network; equal neighbouring blocks stand on one line.

    Args:
        sites: All of its backbone.
        placements: What sits at some of them.
        width: Columns to fill; None for as many as the rows need.
    """
    lines: list[str] = []
    stages = zip(stage_heads(sites), stage_rows(sites, placements), strict=True)
    for head, rows in stages:
        name, _, words = head.partition("  ")
        lines += [f"{paint(name, 'bold')}  {words}", *_stage(rows, width), ""]
    lines.append(f"{paint('[module]', _PLACED)} placed; all else as in the backbone")
    return lines


def stage_heads(sites: Sequence[KeptSite]) -> list[str]:
    """Return what is said of each stage."""
    return [_head(stage, list(of)) for stage, of in groupby(sites, key=_stage_of)]


def stage_rows(sites: Sequence[KeptSite], placements: Placements) -> list[list[Alike]]:
    """Return the rows of each stage."""
    placed = {f"{p['slot']}:{p['at']}": f"[{module_words(p)}]" for p in placements}
    stages = groupby(sites, key=_stage_of)
    return [list(_rows(_blocks(list(of), placed))) for _, of in stages]


def _stage_of(site: KeptSite) -> int:
    return site.stage


def _head(stage: int, sites: Sequence[KeptSite]) -> str:
    """Write ``stage 2  16 → 32 channels, 4×4``: what its convolutions make."""
    last = sites[-1]
    channels = list(dict.fromkeys(site.channels for site in sites if site.slot != "before_conv"))
    widths = " → ".join(map(str, channels or [last.channels]))
    if len(channels) > 3:
        widths = f"{min(channels)} to {max(channels)}"
    height, wide = last.size
    return f"stage {stage}  {widths} channels, {height}×{wide}"


def _stage(rows: Sequence[Alike], width: int | None) -> Iterator[str]:
    longest = min(max(len(row.name) for row in rows), _WIDEST_NAMES)
    for row in rows:
        steps = f"{_GLUE}· ".join(step.replace(" ", _GLUE) for step in row.steps)
        words = ": ".join(filter(None, (row.about, steps)))
        yield from _row(row.name, words, longest, width)


def _row(name: str, words: str, longest: int, width: int | None) -> Iterator[str]:
    """Write a row, its name on a line of its own where that is too long to stand beside."""
    indent = " " * (longest + 6)
    if len(name) > longest:
        yield from ("  │ " + line for line in _wrapped(name, width and width - 4))
        first = "  │ " + " " * (longest + 2)
    else:
        first = f"  │ {name:<{longest}}  "
    body = _wrapped(words, width and width - len(indent))
    yield (first + _painted(body[0])).rstrip()
    yield from ("  │" + indent[3:] + _painted(line) for line in body[1:])


def _wrapped(words: str, room: int | None) -> list[str]:
    if room is None:
        return [words]
    kept = textwrap.wrap(words, max(room, 1), break_on_hyphens=False)
    return kept or [""]


def _painted(line: str) -> str:
    """Colour what is in brackets and give the glued words their spaces back."""
    parts = line.replace("[", "\x01[").replace("]", "]\x01").split("\x01")
    coloured = (paint(part, _PLACED) if part.startswith("[") else part for part in parts)
    return "".join(coloured).replace(_GLUE, " ")


def _blocks(sites: Iterable[KeptSite], placed: Mapping[str, str]) -> list[Block]:
    return [_block(name, list(of), placed) for name, of in groupby(sites, key=lambda s: s.block)]


def _block(name: str, sites: Sequence[KeptSite], placed: Mapping[str, str]) -> Block:
    steps = tuple(step for site in sites for step in _steps(site, name, placed))
    return Block(name, steps, not any(site.name in placed for site in sites))


def _steps(site: KeptSite, block: str, placed: Mapping[str, str]) -> Iterator[str]:
    """Yield what a site adds to its block's line: the call and the module at it, in order."""
    call, module = _call(site, block), placed.get(site.name, "")
    if site.slot == "before_conv":
        steps = (module, call)
    elif site.slot == "activation":
        steps = (module or call, "")
    else:
        # Where there is an add the end of the branch lies before it.
        steps = (module, call if "add" in call and site.slot == "block_end" else "")
    yield from filter(None, steps)


def _call(site: KeptSite, block: str) -> str:
    """Write a call within its block, and what it is where its name does not say so."""
    parents = (block, block.rpartition(".")[0])
    inner = [site.at.removeprefix(f"{p}.") for p in parents if site.at.startswith(f"{p}.")]
    name = inner[0] if inner else site.at
    if site.slot == "before_conv" and "conv" not in name:
        return f"conv {name}"
    if site.slot == "activation" and not any(word in name for word in ("act", "lu", "swish")):
        return f"act {name}"
    return name


def _rows(blocks: Sequence[Block]) -> Iterator[Alike]:
    """Yield the rows of a stage: equal neighbours and bare ones are joined."""
    for (is_bare, steps), members in groupby(blocks, key=_kind):
        names = [block.name for block in members]
        count = counted(len(names), "block")
        if is_bare:
            yield Alike(_joined(names), f"{count}, nothing placed", ())
        else:
            yield Alike(_joined(names), f"{count}, each" if len(names) > 1 else "", steps)


def _joined(names: Sequence[str]) -> str:
    """Write the names of neighbours: folded, or the first and the last where that is too long."""
    folded = fold(names)
    return folded if len(folded) <= _WIDEST_NAMES else f"{names[0]} … {names[-1]}"


def _kind(block: Block) -> tuple[bool, tuple[str, ...]]:
    """Return what neighbours must share to stand on one line: nothing more where bare."""
    return block.is_bare, () if block.is_bare else block.steps
