"""``nasattn trials --watch``: look at a study again and again, until it is done."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import typer

from nasattn.cli.options import runs_dir_words

_SECONDS = 1.0


def watch_trials(name: str, runs_dir: Path, storage: str | None, *, as_json: bool) -> None:
    """Show a study that is being searched.

    Raises:
        typer.Exit: it was interrupted: exit code 130.
        UserError: the study or its storage cannot be read.
    """
    from nasattn.records import Study, Trial, is_exhausted, load_running, load_study
    from nasattn.report.watch import LiveView, make_view, watch

    def read() -> tuple[Study, tuple[Trial, ...]]:
        study = load_study(runs_dir, name, storage=storage)  # its total may have been raised
        return study, load_running(study)

    read()  # what cannot be read is told before the view begins
    view = make_view(as_json=as_json)
    try:
        with _interruptible(), view if isinstance(view, LiveView) else nullcontext():
            watch(read, view, lambda: time.sleep(_SECONDS), is_exhausted)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    if not as_json:
        from nasattn.report.ink import suggest

        suggest(f"nasattn pareto {name}{runs_dir_words(runs_dir)}")


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let a signal end the view, which then gives the terminal's cursor back."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, signal.default_int_handler) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
