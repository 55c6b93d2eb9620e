"""A search one training after the other: what an engine trains is looked up and written down."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from comparing.bed import Bed
from nasattn.records.replay import Ended, Replay
from nasattn.records.trial import Trial
from nasattn.search.replay.tabled import drawn
from nasattn.search.replay.timing import Stopwatch
from nasattn.seeding import derive_seed


class SpentError(Exception):
    """The budget is spent."""


class Course:
    """What a search of one seed has trained.

    Args:
        bed: What is searched.
        seed: Of the search, and of which recorded training each architecture has.

    Attributes:
        bed: The same.
        seed: The same.
        known: The latest accuracy of all that was trained, by digest.
        proposing: Times proposals.
        judging: Times verdicts.
    """

    def __init__(self, bed: Bed, seed: int) -> None:
        self.bed, self.seed = bed, seed
        self.known: dict[str, float] = {}
        self.proposing, self.judging = Stopwatch(), Stopwatch()
        self._trials: list[Trial] = []
        self._ended: list[Ended] = []
        self._spent = 0
        self._chance = Random(derive_seed(seed, "course"))

    def cost(self, digest: str) -> tuple[float, ...]:
        """Return the costs of an architecture."""
        names = self.bed.table.study.objectives[1:]
        return tuple(float(getattr(self.bed.recorded[digest][0], name)) for name in names)

    def epochs(self, digest: str) -> Iterator[float]:
        """Train an architecture and yield its accuracy after each epoch.

        Who has enough of it calls ``stop`` and asks no more.

        Raises:
            SpentError: the budget ends here.
        """
        whole = drawn(self.bed.recorded[digest], self.bed.repeats, self.seed)
        base = replace(whole, trial=len(self._trials), state="running", curve=(), epochs=0)
        for epoch in range(1, len(whole.curve) + 1):
            if self._spent == self.bed.budget:
                raise SpentError
            if epoch == 1:
                self._trials.append(base)
            self._spent += 1
            record = self._trials[-1] = base.with_curve(whole.curve[:epoch])
            self.known[digest] = record.accuracy or 0.0
            if epoch == len(whole.curve):
                self._trials[-1] = replace(record, state="complete")
                self._ended.append(Ended(self._spent, digest, record.accuracy or 0.0))
            yield record.accuracy or 0.0

    def whole(self, digest: str) -> float:
        """Return what an architecture comes to; what was trained already is not trained again.

        Raises:
            SpentError: the budget ends here.
        """
        if digest not in self.known:
            for _ in self.epochs(digest):
                pass
        return self.known[digest]

    def stop(self) -> None:
        """End the training under way."""
        self._trials[-1] = replace(self._trials[-1], state="pruned")

    def unseen(self) -> str:
        """Draw an architecture that was not trained yet.

        Raises:
            SpentError: there is none.
        """
        left = [digest for digest in self.bed.domain.params if digest not in self.known]
        if not left:
            raise SpentError
        return self._chance.choice(left)

    def replay(self) -> Replay:
        """Return all of it."""
        return Replay(
            self.seed,
            tuple(self._trials),
            tuple(self._ended),
            self._spent,
            sum(trial.seconds for trial in self._trials),
            self.proposing.seconds,
            self.judging.seconds,
        )
