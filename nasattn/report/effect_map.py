"""The effect of each option on accuracy, drawn over the stages."""

from collections.abc import Iterator, Mapping, Sequence

from nasattn.analysis.effects import CONFIDENCE, Effect, Effects
from nasattn.records.outline import KeptDecision, Outline
from nasattn.report.table import Row, Table
from nasattn.report.units import human

_HEADS = ("stage", "n", "points", "95 %", "flops")
_NARROWEST, _WIDEST = 13, 41
_LONGEST = 60


def effect_map(found: Effects, outline: Outline, width: int | None) -> list[str]:
    """Return the lines of `effect_table`; ``width`` as for `pareto_page`."""
    return effect_table(found, outline, width).lines(width)


def effect_table(found: Effects, outline: Outline, width: int | None) -> Table:
    """Return the map: a row an option, by stage, with its interval drawn around zero.

    Args:
        found: The effects.
        outline: Where each decision has its sites, and what its options cost.
        width: As for `pareto_page`.
    """
    decisions = {decision.name: decision for decision in outline.decisions}
    stages = {name: outline.stages_of(decision) for name, decision in decisions.items()}
    ordered = sorted(found.effects, key=lambda effect: stages[effect.decision][:1])
    facts = [_facts(effect, decisions[effect.decision], stages) for effect in ordered]
    names = [f"{effect.decision} = {effect.option}" for effect in ordered]
    taken = sum(max(map(len, column)) + 1 for column in zip(_HEADS, *facts, strict=True))
    room = _WIDEST + taken + _LONGEST if width is None else width
    longest = max(map(len, ("option", *names))) + 1
    beside = room - taken - longest >= _NARROWEST
    cells = _odd(min(max(room - taken - (longest if beside else 0), _NARROWEST), _WIDEST))
    limit = max((abs(end) for e in found.effects for end in e.interval or ()), default=0.0)
    bars = [_bar(effect, limit, cells) for effect in ordered]
    scale = f"<{_scale(limit, cells)}"
    styles = map(_style, ordered)
    parts = zip(facts, names, bars, styles, strict=True)
    if beside:
        rows = tuple(Row((f[0], name, *f[1:], bar), "", style) for f, name, bar, style in parts)
        return Table(("<stage", "<option", *_HEADS[1:], scale), "", rows, num_drawn=1)
    rows = tuple(Row((*f, bar), name, style) for f, name, bar, style in parts)
    return Table(("<stage", *_HEADS[1:], scale), "option", rows, num_drawn=1)


def _facts(
    effect: Effect, decision: KeptDecision, stages: Mapping[str, Sequence[int]]
) -> tuple[str, ...]:
    option = next(o for o in decision.options if o.word == effect.option)
    return (
        _stages(stages[effect.decision]),
        str(effect.with_it),
        "" if effect.mean is None else _points(effect.mean),
        "" if effect.interval is None else " ".join(map(_points, effect.interval)),
        _most(option.costs.get("flops", (0, 0))),
    )


def _odd(cells: int) -> int:
    return cells - 1 + cells % 2


def effect_words(found: Effects) -> Iterator[str]:
    """Yield what the map says in words, and what it cannot say."""
    references = sorted({effect.reference for effect in found.effects})
    yield (
        f"points: mean difference of accuracy to {' or '.join(references)} at these sites, all "
        "other decisions alike (least squares; hyperparameters as they were drawn); n: "
        "architectures with it; flops: the most it adds"
    )
    yield from conclusions(found)


def conclusions(found: Effects) -> Iterator[str]:
    """Yield which effects are clear, and what the data cannot tell."""
    told = [effect for effect in found.effects if effect.interval]
    for word, sign in (("raises", 1), ("lowers", -1)):
        clear = [e for e in told if e.is_clear and (e.mean or 0.0) * sign > 0]
        if clear:
            names = ", ".join(f"{e.option} at {e.decision} ({_points(e.mean or 0)})" for e in clear)
            yield f"{word} accuracy: {names}"
    open_ = sum(not effect.is_clear for effect in told)
    if told:
        by_chance = (1 - CONFIDENCE) * len(told)
        yield (
            f"{open_} of {len(told)} intervals include 0: no effect is shown there, nor its "
            f"absence; of {len(told)} options without effect about {by_chance:.1f} would seem to "
            "have one"
        )
    yield from _untold([effect for effect in found.effects if not effect.interval])


def _untold(effects: Sequence[Effect]) -> Iterator[str]:
    """Say which questions the data cannot answer, by reason."""
    reasons: dict[str, list[str]] = {}
    for effect in effects:
        reasons.setdefault(effect.problem, []).append(f"{effect.option} at {effect.decision}")
    for reason, names in reasons.items():
        yield f"the data cannot tell {', '.join(names)}: {reason}"


def _points(value: float) -> str:
    return f"{100 * value + 0.0:+.2f}"


def _most(ends: tuple[int, int]) -> str:
    sign = "-" if ends[1] < 0 else "+"
    return f"{sign}{human(abs(ends[1]))}"


def _stages(stages: Sequence[int]) -> str:
    if not stages:
        return ""
    return str(stages[0]) if len(stages) == 1 else f"{stages[0]}-{stages[-1]}"


def _style(effect: Effect) -> str:
    if not effect.interval:
        return "dim"
    if not effect.is_clear:
        return ""
    return "green" if (effect.mean or 0.0) > 0 else "magenta"


def _scale(limit: float, cells: int) -> str:
    """Write the ends of the drawing and its middle."""
    left, right = _points(-limit), _points(limit)
    half = cells // 2
    return f"{left:<{half}}0{right:>{half}}" if limit else "0".center(cells)


def _bar(effect: Effect, limit: float, cells: int) -> str:
    """Draw an interval with its mean; the line in the middle is zero."""
    if effect.interval is None or effect.mean is None or not limit:
        return "not told"
    middle = cells // 2

    def cell(value: float) -> int:
        return middle + round(value / limit * middle)

    low, high = map(cell, effect.interval)
    drawn: Mapping[int, str] = {
        **dict.fromkeys(range(low, high + 1), "─"),
        middle: "┼" if low <= middle <= high else "│",
        low: "├" if low != middle else "┼",
        high: "┤" if high != middle else "┼",
        cell(effect.mean): "●",
    }
    return "".join(drawn.get(place, " ") for place in range(cells)).rstrip()
