"""What is asked from another terminal is done at the next step, and nothing else changes."""

import json
from dataclasses import replace
from threading import Event
from time import monotonic

import pytest
from typer.testing import CliRunner

from nasattn.cli.main import app
from nasattn.errors import StoppedError, UserError
from nasattn.placement import Architecture
from nasattn.search.crew.interrupt import TimeUpError, stop_after
from nasattn.search.ledger.attempt import Attempt, Proposal
from nasattn.search.ledger.ledger import Ledger
from nasattn.search.opening import resume
from nasattn.search.steering import Limit
from nasattn.search.storage import default_url, open_storage
from nasattn.search.study.settings import Settings
from nasattn.search.working.running import Outcome, Runner
from tests.search import made_up
from tests.search.made_up import LONG, Run
from tests.search.tiny import fail


def stopped(run: Run) -> None:
    run.steer().stop(Limit(30), after_trial=False)


def test_a_running_trial_is_pruned_at_its_next_step_and_the_search_goes_on(run: Run) -> None:
    took = []

    def prune() -> None:
        steering, began = run.steer(), monotonic()
        (ended,) = steering.prune([0], Limit(30))
        took.append(monotonic() - began)
        assert (ended.state, ended.reason) == ("pruned", "by hand")

    pruned, stop = run.meanwhile(0, prune), run.meanwhile(1, lambda: stopped(run))
    with pytest.raises(StoppedError):
        run.search()
    pruned.join()
    stop.join()
    assert took[0] < 2
    first, second = run.trials()
    assert (first.state, first.attempt) == ("pruned", 1)
    assert 1 < first.epochs < 1000
    assert (run.runs / "tiny/trials/0/checkpoint.pt").is_file()
    assert (second.state, second.reason) == ("paused", "stopped by `nasattn stop`")
    # Now at a terminal: one that is paused is pruned at once, one that has ended is not.
    line = ["prune", "tiny", "1", "--json", "--runs-dir", str(run.runs)]
    done = CliRunner().invoke(app, line)
    assert json.loads(done.stdout) == {
        "study": "tiny",
        "trials": [
            {
                "trial": 1,
                "state": "pruned",
                "reason": "by hand",
                "epochs": second.epochs,
                "accuracy": 0.5,
            }
        ],
    }
    assert (run.runs / "tiny/trials/1/checkpoint.pt").is_file()
    assert "trial 0 is pruned: only one that" in fail("prune", "tiny", "0", "--runs-dir", run.runs)
    assert "its trials are 0 to 1" in fail("prune", "tiny", "7", "--runs-dir", run.runs)
    assert [trial.state for trial in run.trials()] == ["pruned", "pruned"]
    # Where the database is gone, who asks makes no empty one in its place.
    database = run.runs / "tiny/study.db"
    database.unlink()
    for request in (("prune", "tiny", "0"), ("stop", "tiny"), ("dashboard", "tiny")):
        said = fail(*request, "--runs-dir", run.runs)
        assert "study.db is gone: `nasattn resume tiny` rebuilds it" in said
        assert not database.exists()


