"""Beds by name: a table's file, a made-up table, or a data set of NAS-Bench-201."""

from functools import cache
from pathlib import Path

from comparing.bed import Bed, table_bed
from comparing.cells import DATASETS, cell_bed
from nasattn.records.table_file import SUFFIX, read_table

COMMITTED = Path(__file__).parent.parent / "tables"
MADE_UP = "made-up"
# Standard deviation of a training's accuracy from epoch to epoch: at the end it is that of its
# noise. The architectures' own is about 0.018.
NOISES = {MADE_UP: 0.004, "made-up-noisy": 0.016}
_MODULES, _REPEATS, _EPOCHS = 7, 2, 10


@cache
def open_bed(name: str) -> Bed:
    """Return a bed.

    Raises:
        UserError: there is none of the name, or it cannot be read.
    """
    if name.removeprefix("cells:") in DATASETS:
        return cell_bed(name.removeprefix("cells:"))
    if name in NOISES:
        return _made_up(name)
    found = read_table(Path(name))
    return table_bed(found.study.name, found)


def usual_table() -> str:
    """Return the name of the committed table's bed, or of a made-up one where none is there."""
    return next(map(str, sorted(COMMITTED.glob(f"*{SUFFIX}"))), MADE_UP)


def _made_up(name: str) -> Bed:
    from tests.search.replay.made_tables import made_table

    table = made_table(_MODULES, _REPEATS, _EPOCHS, NOISES[name])
    return table_bed(f"{name} table (343 architectures, accuracies drawn)", table)
