import pytest

from nasattn.data import DataSpec
from nasattn.errors import UserError
from nasattn.schema import validate


def message(**table: object) -> str:
    with pytest.raises(UserError) as caught:
        validate(DataSpec, table, "study.toml [data]")
    return str(caught.value)


def test_a_misspelt_kind_is_answered_with_the_nearest() -> None:
    assert message(name="cifr10", root="x") == (
        'study.toml [data]: name: no data set "cifr10"; known: cifar10, cifar100, digits, fake, '
        'fake-context, imagefolder, npz, package.module:function; did you mean "cifar10"?'
    )


@pytest.mark.parametrize("name", ["cifar10", "cifar100", "imagefolder", "npz"])
def test_kinds_that_are_read_from_files_need_a_root(name: str) -> None:
    assert message(name=name) == (
        f'study.toml [data]: data set "{name}" needs a root: where its files are'
    )


@pytest.mark.parametrize("name", ["digits", "fake", "fake-context"])
def test_kinds_without_files_refuse_a_root(name: str) -> None:
    assert message(name=name, root="there") == (
        f'study.toml [data]: data set "{name}" has no files: leave out root = "there"'
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("validation", 0.0),
        ("validation", 1.0),
        ("resize", 0),
        ("channels", 2),
        ("limit", 1),
        ("validation", float("nan")),
    ],
)
def test_values_out_of_range_are_named(key: str, value: float) -> None:
    assert message(name="digits", **{key: value}).startswith(
        f"study.toml [data]: {key} = {value}: "
    )


def test_an_unknown_key_is_answered_with_the_nearest() -> None:
    assert message(name="digits", resise=8) == (
        "study.toml [data]: unknown key resise; known: channels, in_memory, limit, mean, "
        "memory_limit_bytes, name, resize, root, std, validation, workers; "
        'did you mean "resize"?'
    )


def test_a_function_of_the_users_may_have_a_root_or_not() -> None:
    assert DataSpec(name="package.module:function").root is None
    assert DataSpec(name="package.module:function", root="there").root == "there"


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"mean": 0.5}, "mean without std: give both, or leave both out"),
        ({"std": [0.5]}, "std without mean: give both, or leave both out"),
        ({"mean": 123.7, "std": 0.5}, "mean[1] = 123.7: input should be less than or equal to 1"),
        ({"mean": 0.5, "std": [0.5, 0]}, "std[2] = 0: input should be greater than 0"),
        ({"mean": "half", "std": 0.5}, "mean = 'half': must be an array"),
        ({"mean": True, "std": 0.5}, "mean = True: must be an array"),
    ],
)
def test_a_normalisation_that_is_none(table: dict[str, object], words: str) -> None:
    assert words in message(name="digits", **table)


def test_one_number_is_the_list_of_it_alone() -> None:
    one = validate(DataSpec, {"name": "digits", "mean": 0.5, "std": 1}, "here")
    assert one == validate(DataSpec, {"name": "digits", "mean": [0.5], "std": [1.0]}, "here")
