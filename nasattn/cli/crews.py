"""Who trains: this process, processes of its own, or workers on a Ray cluster."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nasattn.errors import UnknownNameError, UserError
from nasattn.records.database import STORAGE_VARIABLE, without_password

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nasattn.search.crew.crew import Crew
    from nasattn.search.opening import Work

Workers = Annotated[
    int | None,
    typer.Option(
        min=1, max=256, help="Processes that train; CUDA devices are dealt out. [default: 1]"
    ),
]
Engine = Annotated[
    str | None,
    typer.Option(
        metavar="ray", help="Run the workers on a Ray cluster, as many as it has room for."
    ),
]
Address = Annotated[
    str | None,
    typer.Option(
        metavar="HOST:PORT", help="Of the Ray cluster. [default: RAY_ADDRESS, or this machine]"
    ),
]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who is to train, as the command line says it."""

    workers: int | None = None
    device: str = "auto"
    engine: str | None = None
    address: str | None = None
    tensorboard: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """Trials that are trained further, and to how many epochs where that is not the recipe's."""

    trials: "Sequence[int]"
    epochs: int | None


@dataclass(frozen=True, slots=True)
class Team:
    """Who trains.

    Attributes:
        crew: The workers; None where this process trains.
        device: Of this process.
        tensorboard: Whether this process writes event files.
    """

    crew: "Crew | None"
    device: str
    tensorboard: bool

    def work(self, again: Chosen | None = None) -> "Work":
        """Return who trains all or chosen trials."""
        from nasattn.search.opening import work_here
        from nasattn.search.working.running import Runner

        crew = self.crew
        if again is None:
            return crew.work if crew else work_here
        trials, epochs = again.trials, again.epochs
        if crew:
            return lambda study: crew.work_again(study, trials, epochs)
        return lambda study: Runner(study).run_again(trials, epochs)


def hire(wanted: Wanted, storage: str | None, kept: str | Path | None = None) -> Team:
    """Find who trains; those on a cluster are asked for at once.

    Args:
        wanted: As the command line says.
        storage: The storage's URL as the user gave it.
        kept: Where the study is kept; None is its run folder.

    Raises:
        UserError: there is no such engine, or its cluster will not do.
    """
    from nasattn.search.crew.crew import Crew

    device, tensorboard = wanted.device, wanted.tensorboard
    if wanted.engine is not None:
        from nasattn.search.crew.cluster import connect

        if wanted.engine != "ray":
            raise UnknownNameError("engine", wanted.engine, ["ray"], "--engine")
        _check_tells_no_password()
        cluster = connect(wanted.address, device, wanted.workers)
        cluster.check_reaches(kept)
        crew = Crew(cluster.start, storage, tensorboard=tensorboard)
        return Team(crew, cluster.device_here, tensorboard=False)
    if wanted.address is not None:
        raise UserError(f"--address {wanted.address}: is of a Ray cluster: give --engine ray too")
    if wanted.workers is None or wanted.workers == 1:
        return Team(None, device, tensorboard)
    from nasattn.search.crew.own import deal, own_processes

    start = own_processes(deal(device, wanted.workers))
    return Team(Crew(start, storage, tensorboard=tensorboard), device, tensorboard=False)


def _check_tells_no_password() -> None:
    if any(without_password(word) != word for word in sys.argv):
        raise UserError(
            "--storage: Ray would show its password to all who see the cluster's jobs, as a part "
            f"of the command; leave it to {STORAGE_VARIABLE} or ~/.pgpass"
        )
