"""What a replay came to, as a plain value."""

from dataclasses import dataclass, field

from nasattn.records.trial import Trial


@dataclass(frozen=True, slots=True)
class Ended:
    """A trial that came to its last epoch.

    Attributes:
        spent: Epochs that all workers had begun by then.
        digest: Its architecture.
        accuracy: What it reached: that of the recorded training which the replay drew.
    """

    spent: int
    digest: str
    accuracy: float


@dataclass(frozen=True, slots=True)
class Replay:
    """One search simulated on a table; equal where all but the clock's times is.

    Attributes:
        seed: Of its proposals, and of which recorded training each architecture has.
        trials: All that were begun, by number, as they were left: complete, pruned, paused (they
            wait for promotion) or running (the budget was at its end).
        ended: The complete ones, in the order in which they ended.
        spent: Epochs that were trained.
        seconds: What that took, in the table's recorded seconds of so many workers side by side.
        proposing_seconds: Of this machine, for all proposals together.
        judging_seconds: Likewise for all verdicts and promotions.
    """

    seed: int
    trials: tuple[Trial, ...]
    ended: tuple[Ended, ...]
    spent: int
    seconds: float
    proposing_seconds: float = field(compare=False)
    judging_seconds: float = field(compare=False)
