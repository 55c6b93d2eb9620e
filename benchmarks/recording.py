"""Train all of the table that engines are compared on, over as many sessions as it takes.

Usage: python benchmarks/recording.py DATA    (as for --data: imagefolder:DIR or cifar10:DIR)
       python benchmarks/recording.py pack    (what there is so far, also while it goes on)

The trials so far lie beside the study, packed: who has no run folder goes on from them. When all
are trained they become the table, and the pack goes.
"""

import lzma
import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path

from nasattn.files import write_atomic
from nasattn.records import load_study, load_trials
from nasattn.records.table_file import SUFFIX

TABLES = Path(__file__).parent / "tables"
STUDY = "resnet8_stages"
PACK, TABLE = TABLES / f"{STUDY}.part.tar.xz", TABLES / f"{STUDY}{SUFFIX}"
RUNS = Path("runs")
# Neither checkpoints nor the database, which is made again from these.
KEPT = ("study.toml", "outline.json", *(f"trials/*/{end}" for end in ("*.json", "history.jsonl")))


def unpack() -> None:
    """Put the packed trials where searches look for them, unless there are some already."""
    if PACK.exists() and not (RUNS / STUDY).exists():
        RUNS.mkdir(exist_ok=True)
        with tarfile.open(PACK) as packed:
            packed.extractall(RUNS, filter="data")


def pack() -> None:
    """Write what the table needs of the trials so far."""
    if not (RUNS / STUDY).is_dir():
        sys.exit(f"{RUNS / STUDY} is not there: nothing to pack")
    held = BytesIO()
    with tarfile.open(fileobj=held, mode="w", format=tarfile.PAX_FORMAT) as packed:
        for path in sorted(path for kept in KEPT for path in (RUNS / STUDY).glob(kept)):
            packed.add(path, path.relative_to(RUNS), filter=_anonymous)
    write_atomic(PACK, lzma.compress(held.getvalue(), preset=9))


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = 0
    return member


def is_done() -> bool:
    """Tell whether every trial has come to its end."""
    study = load_study(RUNS, STUDY)
    ended = sum(trial.state == "complete" for trial in load_trials(study, curves=False))
    return ended >= study.settings["trials"]


def main() -> None:
    match sys.argv[1:]:
        case ["pack"]:
            pack()
        case [data]:
            unpack()
            nasattn, kept = [sys.executable, "-m", "nasattn"], ["--runs-dir", str(RUNS)]
            study = [str(TABLES / f"{STUDY}.toml"), "--data", data, "--workers", "2"]
            status = subprocess.run([*nasattn, "search", *study, *kept], check=False).returncode
            if not (RUNS / STUDY).is_dir():
                sys.exit(status)
            if not is_done():
                pack()
                sys.exit(status or "some trainings have failed: no table")
            subprocess.run([*nasattn, "table", STUDY, "-o", str(TABLE), *kept], check=True)
            PACK.unlink(missing_ok=True)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
