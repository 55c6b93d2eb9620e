"""The tables of keys in studies/README.md: each key is real, and each real key is there."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from nasattn.data import DataSpec
from nasattn.training import Optimizer, Recipe, Schedule

TEXT = (Path(__file__).parents[1] / "studies" / "README.md").read_text(encoding="utf-8")


def rows(table: str) -> list[list[str]]:
    """Return the cells of the rows of one table."""
    _, _, rest = TEXT.partition(f"## The keys of `[{table}]`\n\n")
    lines = rest.partition("\n\n")[0].splitlines()[2:]
    return [line.strip("|").split(" | ") for line in lines]


def words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@pytest.mark.parametrize(("table", "model"), [("data", DataSpec), ("recipe", Recipe)])
def test_every_key_has_its_place_and_every_place_its_key(
    table: str, model: type[BaseModel]
) -> None:
    listed = [key for first, *_ in rows(table) for key in words(first)]
    assert sorted(listed) == sorted(model.model_fields)


@pytest.mark.parametrize(("key", "model"), [("optimizer", Optimizer), ("schedule", Schedule)])
def test_the_keys_of_a_table_within_are_in_its_row(key: str, model: type[BaseModel]) -> None:
    (row,) = (row for row in rows("recipe") if words(row[0]) == [key])
    said = set(re.findall(r"\w+", " ".join(words(" ".join(row[1:])))))
    assert set(model.model_fields) <= said


@pytest.mark.parametrize(
    ("table", "key", "default"),
    [
        ("data", "validation", DataSpec(name="digits").validation),
        ("recipe", "freeze_epochs", Recipe().freeze_epochs),
        ("recipe", "compile", Recipe().compile),
    ],
)
def test_plain_defaults_are_the_models(table: str, key: str, default: object) -> None:
    (row,) = (row for row in rows(table) if words(row[0]) == [key])
    assert row[1].strip() == str(default).lower()
