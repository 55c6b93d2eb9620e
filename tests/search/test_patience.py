"""A storage that goes away under way is waited for, and nothing is entered twice."""

from collections.abc import Callable, Iterator
from itertools import cycle
from time import sleep
from typing import Any

import psycopg
import pytest
import sqlalchemy
from optuna.storages import RDBStorage

from nasattn.errors import LostError, StoppedError
from nasattn.search import patience
from nasattn.search.ledger import heartbeat
from nasattn.search.ledger.reading import Rows
from nasattn.search.ledger.roster import Board
from nasattn.search.ledger.worker import this_worker
from nasattn.search.patience import impatient, patient, persist
from nasattn.search.storage import PatientStorage, storage_errors
from tests.search.made_up import Run


def lost() -> Exception:
    return sqlalchemy.exc.OperationalError("", {}, psycopg.OperationalError("refused"))


class Failing:
    """Fails so many times as if the server were away, before or after it has done its work."""

    def __init__(self, do: Callable[..., Any], times: int, *, done: bool = False) -> None:
        self._do, self._times, self._done, self.calls = do, times, done, 0

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        self.calls += 1
        if self.calls > self._times:
            return self._do(*arguments, **named)
        if self._done:
            self._do(*arguments, **named)
        raise lost()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "_PAUSE_SECONDS", 0.0)


@pytest.fixture
def said() -> Iterator[list[str]]:
    notes: list[str] = []
    with patient(lambda: None, notes.append):
        yield notes


def test_who_is_patient_asks_again_and_tells_of_it_once(said: list[str]) -> None:
    ask = Failing(lambda: 7, 3)
    assert persist(ask) == 7
    assert ask.calls == 4
    assert [words.partition(" (")[0] for words in said] == [
        "the storage does not answer",
        "the storage answers again after 0 s",
    ]


@pytest.mark.usefixtures("said")
def test_what_waiting_does_not_mend_is_raised_at_once() -> None:
    def ask() -> None:
        raise KeyError("no such row")

    with pytest.raises(KeyError):
        persist(ask)


def test_nobody_waits_who_was_not_told_to(said: list[str]) -> None:
    with impatient(), pytest.raises(LostError, match="refused"), storage_errors("x://y"):
        persist(Failing(lambda: 7, 1))
    assert not said


def test_patience_has_an_end(said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "WAIT_SECONDS", -1.0)
    with pytest.raises(sqlalchemy.exc.OperationalError):
        persist(Failing(lambda: 7, 5))
    assert len(said) == 1


def test_whoever_waits_can_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    def check() -> None:
        raise StoppedError("interrupted")

    monkeypatch.setattr(patience, "_PAUSE_SECONDS", 0.1)
    ask = Failing(lambda: 7, 10**9)
    with patient(check, lambda _: None), pytest.raises(StoppedError):
        persist(ask)
    assert ask.calls == 1


_CALLS = (
    *("get_study_user_attrs", "set_study_user_attr", "get_trial"),
    *("set_trial_user_attr", "set_trial_state_values"),
)


def is_patient() -> bool:
    """Tell the search from its opening, and from the heartbeat's thread."""
    return patience._patience.get() is not None


@pytest.mark.parametrize("done", [False, True])
def test_a_search_is_the_same_though_every_call_fails_first(
    run: Run, monkeypatch: pytest.MonkeyPatch, *, done: bool
) -> None:
    failed = set()

    def failing(name: str) -> Callable[..., Any]:
        once = getattr(RDBStorage, name)

        def twice(storage: RDBStorage, *arguments: Any, **named: Any) -> Any:
            def ask() -> Any:
                return once(storage, *arguments, **named)

            if not is_patient():
                return ask()
            failed.add(name)
            return persist(Failing(ask, 1, done=done))

        return twice

    read, turns = Rows.read, cycle([True, False])

    def read_twice(rows: Rows) -> Any:
        return Failing(lambda: read(rows), next(turns), done=done)() if is_patient() else read(rows)

    for name in _CALLS:
        monkeypatch.setattr(PatientStorage, name, failing(name))
    monkeypatch.setattr(Rows, "read", read_twice)
    run.search(search__sampler="grid", recipe__epochs=2)
    assert failed == set(_CALLS)
    assert_each_once(run)


def assert_each_once(run: Run) -> None:
    found = run.trials()
    assert [(t.trial, t.state, t.attempt, t.epochs) for t in found] == [
        (number, "complete", 1, 2) for number in range(3)
    ]
    assert len({trial.digest for trial in found}) == 3


def rows(run: Run) -> list[str]:
    """Return the states of Optuna's trials."""
    engine = sqlalchemy.create_engine(f"sqlite:///{run.runs / 'tiny' / 'study.db'}")
    with engine.connect() as connection:
        found = connection.execute(sqlalchemy.text("SELECT state FROM trials ORDER BY trial_id"))
        return [state for (state,) in found]


def test_a_claim_whose_answer_was_lost_is_not_entered_again(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter = RDBStorage.create_new_trial

    def answer_lost(storage: RDBStorage, *arguments: Any, **named: Any) -> int:
        ask = Failing(lambda: enter(storage, *arguments, **named), 1, done=True)
        return int(persist(ask))

    monkeypatch.setattr(PatientStorage, "create_new_trial", answer_lost)
    run.search(search__sampler="grid", recipe__epochs=2)
    assert rows(run) == ["COMPLETE"] * 3
    assert_each_once(run)


class Away:
    """A roster whose storage goes away."""

    def __init__(self) -> None:
        self.is_away = False

    def sign(self, *_: object) -> None:
        if self.is_away:
            raise LostError("the storage does not answer")

    def sign_out(self, _: str) -> None:
        self.sign()

    def read(self) -> Board:
        self.sign()
        return Board({}, None)


def test_a_training_goes_on_without_its_storage_for_a_while_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(heartbeat, "PERIOD_SECONDS", 0.01)
    roster: Any = Away()
    with heartbeat.Heartbeat(roster, this_worker()) as beating:
        roster.is_away = True
        sleep(0.1)
        beating.check()
        monkeypatch.setattr(heartbeat, "_STALE_SECONDS", 0.0)
        with pytest.raises(LostError):
            beating.check()
