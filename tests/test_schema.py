"""Errors of the schema speak of TOML, name the place and say what would do."""

from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

import pytest

from nasattn.errors import UnknownNameError, UserError
from nasattn.schema import Strict, read_toml, validate


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


class Item(Strict):
    name: str
    colour: Colour = Colour.RED
    kind: Literal["cosine", "multistep"] = "cosine"
    words: tuple[str, ...] = ()


class Document(Strict):
    item: tuple[Item, ...] = ()
    count: int = 1
    ratio: float = 1.0
    flag: bool = False
    single: Item | None = None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"cuont": 1}, "x.toml: unknown key cuont; known: count, flag, item, ratio, single; "),
        ({"cuont": 1}, 'did you mean "count"?'),
        ({"single": {"nam": "a"}}, "x.toml: single.name is missing"),
        ({"single": {"name": "a", "kin": 1}}, "x.toml: unknown key single.kin; known: colour, "),
        ({"item": [{}]}, "x.toml: [item 1].name is missing"),
        ({"item": {"name": "a"}}, "must be an array of tables: write [[item]]"),
        ({"item": [3]}, "x.toml: item[1] = 3: must be a table"),
        ({"item": [{"name": "a", "words": "b"}]}, "x.toml: [item 1].words = 'b': must be an array"),
        (
            {"item": [{"name": "a", "words": ["b", 3]}]},
            "x.toml: [item 1].words[2] = 3: must be a s",
        ),
        ({"count": 1.5}, "x.toml: count = 1.5: must be a whole number"),
        ({"count": "many"}, "x.toml: count = 'many': must be a whole number"),
        ({"ratio": "much"}, "x.toml: ratio = 'much': must be a number"),
        ({"ratio": float("inf")}, "x.toml: ratio = inf: input should be a finite number"),
        ({"flag": "maybe"}, "x.toml: flag = 'maybe': must be true or false"),
        ({"single": 3}, "x.toml: single = 3: must be a table"),
    ],
)
def test_a_mistake_is_one_line(values: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError) as caught:
        validate(Document, values, "x.toml")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"colour": "rde"}, 'no colour "rde" in x.toml [item 1].colour; known: green, red; did '),
        ({"kind": "cosin"}, 'no kind "cosin" in x.toml [item 1].kind; known: cosine, multistep'),
    ],
)
def test_a_word_that_is_none_of_those_allowed_is_an_unknown_name(
    table: dict[str, Any], message: str
) -> None:
    with pytest.raises(UnknownNameError) as caught:
        validate(Document, {"item": [{"name": "a", **table}]}, "x.toml")
    assert message in str(caught.value)


def test_a_long_value_is_cut_short() -> None:
    with pytest.raises(UserError) as caught:
        validate(Document, {"count": "9" * 500 + "x"}, "x.toml")
    assert len(str(caught.value)) < 120


def test_what_cannot_be_read_is_the_users_mistake(tmp_path: Path) -> None:
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    (tmp_path / "broken.toml").write_text("a = \n")
    for name, message in [
        ("none.toml", "no such file"),
        ("bytes.toml", "cannot be read"),
        ("broken.toml", "not TOML"),
        (".", "cannot be read"),
    ]:
        with pytest.raises(UserError, match=message):
            read_toml(tmp_path / name)
