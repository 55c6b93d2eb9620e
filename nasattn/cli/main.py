"""The command ``nasattn``: its commands, and how errors leave it."""

import os
import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from nasattn.cli import look, read, search, space
from nasattn.errors import NasattnError

app = typer.Typer(
    name="nasattn",
    help="Search and ablate which attention module goes where in a convolutional network.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich's panels would take as long as the rest of --help
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - the signature that typer calls
    if wanted:
        from nasattn import __version__

        typer.echo(f"nasattn {__version__}")
        raise typer.Exit


@app.callback()
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


for _part in (search, read, space, look):
    _part.register(app)


def main() -> None:
    """Run the command line; errors become one line on standard error and an exit code."""
    # Waiting threads that spin slow a busy machine down many times; torch reads this at import.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    # A user's own network or data set is imported from where the command is typed.
    sys.path.append(str(Path.cwd()))
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    debug = len(arguments) < len(sys.argv) - 1
    try:
        app(arguments)
    except BrokenPipeError:
        # The reader of a pipe has what it wanted (`nasattn trials NAME | head`).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if debug:
            raise
        _leave(*line_and_code(error))


def line_and_code(error: Exception) -> tuple[str, int]:
    """Return what an error says on standard error, and the command's exit code."""
    if isinstance(error, NasattnError):
        return str(error), error.exit_code
    if isinstance(error, OSError):
        return f"{error.filename or 'output'}: {error.strerror or error}", 1
    if isinstance(error, MemoryError) or re.search(
        "(not enough|allocate|out of) memory", str(error)
    ):
        return "out of memory: smaller images, batches or networks need less of it", 1
    return f"{type(error).__name__}: {error} (a bug in nasattn; --debug shows where)", 1


def _leave(text: str, code: int) -> None:
    line = " ".join(text.split("\n"))
    sys.stderr.write(f"nasattn: {line}\n")
    sys.exit(code)


if __name__ == "__main__":
    main()
