"""Two trials side by side on a terminal."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from nasattn.analysis.comparison import Condition, SiteRow, different_conditions, site_rows
from nasattn.analysis.noise import Noise, paired_difference, seed_noise
from nasattn.records import Study, Trial
from nasattn.records.outline import Outline
from nasattn.report.call_sites import natural
from nasattn.report.conditions import caption, conditions
from nasattn.report.documents import Document
from nasattn.report.ink import folded, paint, plot_width
from nasattn.report.placements import module_words, options_words
from nasattn.report.plot import Series, plot
from nasattn.report.table import Row, Table
from nasattn.report.units import counted, duration, milliseconds, percent, points, relative

_STYLES = ("green", "magenta")
_MARKERS = ("●", "○")
_MEASURED = ("accuracy", "params", "flops", "flops_stock", "latency_ms")

COMPARE_FIELDS = ("what", "first", "second", "difference")
"""The columns of ``nasattn compare --csv``."""


class Side(NamedTuple):
    """One of the two trials.

    Attributes:
        study: Where it belongs.
        trial: With its learning curve.
        trials: All of its study: their repeats tell the noise.
        outline: Its study's; None where that has none.
    """

    study: Study
    trial: Trial
    trials: Sequence[Trial]
    outline: Outline | None


Sides = tuple[Side, Side]


def compare_page(sides: Sides, width: int | None) -> list[str]:
    """Return the lines of ``nasattn compare``; ``width`` as for `pareto_page`."""
    names = _names(sides)
    page = [paint(f"{names[0]} and {names[1]}", "bold"), ""]
    page += [*_facts(sides, names).lines(width), ""]
    page += [*folded(_remarks(sides), width), ""]
    page += [*_sites(sides, names, width), ""]
    if curves := _curves(sides, plot_width(width)):
        page += [*curves, ""]
    return [*page, *folded(_conditions(sides, names), width)]


def compare_document(sides: Sides) -> Document:
    """Return ``nasattn compare --json``."""
    first, second = sides
    differences = {
        name: second_value - first_value
        for name in _MEASURED
        if (first_value := getattr(first.trial, name)) is not None
        and (second_value := getattr(second.trial, name)) is not None
    }
    return {
        "trials": [{"study": side.study.name, **side.trial.to_dict()} for side in sides],
        "differences": differences,
        "sites": [
            {**row._asdict(), "equal": row.is_equal} for row in site_rows(first.trial, second.trial)
        ],
        "conditions": [c._asdict() for c in different_conditions(first.study, second.study)],
        "seed_noise": [noise._asdict() if noise else None for noise in map(_noise, sides)],
    }


def compare_tables(sides: Sides) -> list[Table]:
    """Return the tables of ``nasattn compare``: the numbers, and the sites with a module."""
    names = _names(sides)
    rows = site_rows(sides[0].trial, sides[1].trial)
    return [_facts(sides, names), *([_site_table(rows, names, None)] if rows else [])]


def sides_caption(sides: Sides) -> str:
    """Return the conditions of both, once where they are the same."""
    return "; ".join(dict.fromkeys(caption(side.study, [side.trial]) for side in sides))


def compare_rows(sides: Sides) -> list[dict[str, Any]]:
    """Return the rows of ``nasattn compare --csv``: measured values, then sites."""
    a, b = (side.trial for side in sides)
    differences = compare_document(sides)["differences"]
    measured = [(name, getattr(a, name), getattr(b, name)) for name in _MEASURED]
    placed = [(_site(row), *_modules(row)) for row in site_rows(a, b)]
    return [
        dict(zip(COMPARE_FIELDS, (*row, differences.get(row[0])), strict=True))
        for row in (*measured, *placed)
    ]


def _names(sides: Sides) -> tuple[str, str]:
    first, second = (f"{side.study.name}:{side.trial.trial}" for side in sides)
    if sides[0].study.name == sides[1].study.name:
        first, second = (f"trial {side.trial.trial}" for side in sides)
    return first, second


def _noise(side: Side) -> Noise | None:
    return seed_noise(side.trials)


def _facts(sides: Sides, names: tuple[str, str]) -> Table:
    a, b = (side.trial for side in sides)

    def numbers(name: str, write: Callable[[Any], str], against: Callable[..., str]) -> Row:
        first, second = getattr(a, name), getattr(b, name)
        return Row((name, write(first), write(second), against(second, first)))

    def whole(value: int | None) -> str:
        return "" if value is None else f"{value:,}"

    rows = [
        Row(("state", a.state, b.state, "")),
        numbers("accuracy", percent, lambda x, y: _unit(points(x, y), "points")),
        numbers("best_accuracy", percent, lambda x, y: _unit(points(x, y), "points")),
        *(
            numbers(cost, whole, lambda x, y: _unit(relative(x, y), "%"))
            for cost in ("params", "flops", "flops_stock")
        ),
    ]
    if a.latency_ms is not None or b.latency_ms is not None:
        rows.append(numbers("latency_ms", milliseconds, lambda x, y: _unit(relative(x, y), "%")))
    rows += [
        Row((name, str(getattr(a, name)), str(getattr(b, name)), ""))
        for name in ("epochs", "repeat", "digest", "device")
    ]
    rows.append(Row(("time", duration(a.seconds), duration(b.seconds), "")))
    return Table(("<", *names, "difference"), "", tuple(rows))


def _unit(text: str, unit: str) -> str:
    return f"{text} {unit}" if text else ""


def _remarks(sides: Sides) -> Iterator[str]:
    """Say what the difference of two accuracies is worth."""
    first, second = (side.trial for side in sides)
    if first.digest == second.digest:
        yield "the same architecture: what differs is the seed or the conditions"
    if first.accuracy is None or second.accuracy is None:
        return
    if first.repeat != second.repeat:
        yield (
            f"of different repeats ({first.repeat} and {second.repeat}): the difference holds "
            "that of the seeds too"
        )
    counts = [side.study.table("num_images").get(side.study.evaluated) for side in sides]
    if counts[0] and counts[0] == counts[1]:
        image = f"one of the {counts[0]:,} {sides[0].study.evaluated} images is"
        yield f"{image} {100 / counts[0]:.2f} points"
    if sides[0].study.name == sides[1].study.name:
        yield from _paired_words(sides)
    yield from dict.fromkeys(_noise_words(_noise(side)) for side in sides)


def _paired_words(sides: Sides) -> Iterator[str]:
    """Say what the difference is over all seeds that both architectures have."""
    paired = paired_difference(sides[0].trials, *(side.trial.digest for side in sides))
    if paired is not None:
        yield (
            f"over the {paired.seeds} seeds that both architectures have: "
            f"{100 * paired.mean:+.2f} ± {100 * paired.sd:.2f} points (mean ± SD of the "
            "differences, the same seeds paired)"
        )


def _noise_words(noise: Noise | None) -> str:
    if noise is None:
        return (
            "accuracies of one seed each: how much seeds alone change them is not known here, so "
            "no difference is shown to be real; `repeats` in the study would tell"
        )
    spread = f"{100 * noise.sd:.2f} points (SD, pooled over {noise.architectures} architectures"
    two = 100 * noise.sd * 2**0.5
    return (
        f"accuracies of one seed each; seeds alone move one by {spread}, {noise.degrees} degrees "
        f"of freedom), and a difference of two by about {two:.2f}"
    )


def _sites(sides: Sides, names: tuple[str, str], width: int | None) -> list[str]:
    rows = site_rows(sides[0].trial, sides[1].trial)
    if not rows:
        return ["sites: nothing is placed in either"]
    sites = dict.fromkeys(s.name for side in sides if side.outline for s in side.outline.sites)
    places = {site: place for place, site in enumerate(sites)}
    ordered = sorted(rows, key=lambda r: (places.get(_site(r), 0), natural(r.at), r.slot))
    alike = sum(row.is_equal for row in rows)
    empty = len(sites.keys() - {_site(row) for row in rows})
    rest = f"; {counted(empty, 'site')} more as in the backbone in both" if sites else ""
    differ = len(rows) - alike
    words = f"{counted(differ, 'site')} that differ, {alike} with the same module{rest}"
    return [*_site_table(ordered, names, width).lines(width), "", *folded([words], width)]


def _site_table(rows: Sequence[SiteRow], names: tuple[str, str], width: int | None) -> Table:
    """Return one row a site; where both networks do not fit beside it they stand under it."""
    cells = [(_site(row), *_modules(row), "=" if row.is_equal else "≠") for row in rows]
    heads = ("<site", *(f"<{name}" for name in names), "<")
    columns = zip((head.removeprefix("<") for head in heads), *cells, strict=True)
    wide = sum(max(map(len, column)) + 1 for column in columns) - 1
    styles = ["" if row.is_equal else "yellow" for row in rows]
    if width is None or wide <= width:
        return Table(heads, "", tuple(Row(c, "", s) for c, s in zip(cells, styles, strict=True)))
    return Table(
        ("<site", "<"),
        f"{names[0]}; {names[1]}",
        tuple(
            Row((c[0], c[3]), f"{c[1]}; {c[2]}", style)
            for c, style in zip(cells, styles, strict=True)
        ),
    )


def _site(row: SiteRow) -> str:
    return f"{row.slot}:{row.at}"


def _modules(row: SiteRow) -> tuple[str, str]:
    """Write both modules; with all hyperparameters where they would read the same."""
    first, second = _module(row.first), _module(row.second)
    if first == second and row.first and row.second and not row.is_equal:
        return options_words(row.first), options_words(row.second)
    return first, second


def _module(placement: Mapping[str, Any] | None) -> str:
    return "-" if placement is None else module_words(placement)


def comparison_series(sides: Sides) -> tuple[tuple[Series, ...], str]:
    """Return the learning curves of both, and the label of what they show."""
    series = (
        Series(name, marker, style, _points(side.trial), path="·")
        for side, name, marker, style in zip(sides, _names(sides), _MARKERS, _STYLES, strict=True)
    )
    return tuple(series), f"{sides[0].study.evaluated} accuracy (%)"


def _curves(sides: Sides, width: int) -> list[str]:
    series, label = comparison_series(sides)
    if not any(one.points for one in series):
        return []
    return plot(series, "epoch", label, width=width, height=max(6, width // 9))


def _points(trial: Trial) -> tuple[tuple[float, float], ...]:
    found = ((epoch["epoch"], epoch.get("accuracy")) for epoch in trial.curve)
    return tuple((float(x), 100 * y) for x, y in found if y is not None)


def _conditions(sides: Sides, names: tuple[str, str]) -> Iterable[str]:
    first, second = sides
    yield f"conditions: {conditions(first.study, [first.trial])}"
    if first.study.name == second.study.name:
        return
    found = different_conditions(first.study, second.study)
    if not found:
        yield f"the studies of {names[0]} and {names[1]} train under the same conditions"
        return
    yield f"conditions that differ between {names[0]} and {names[1]}:"
    yield from (f"  {_condition(condition)}" for condition in found)


def _condition(condition: Condition) -> str:
    first, second = ("-" if v is None else v for v in (condition.first, condition.second))
    return f"{condition.key}: {first} / {second}"
