"""The command ``nasattn``: its commands, and how errors leave it."""

import os
import signal
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

import typer

from nasattn.errors import NasattnError

# Which part registers which commands: only that of the one that is asked for is imported.
PARTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "search": ("search", "resume", "train"),
        "workers": ("prune", "stop", "worker", "member"),
        "steer": ("invalidate",),
        "read": ("studies", "trials", "show", "pareto"),
        "weigh": ("compare", "importance"),
        "ablate": ("ablate", "retrain"),
        "suggesting": ("suggest",),
        "savings": ("savings",),
        "tables": ("table", "replay"),
        "space": ("space",),
        "look": ("modules", "sites", "cost"),
        "predict": ("predict",),
        "export": ("export",),
        "report": ("report",),
        "dashboard": ("dashboard",),
    }
)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - the signature that typer calls
    if wanted:
        from nasattn import __version__

        typer.echo(f"nasattn {__version__}")
        raise typer.Exit


def _options(
    *,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_print_version, is_eager=True),
    ] = False,
) -> None:
    """Search and ablate which attention module goes where in a convolutional network."""
    del debug, version  # main() looks for --debug, which may stand anywhere in the line


def application(parts: Iterable[str] = PARTS) -> typer.Typer:
    """Return the command line with the commands of ``parts``."""
    made = typer.Typer(
        name="nasattn",
        help="Search and ablate which attention module goes where in a convolutional network.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # rich's panels would take as long as the rest of --help
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    made.callback()(_options)
    for part in parts:
        import_module(f"nasattn.cli.{part}").register(made)
    return made


@cache
def __getattr__(name: str) -> typer.Typer:
    """Return ``app``, the whole command line."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return application()


def main() -> None:
    """Run the command line; errors become one line on standard error and an exit code."""
    # Waiting threads that spin slow a busy machine down many times; torch reads this at import.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    # A user's own network or data set is imported from where the command is typed.
    sys.path.append(str(Path.cwd()))
    _replace_closed_streams()
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    with _quiet_interrupts():
        sys.exit(_run(arguments, debug=len(arguments) < len(sys.argv) - 1))


def _asked(arguments: list[str]) -> typer.Typer:
    """Return the application with the one command that is asked for: typer builds all it has."""
    name = arguments[0] if arguments else ""
    part = next((part for part, names in PARTS.items() if name in names), None)
    if part is None:
        return application()
    only = application([part])
    # The application's own options keep it a group, in which the command has its name.
    only.registered_commands = [
        command
        for command in only.registered_commands
        if command.callback and command.callback.__name__ == name
    ]
    return only


def _run(arguments: list[str], *, debug: bool) -> int:
    """Run a command; return its exit code."""
    try:
        code: int | None = _asked(arguments)(arguments, prog_name="nasattn", standalone_mode=False)
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):  # typer turns the one into the other
        # The reader of a pipe has what it wanted (`nasattn trials NAME | head`).
        _discard_output()
        return 0
    except Exception as error:
        text, code = text_and_code(error)
        if debug and not _is_usage_error(error):
            from traceback import format_exception

            text = "".join(format_exception(error)).rstrip()
        _complain(_without_passwords(text))
    return code or 0


def _without_passwords(text: str) -> str:
    from nasattn.records.database import environment_url, hidden

    return hidden(text, [*sys.argv, environment_url() or ""])


@contextmanager
def _quiet_interrupts() -> Iterator[None]:
    """End at Ctrl-C without a traceback, also in the middle of an import.

    A search listens itself while it runs; no other command has anything to bring to an end.
    """
    before = signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _replace_closed_streams() -> None:
    """Put the null device where a shell closed standard output or error (``>&-``)."""
    # The descriptors too, or the next files that are opened would take their place.
    for number, name in ((1, "stdout"), (2, "stderr")):
        if getattr(sys, name) is None:
            os.dup2(os.open(os.devnull, os.O_WRONLY), number)
            setattr(sys, name, os.fdopen(number, "w", encoding="utf-8"))


def _discard_output() -> None:
    """Let what is still buffered go nowhere: flushing it at exit would fail once more."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _is_usage_error(error: Exception) -> bool:
    # Typer brings a copy of click with it and does not export the base of its errors.
    return hasattr(error, "format_message")


def text_and_code(error: Any) -> tuple[str, int]:
    """Return what an error says on standard error, and the command's exit code."""
    if type(error).__name__ == "NoArgsIsHelpError":
        return error.format_message(), error.exit_code
    if _is_usage_error(error):
        command = error.ctx.command_path if getattr(error, "ctx", None) else "nasattn"
        return _line(f"{error.format_message()} ({command} --help tells more)"), error.exit_code
    if isinstance(error, NasattnError):
        return _line(str(error)), error.exit_code
    if isinstance(error, OSError):
        return _line(f"{error.filename or 'output'}: {error.strerror or error}"), 1
    from nasattn.training.memory import is_out_of_memory

    if is_out_of_memory(error):
        return _line("out of memory: smaller images, batches or networks need less of it"), 1
    name = type(error).__name__
    return _line(f"{name}: {error} (a bug in nasattn; --debug shows where)"), 1


def _line(text: str) -> str:
    return f"nasattn: {' '.join(text.splitlines())}"


def _complain(text: str) -> None:
    with suppress(OSError):
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
    try:
        sys.stdout.flush()
    except OSError:
        _discard_output()


if __name__ == "__main__":
    main()
