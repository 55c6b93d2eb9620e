"""Making, opening and resuming a study in its run folder."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from nasattn.errors import UserError
from nasattn.records import Trial, check_name, has_trials, load_study, load_trials
from nasattn.search.artifacts import ready_folder
from nasattn.search.ledger.ledger import Ledger
from nasattn.search.ledger.rebuild import rebuild_if_gone, what_to_do
from nasattn.search.lock import opening
from nasattn.search.patience import patient
from nasattn.search.storage import open_storage
from nasattn.search.study.environment import differences, environment
from nasattn.search.study.freeze import Material, freeze, thaw
from nasattn.search.study.outline import keep_outline
from nasattn.search.study.session import Session
from nasattn.search.study.settings import Settings, check_same, kept_in
from nasattn.search.study.study_file import StudyFile
from nasattn.search.working.running import OpenStudy, Outcome, Runner

Work = Callable[[OpenStudy], Outcome]
"""Trains the trials of an open study, here or in processes of its own."""


def work_here(study: OpenStudy) -> Outcome:
    """Train the trials in this process."""
    return Runner(study).run()


def search(
    file: StudyFile, relative_to: Path, place: str, session: Session, work: Work = work_here
) -> Outcome:
    """Search a study from its file; go on with it where it was begun under the same settings.

    Args:
        file: The study as the user wrote it.
        relative_to: What the path of its search space is relative to.
        place: The file's name, for errors.
        session: Where and how.
        work: Who trains.

    Raises:
        UserError: the file is wrong, or the study was made with other settings.
        FailedError: the storage, the disk or the bare backbone failed.
        StoppedError: the user asked to stop.
    """
    folder = session.runs_dir / check_name(file.name or "")
    frozen = Settings.load(folder) if (folder / "study.toml").is_file() else None
    material = freeze(file, relative_to, place, session, frozen)
    if frozen is not None:
        check_same(frozen, material.settings, place)
        changes = {
            "execution": material.settings.execution,
            "artifacts": material.settings.artifacts,
        }
        raised = frozen.raised_to(material.settings)  # `resume --trials` may have raised it before
        material = replace(material, settings=raised.model_copy(update=changes))
    with what_to_do(folder, material.settings):
        return _worked(_open(material, folder, frozen, session, file.storage), work)


def resume(
    name: str, trials: int | None, storage: str | None, session: Session, work: Work = work_here
) -> Outcome:
    """Go on with a study by its name.

    Args:
        name: The study's name.
        trials: Its new total; None leaves it.
        storage: Its storage's URL, where that needs a password.
        session: Where and how.
        work: Who trains.

    Raises:
        UserError: there is no such study, its data are gone or changed, or it has variants
            and their number is their total.
        FailedError: the storage, the disk or the bare backbone failed.
        StoppedError: the user asked to stop.
    """
    study = load_study(session.runs_dir, name, storage=storage)
    folder = study.path
    frozen = Settings.load(folder)
    if trials is not None:
        _check_total(trials, frozen, load_trials(study, curves=False))
    settings = frozen.model_copy(update={"trials": trials or frozen.trials})
    material = thaw(settings, session)
    with what_to_do(folder, settings):
        return _worked(_open(material, folder, frozen, session, storage), work)


def _worked(study: OpenStudy, work: Work) -> Outcome:
    # Only from here on: an address that was wrong from the start is told at once.
    with patient(study.session.check, study.session.observer.note):
        return work(study)


def open_ledger(folder: Path, settings: Settings, given: str | None) -> Ledger:
    """Open the trials of a study that was begun, and no more; a database that is gone is rebuilt.

    Args:
        folder: Its run folder.
        settings: The study.
        given: Its storage's URL as the user gave it, with a password if it needs one.
    """
    if not (folder / "study.db").exists() and not settings.storage:
        with opening(folder):
            rebuild_if_gone(folder, settings)
    url, shown = kept_in(settings, folder, given)
    return Ledger(open_storage(url, shown), settings, folder, shown, begun=True)


def _check_total(total: int, frozen: Settings, begun: Sequence[Trial]) -> None:
    if frozen.variant:
        raise UserError(f'study "{frozen.name}" lists variants: its total is {frozen.trials}')
    if total < len(begun):
        raise UserError(
            f'--trials {total}: is the total, and study "{frozen.name}" has {len(begun)} trials '
            f"already; a total above {len(begun)} adds trials"
        )


def _open(
    material: Material, folder: Path, frozen: Settings | None, session: Session, given: str | None
) -> OpenStudy:
    """Open a study that is new (``frozen`` is None) or gone on with.

    Args:
        material: The study.
        folder: Its run folder.
        frozen: Its settings as they were, where it was begun.
        session: Where and how.
        given: Its storage's URL as the user gave it, with a password if it needs one.
    """
    settings = material.settings
    url, shown = kept_in(settings, folder, given)
    begun = has_trials(folder)
    _check_database(url, begun=begun, own=frozen is not None and settings.storage is None)
    if settings.artifacts:
        ready_folder(settings.artifacts, begun=begun)
    storage = open_storage(url, shown) if settings.storage else None
    _check_hardware(frozen, session)
    with opening(folder), _left_as_it_was(folder):
        if frozen is not None and (done := rebuild_if_gone(folder, frozen, session.observer.note)):
            session.observer.note(done)
        storage = storage or open_storage(url, shown)
        ledger = Ledger(storage, settings, folder, shown, begun=begun)
        _save(settings, frozen, folder)
        keep_outline(material, folder)
        _note_differences(frozen, session)
    return OpenStudy(material, ledger, folder, session)


def _save(settings: Settings, frozen: Settings | None, folder: Path) -> None:
    if frozen is None and (folder / "study.toml").is_file():
        # Another process has made the study a moment ago: it is the same but for its total.
        frozen = Settings.load(folder)
        settings = frozen.model_copy(update={"trials": max(frozen.trials, settings.trials)})
    if frozen != settings:
        settings.save(folder)


@contextmanager
def _left_as_it_was(folder: Path) -> Iterator[None]:
    """Take away what a study that could not be made has left behind, and nothing else."""
    database = (folder / "study.db", folder / "study.db-journal")
    new = [path for path in database if not path.exists()]
    try:
        yield
    finally:
        if not (folder / "study.toml").exists() and not any(folder.glob("trials/*")):
            for path in (folder / "lock", *new):
                path.unlink(missing_ok=True)
            with suppress(OSError):
                folder.rmdir()


def _check_database(url: str, *, begun: bool, own: bool) -> None:
    """Refuse to begin anew where a study was begun and its SQLite file is gone.

    Its ``own``, in the run folder, is rebuilt. Another may lie on a disk that is not mounted.
    """
    scheme, _, path = url.partition(":///")
    if begun and not own and scheme.startswith("sqlite") and not Path(path).is_file():
        raise UserError(
            f"{path} is gone, but the trials in the run folder are not; put it back, or give "
            "the study another --name"
        )


def _check_hardware(frozen: Settings | None, session: Session) -> None:
    """Refuse to compare latencies of different hardware."""
    if frozen is None or "latency_ms" not in frozen.objectives:
        return
    hardware = ("device", "processor") if session.device.type == "cpu" else ("device",)
    changed = differences(frozen.environment, environment(session.device), hardware)
    if changed:
        raise UserError(
            f'study "{frozen.name}" compares latencies, which must be of one machine: '
            f"{'; '.join(changed)}; go on there, or give another --name"
        )


def _note_differences(frozen: Settings | None, session: Session) -> None:
    if frozen is None:
        return
    changed = differences(frozen.environment, environment(session.device))
    if changed:
        session.observer.note(f"not bit-equal to the trials before: {'; '.join(changed)}")
