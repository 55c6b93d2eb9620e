"""Tables: what goes in comes out, equal bytes, and what is not a table is refused in one line."""

import gzip
import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nasattn.errors import UserError
from nasattn.records import Trial, load_study, trial_text
from nasattn.records.table import Table, export_table, left_out_words
from nasattn.records.table_file import read_table, write_table
from tests.studies import make_curve, make_study, make_trial


def whole(number: int, **changes: Any) -> Trial:
    return make_trial(number, **changes).with_curve(make_curve(4))


def exported(folder: Path, trials: list[Trial], **settings: Any) -> Table:
    """Export a study with these trials, each with its file in the run folder."""
    path = make_study(folder, "one", trials, **settings)
    for trial in trials:
        home = path / "trials" / str(trial.trial)
        home.mkdir(parents=True)
        part = {"params": {"gate": "none"}, "distributions": {"gate": {"name": "C"}}, "notes": {}}
        (home / "trial.json").write_text(trial_text(trial, part, None))
    return export_table(load_study(folder, "one"))


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    trials = [whole(n, digest=f"{n // 2:012x}", repeat=n % 2) for n in range(6)]
    table = exported(tmp_path, trials)
    write_table(table, tmp_path / "t.jsonl.gz")
    found = read_table(tmp_path / "t.jsonl.gz")
    assert found.trials == table.trials == tuple(trials)
    assert found.params == table.params == ({"gate": "none"},) * 6
    assert found.distributions == {"gate": {"name": "C"}}
    assert found.study.settings == table.study.settings
    assert found.epochs == 4
    assert [len(group) for group in found.by_digest().values()] == [2, 2, 2]


def test_equal_tables_are_equal_bytes(tmp_path: Path) -> None:
    table = exported(tmp_path, [whole(n) for n in range(3)])
    files = [tmp_path / "a.jsonl.gz", tmp_path / "b.jsonl.gz"]
    for file in files:
        write_table(table, file)
    assert files[0].read_bytes() == files[1].read_bytes()
    write_table(read_table(files[0]), files[1])
    assert files[0].read_bytes() == files[1].read_bytes()


def test_what_is_not_complete_is_left_out_and_named(tmp_path: Path) -> None:
    trials = [
        whole(0),
        whole(1, state="pruned", reason="epoch 4"),
        whole(2, state="failed", reason="it broke"),
        whole(3, extended_to=8),
        make_trial(4).with_curve(make_curve(3)),
        whole(5),
    ]
    table = exported(tmp_path, trials)
    assert [t.trial for t in table.trials] == [0, 5]
    assert [tuple(one) for one in table.left_out] == [
        (1, "pruned"),
        (2, "failed"),
        (3, "continued beyond the recipe"),
        (4, "has 3 of 4 epochs"),
    ]
    words = left_out_words(table.left_out)
    assert words == "1 continued beyond the recipe, 1 failed, 1 has 3 of 4 epochs, 1 pruned"


