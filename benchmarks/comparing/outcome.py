"""What one search came to, as a line of JSON."""

import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from comparing import engines
from comparing.bed import Bed
from nasattn.analysis.believed import believed_front
from nasattn.analysis.replays import share_at
from nasattn.analysis.yardstick import Step, Yardstick
from nasattn.errors import UserError
from nasattn.records.replay import Replay
from nasattn.records.table import Table

_HERE = Path(__file__).parent
_DECISIVE = (
    *("nasattn/search", "nasattn/surrogate", "nasattn/analysis", "nasattn/space", "nasattn/cost"),
    *("nasattn/placement", "nasattn/records", "benchmarks/comparing"),
)
_PACKAGES = ("optuna", "syne-tune", "numpy", "scipy")


@dataclass(frozen=True)
class Outcome:
    """What one search came to.

    Attributes:
        code: Of which sources and trainings; see ``code``.
        bed: On what.
        engine: By whom.
        seed: Of the search.
        budget: In epochs.
        steps: Epochs spent and the share of the true front's hypervolume, whenever it changes.
        begun: Trials on the true front that were begun, trial 0 left out.
        stopped: Those of them that were stopped.
        waiting: Those of them that waited at the end.
        trials: Begun in all.
        complete: Of them.
        believed: The share of the front of posterior means, at true means; None of few results.
        claimed: What that front claims.
        proposing_ms: Of this machine, for a proposal.
        judging_ms: For the verdicts on a trial.
    """

    code: str
    bed: str
    engine: str
    seed: int
    budget: int
    steps: tuple[Step, ...]
    begun: int
    stopped: int
    waiting: int
    trials: int
    complete: int
    believed: float | None
    claimed: float | None
    proposing_ms: float
    judging_ms: float

    def share(self, budget: float) -> float:
        """Return what was found when so many epochs were spent."""
        return share_at(self.steps, int(budget))

    def line(self) -> str:
        """Return it as JSON."""
        return json.dumps(asdict(self), separators=(",", ":")) + "\n"

    @classmethod
    def read(cls, line: str) -> "Outcome":
        """Return what ``line`` wrote."""
        values = json.loads(line)
        return cls(**{**values, "steps": tuple(Step(*step) for step in values["steps"])})


def search(bed: Bed, engine: str, seed: int) -> Outcome:
    """Let an engine search a bed."""
    found = engines.search(bed, engine, seed)
    yardstick = bed.yardstick
    states = [t.state for t in found.trials if t.digest in yardstick.front and t.trial]
    believed, claimed = _believed(bed.table, found, yardstick)
    return Outcome(
        code(bed),
        bed.name,
        engine,
        seed,
        bed.budget,
        tuple(yardstick.steps(found)),
        len(states),
        states.count("pruned"),
        states.count("paused"),
        len(found.trials),
        len(found.ended),
        believed,
        claimed,
        1e3 * found.proposing_seconds / len(found.trials),
        1e3 * found.judging_seconds / len(found.trials),
    )


def _believed(
    table: Table, found: Replay, yardstick: Yardstick
) -> tuple[float, float] | tuple[None, None]:
    """Return the share of the front of posterior means in truth, and by what it claims."""
    try:
        front = believed_front(table.study, found.trials)
    except UserError:  # too few came to their end
        return None, None
    means = {member.result.trial.digest: member.mean for member in front.members}
    return yardstick.share(means), yardstick.claimed(means)


def code(bed: Bed) -> str:
    """Return a mark of all that decides what a search comes to: sources and trainings."""
    return f"{_sources()}-{bed.mark}"


@cache
def _sources() -> str:
    mark = hashlib.sha256()
    for folder in _DECISIVE:
        for file in sorted((_HERE.parent.parent / folder).rglob("*.py")):
            mark.update(file.read_bytes())
    for package in _PACKAGES:
        with suppress(PackageNotFoundError):  # peers are an extra
            mark.update(version(package).encode())
    return mark.hexdigest()[:8]


def read_outcomes(file: Path) -> list[Outcome]:
    """Return the outcomes in a file; a line that was cut off is left out."""
    if not file.exists():
        return []
    return list(_whole(file.read_text(encoding="utf-8").splitlines(keepends=True)))


def _whole(lines: Iterable[str]) -> Iterable[Outcome]:
    return (Outcome.read(line) for line in lines if line.endswith("\n"))
