"""How far many equal pieces of work are: a bar on a terminal, a line now and then in a log."""

import sys
from collections.abc import Callable, Iterable, Iterator
from time import monotonic
from typing import TypeVar

from rich.console import Console
from rich.live import Live
from rich.table import Table

from nasattn.report.live_parts import BAR_WIDTH, QUIET_SECONDS, bar, error_console
from nasattn.report.units import counted, duration

T = TypeVar("T")


def counting(pieces: Iterable[T], total: int, noun: str) -> Iterator[T]:
    """Go through pieces of work and say on standard error how far it is.

    Args:
        pieces: Each comes when it is done.
        total: How many there will be.
        noun: What one of them is.
    """
    if sys.stderr.isatty():
        return shown(pieces, total, noun, error_console())
    return logged(pieces, total, noun, error_console())


def logged(
    pieces: Iterable[T],
    total: int,
    noun: str,
    console: Console,
    clock: Callable[[], float] = monotonic,
) -> Iterator[T]:
    """Say it in lines, each ten seconds or more after the one before: quick work says nothing."""
    began = said = clock()
    for done, piece in enumerate(pieces, 1):
        if (now := clock()) - said >= QUIET_SECONDS and done < total:
            said = now
            words = f"{done} of {counted(total, noun)}, {_left(done, total, now - began)}"
            console.print(words, soft_wrap=True)
        yield piece


def shown(
    pieces: Iterable[T],
    total: int,
    noun: str,
    console: Console,
    clock: Callable[[], float] = monotonic,
) -> Iterator[T]:
    """Show a bar, which is taken off the terminal in the end."""
    began = clock()
    with Live(console=console, refresh_per_second=4, transient=True) as live:
        live.update(_row(0, total, noun, ""))
        for done, piece in enumerate(pieces, 1):
            live.update(_row(done, total, noun, _left(done, total, clock() - began)))
            yield piece


def _row(done: int, total: int, noun: str, left: str) -> Table:
    grid = Table.grid(padding=(0, 1), expand=True)
    grid.add_column(no_wrap=True)
    grid.add_column(width=BAR_WIDTH)
    grid.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    grid.add_row(f"{noun}s", bar(done, total), f"{done}/{total}  {left}")
    return grid


def _left(done: int, total: int, seconds: float) -> str:
    return f"about {duration(seconds / done * (total - done))} left"