def test_a_request_to_stop_does_not_stop_the_search_that_is_started_later(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread = run.meanwhile(0, lambda: stopped(run))
    with pytest.raises(StoppedError):
        run.search(recipe__epochs=200, trials=1)
    thread.join()
    monkeypatch.setattr(made_up, "STEP_SECONDS", 0.0)
    paused = run.trial(0)
    assert paused is not None
    assert paused.state == "paused"
    assert run.resume() == Outcome.DONE
    assert [(t.state, t.attempt) for t in run.trials()] == [("complete", 2)]


@pytest.mark.slow
def test_after_the_trial_the_worker_leaves_and_the_trial_is_complete(run: Run) -> None:
    def stop() -> None:
        assert run.steer().stop(Limit(60), after_trial=True) == 1

    thread = run.meanwhile(0, stop)
    with pytest.raises(StoppedError):
        run.search(recipe__epochs=100)
    thread.join()
    assert [trial.state for trial in run.trials()] == ["complete"]


def test_where_nobody_works_there_is_nobody_to_stop(run: Run) -> None:
    run.search(recipe__epochs=2)
    done = CliRunner().invoke(app, ["stop", "tiny", "--runs-dir", str(run.runs)])
    assert (done.exit_code, done.stdout) == (0, "no process is searching tiny\n")


@pytest.mark.slow
def test_a_trial_over_its_time_ends_pruned_but_never_the_baseline(run: Run) -> None:
    study = LONG.replace('"random"', '"random"\nmax_trial_time = "0.5s"')
    assert run.search(study, recipe__epochs=13) == Outcome.DONE
    baseline, *others = run.trials()
    assert baseline.state == "complete"
    assert baseline.seconds > 0.5
    for trial in others:
        assert trial.state == "pruned"
        assert trial.reason == f"max_trial_time is 0.5 s: ended after {trial.epochs} of 13 epochs"


@pytest.mark.slow
def test_a_trial_over_its_time_that_is_resumed_by_hand_is_trained_to_its_end(run: Run) -> None:
    study = LONG.replace('"random"', '"random"\nmax_trial_time = "0.5s"')
    run.search(study, recipe__epochs=13)
    again = run.session(lambda: None)
    resume("tiny", None, None, again, lambda opened: Runner(opened).run_again([1], None))
    trial = run.trial(1)
    assert trial is not None
    assert (trial.state, trial.epochs, trial.by_hand) == ("complete", 13, True)


def test_a_time_limit_that_is_none_is_refused_by_name(run: Run) -> None:
    with pytest.raises(UserError, match=r'max_trial_time.*"soon" is no duration'):
        run.search(search__max_trial_time="soon")


def test_a_study_out_of_time_is_paused(run: Run) -> None:
    over = Event()

    def check() -> None:
        if over.is_set():
            stop_after(-1.0)()

    thread = run.meanwhile(0, over.set)
    with pytest.raises(TimeUpError):
        run.search(check=check)
    thread.join()
    (trial,) = run.trials()
    assert (trial.state, trial.reason) == ("paused", "time is up")


def taken_for_dead(ledger: Ledger, number: int) -> Attempt:
    """Go on with a trial as another worker does that finds its worker dead."""
    attempt = ledger.attempts()[number]
    assert ledger.close(attempt)
    text = (ledger.trial_folder(attempt.record) / "architecture.json").read_text(encoding="utf-8")
    frozen = attempt.frozen
    proposal = Proposal(Architecture.parse(text), frozen.params, frozen.distributions, {})
    again = replace(attempt.record, attempt=attempt.record.attempt + 1, curve=())
    return ledger.start(again, proposal)


def test_who_was_wrongly_taken_for_dead_notices_and_writes_no_more(run: Run) -> None:
    ledgers = []

    def take() -> None:
        folder = run.runs / "tiny"
        storage = open_storage(default_url(folder), "test")
        ledger = Ledger(storage, Settings.load(folder), folder, "test", begun=True)
        ledger.roster.sign(ledger.worker, 1)
        taken_for_dead(ledger, 0)
        ledgers.append(ledger)

    over = Event()

    def check() -> None:
        if over.is_set():
            raise StoppedError("interrupted")

    threads = [run.meanwhile(0, take), run.meanwhile(1, over.set)]
    with pytest.raises(StoppedError):
        run.search(check=check)
    for thread in threads:
        thread.join()
    (ledger,) = ledgers
    found = ledger.attempts()
    assert found[0].record.attempt == 2
    assert found[0].record.state == "running", "it is the other worker's"
    assert found[1].record.state == "paused"
    history = run.runs / "tiny" / "trials" / "0" / "history.jsonl"
    assert history.read_text(encoding="utf-8") == "", "as the other worker left it"
    record = json.loads((history.parent / "trial.json").read_text(encoding="utf-8"))
    assert (record["attempt"], record["state"]) == (2, "running")
