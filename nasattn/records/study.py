"""The frozen study of a run folder, and finding it by name."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nasattn.errors import UnknownNameError, UserError
from nasattn.records.database import with_password, without_password
from nasattn.records.trial_file import has_trials

ARCHITECTURE_FILE = "architecture.json"
WEIGHTS_FILE = "weights.pt"
OBJECTIVES = ("accuracy", "params", "flops", "latency_ms")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class Study:
    """A study as it was frozen when it was made.

    Attributes:
        name: The name of its run folder, which commands take.
        path: The run folder.
        objectives: Names out of ``OBJECTIVES``, accuracy first.
        trials: How many are wanted in all, the baseline included.
        settings: The whole ``study.toml``.
        address: Its storage's URL with the password, where that is not the one in the settings.
    """

    name: str
    path: Path
    objectives: tuple[str, ...]
    trials: int
    settings: Mapping[str, Any]
    address: str | None = field(default=None, repr=False, compare=False)

    @property
    def storage(self) -> str | Path:
        """Return where the trials are: ``study.db`` in the run folder, or the URL of a storage."""
        url = self.address or self.settings.get("storage")
        return str(url) if url else self.path / "study.db"

    @property
    def has_lost_its_database(self) -> bool:
        """Whether ``study.db`` is gone while the trials' own files are there."""
        place = self.storage
        return isinstance(place, Path) and not place.exists() and has_trials(self.path)

    def weights_file(self, trial: int) -> Path:
        """Return where a trial's weights are, if they were kept."""
        return self.path / "trials" / str(trial) / WEIGHTS_FILE

    @property
    def name_in_storage(self) -> str:
        """Return the name that the storage knows, which stays when the folder is renamed."""
        return str(self.settings.get("name", self.name))

    @property
    def is_of_one_network(self) -> bool:
        """Whether it trains one network alone, without a baseline (``nasattn train``)."""
        return self.table("search").get("sampler") == "single"

    @property
    def evaluated(self) -> str:
        """Return the split that accuracy is measured on: ``validation`` or ``test``."""
        return "test" if self.settings.get("evaluate") == "test" else "validation"

    @property
    def epochs(self) -> int | None:
        """Return the epochs of the recipe, or None where it names none."""
        epochs: int | None = self.table("recipe").get("epochs")
        return epochs

    @property
    def cost_range(self) -> Mapping[str, tuple[float, float]]:
        """Return the least and largest cost of the search space by name, where they are known."""
        ranges = self.table("cost_range")
        return {name: (float(low), float(high)) for name, (low, high) in ranges.items()}

    def table(self, name: str) -> Mapping[str, Any]:
        """Return the table ``[name]`` of the settings, empty where there is none."""
        found = self.settings.get(name)
        return found if isinstance(found, Mapping) else {}


def check_name(name: str) -> str:
    """Return ``name`` if a study may be called so.

    Raises:
        UserError: it could leave the folder of runs, or could not be typed in a shell as it is.
    """
    if _is_legal(name):
        return name
    rule = 'up to 100 letters, digits, ".", "_" and "-", a letter or digit first and no ".."'
    raise UserError(f'study name "{name}": must be {rule}, as in "resnet20-cifar10"')


def load_study(runs_dir: str | Path, name: str, *, storage: str | None = None) -> Study:
    """Read the frozen study ``name`` of the folder ``runs_dir``.

    Args:
        runs_dir: The folder of all studies.
        name: The study's folder in it.
        storage: URL to use instead of the one in the file, which lacks its password; left out
            it may be in the environment.

    Raises:
        UserError: the name is illegal, there is no such study, or its file cannot be read.
    """
    path = Path(runs_dir) / check_name(name)
    file = path / "study.toml"
    try:
        found = file.is_file()
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    if not found:
        raise _unknown(runs_dir, name)
    settings = _read_settings(file)
    if storage:
        settings["storage"] = without_password(storage)
    elif settings.get("storage"):
        storage = with_password(str(settings["storage"]))
    return replace(study_of(name, path, settings, str(file)), address=storage)


def study_of(name: str, path: Path, settings: Mapping[str, Any], place: str) -> Study:
    """Return the study that has these settings.

    Args:
        name: What it is called.
        path: Where it is kept.
        settings: The frozen study.
        place: Where they were read, for errors.

    Raises:
        UserError: the objectives or the total are missing or wrong.
    """
    try:
        return Study(name, path, _objectives(settings), _trials(settings), settings)
    except ValueError as error:
        raise UserError(f"{place}: {error}") from None


def study_names(runs_dir: str | Path) -> tuple[str, ...]:
    """Return the names of the studies in ``runs_dir``, sorted; none where it does not exist."""
    found = (file.parent.name for file in Path(runs_dir).glob("*/study.toml"))
    return tuple(sorted(filter(_is_legal, found)))


def list_studies(runs_dir: str | Path) -> tuple[Study, ...]:
    """Read all studies of ``runs_dir``, sorted by name.

    Raises:
        UserError: the file of one of them cannot be read; ``study_names`` still names it.
    """
    return tuple(load_study(runs_dir, name) for name in study_names(runs_dir))


def _is_legal(name: str) -> bool:
    return bool(_NAME.fullmatch(name)) and ".." not in name


def _unknown(runs_dir: str | Path, name: str) -> UserError:
    known = study_names(runs_dir)
    if known:
        return UnknownNameError("study", name, known, str(runs_dir))
    none = "no study is there; `nasattn search` makes one, --runs-dir looks elsewhere"
    return UserError(f'no study "{name}" in {runs_dir}: {none}')


def _read_settings(file: Path) -> dict[str, Any]:
    # Not through nasattn.schema: importing pydantic takes as long as a whole reading command.
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file}: cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{file}: not TOML: {error}") from None


def _objectives(settings: Mapping[str, Any]) -> tuple[str, ...]:
    names = settings.get("objectives")
    if not isinstance(names, list) or not names or not set(map(str, names)) <= set(OBJECTIVES):
        raise ValueError(f"objectives = {names!r}: must be a list out of {', '.join(OBJECTIVES)}")
    return tuple(names)


def _trials(settings: Mapping[str, Any]) -> int:
    wanted = settings.get("trials")
    if not isinstance(wanted, int) or isinstance(wanted, bool):
        raise ValueError(f"trials = {wanted!r}: must be a whole number")
    return wanted