def test_a_study_without_a_complete_trial_has_no_table(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no trial is complete"):
        exported(tmp_path, [whole(0, state="pruned")])


def test_a_trial_whose_file_is_gone_is_left_out(tmp_path: Path) -> None:
    make_study(tmp_path, "one", [whole(0)])
    with pytest.raises(UserError, match="no trial is complete"):
        export_table(load_study(tmp_path, "one"))


def test_a_table_says_nothing_of_where_the_study_was_kept(tmp_path: Path) -> None:
    table = exported(
        tmp_path,
        [whole(0)],
        data={"name": "cifar10", "root": "/home/somebody/data"},
        weights={"path": "/home/somebody/net.pt", "sha256": "0"},
    )
    settings = table.study.settings
    assert "somebody" not in json.dumps(settings)
    assert settings["data"]["root"] == "data"
    assert settings["weights"] == {"path": "net.pt", "sha256": "0"}


def test_a_table_of_400_trainings_stays_small(tmp_path: Path) -> None:
    curve = [dict.fromkeys(make_curve(1)[0], 0.0) for _ in range(12)]
    keys = [*curve[0], "plain_accuracy", "eval_images_per_second"]
    sites = [f"layer{stage}.{block}.add" for stage in (1, 2, 3) for block in (0, 1)]

    def trial(number: int) -> Trial:
        drawn = [{k: random.random() for k in keys} | {"epoch": e} for e in range(1, 13)]
        placements = tuple(
            {"slot": "block_end", "at": at, "module": "eca", "options": {"kernel_size": 3}}
            for at in sites
        )
        made = make_trial(number, digest=f"{random.getrandbits(48):012x}", placements=placements)
        return made.with_curve(drawn)

    first = exported(tmp_path, [whole(0)])
    trials = tuple(trial(number) for number in range(400))
    write_table(replace(first, trials=trials, params=({},) * 400), tmp_path / "t.jsonl.gz")
    assert (tmp_path / "t.jsonl.gz").stat().st_size < 1_000_000


Change = Callable[[list[dict[str, Any]]], object]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda lines: lines[0].update(format="x"), "not a table"),
        (lambda lines: lines[0].update(version=9), "format version 9, this nasattn reads 1"),
        (lambda lines: lines[0].pop("settings"), "line 1: settings is missing or not a dict"),
        (lambda lines: lines[0]["settings"].pop("trials"), "line 1: trials = None"),
        (lambda lines: lines[0].update(left_out=[3]), "left_out has 3"),
        (lambda lines: lines[1].pop("digest"), "line 2: without digest"),
        (lambda lines: lines[1].pop("sampler"), "line 2: sampler is missing"),
        (lambda lines: lines[2].update(state="pruned"), "line 3: trial 1 is pruned"),
        (lambda lines: lines[2]["curve"].pop(), "line 3: trial 1 has 3 of 4 epochs"),
        (lambda lines: lines[2]["curve"][0].update(accuracy=1.2), "accuracy of epoch 1 = 1.2"),
        (lambda lines: lines[2]["curve"][0].update(accuracy=None), "accuracy of epoch 1 = None"),
        (lambda lines: lines[2]["curve"][0].update(seconds=None), "seconds of epoch 1 = None"),
        (lambda lines: lines[2].update(flops=0), "flops = 0"),
        (lambda lines: lines[2].update(accuracy=0.1), "not that of its last epoch"),
        (lambda lines: lines[2].update(digest=lines[1]["digest"]), "trials 0 and 1 are both"),
        (lambda lines: lines[2].update(trial=0), "are both"),
        (lambda lines: lines.__delitem__(slice(1, None)), "holds no trial"),
    ],
)
def test_a_table_that_cannot_be_is_refused_in_one_line(
    tmp_path: Path, change: Change, words: str
) -> None:
    file = tmp_path / "t.jsonl.gz"
    write_table(exported(tmp_path, [whole(0), whole(1)]), file)
    lines = [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]
    change(lines)
    file.write_bytes(gzip.compress("".join(json.dumps(v) + "\n" for v in lines).encode()))
    with pytest.raises(UserError, match=words) as error:
        read_table(file)
    assert "\n" not in str(error.value)
    assert str(file) in str(error.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a table|line 1"),
        (b"text", "not a readable table"),
        (gzip.compress(b"text", mtime=0), "line 1 is not JSON"),
        (gzip.compress(b"[1]", mtime=0), "line 1 is not a JSON object"),
        (gzip.compress(b'{"format": NaN}', mtime=0), "NaN is no number"),
        (gzip.compress(b"x" * 1000, mtime=0)[:20], "not a readable table"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "t.jsonl.gz"
    file.write_bytes(content)
    with pytest.raises(UserError, match=words):
        read_table(file)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        read_table(tmp_path / "t.jsonl.gz")
