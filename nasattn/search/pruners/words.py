"""Reasons in words and numbers."""

from collections.abc import Sequence

from nasattn.search.pruners.race import Contender, Race


def standing(contender: Contender, epoch: int, race: Race) -> str:
    """Write where a trial was after an epoch: ``61.20 % at 0.29 M params``."""
    accuracy = f"{100 * contender.accuracies[epoch - 1]:.2f} %"
    costs = cost_words(race.costs, contender.costs)
    return f"{accuracy} at {costs}" if costs else accuracy


def cost_words(names: Sequence[str], costs: Sequence[float]) -> str:
    """Write costs with four digits, in millions but for the latency.

    >>> cost_words(("params", "latency_ms"), (289_990, 4.2))
    '0.29 M params, 4.2 ms'
    """
    return ", ".join(
        f"{cost:.4g} ms" if name == "latency_ms" else f"{cost / 1e6:.4g} M {name}"
        for name, cost in zip(names, costs, strict=True)
    )
