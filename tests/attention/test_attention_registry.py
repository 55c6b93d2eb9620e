import pytest
from torch import nn

from nasattn import attention
from nasattn.attention import ENTRIES, SlotKind, create, get, register, resolve_options
from nasattn.errors import UnknownNameError, UserError

NAMES = [
    *("atac", "bam", "cbam", "coord", "eca", "fca", "gct", "nam", "ortho", "se", "simam"),
    "triplet",
]
MIDDLE = {SlotKind.BEFORE_CONV, SlotKind.AFTER_CONV, SlotKind.BLOCK_END}


def test_entries_are_the_modules_of_the_design() -> None:
    assert sorted(ENTRIES) == NAMES
    assert {name: entry.name for name, entry in ENTRIES.items()} == dict(
        zip(NAMES, NAMES, strict=True)
    )
    defaults = {
        name: {item.name: item.default for item in entry.hyperparameters}
        for name, entry in ENTRIES.items()
    }
    assert defaults == {
        "gct": {"mode": "l2", "after_relu": False, "eps": 1e-5},
        "atac": {"ratio": 2, "bias": False},
        "eca": {"kernel_size": "adaptive", "gamma": 2, "b": 1},
        "nam": {"attend": "channel", "penalty": 1e-4},
        "ortho": {"ratio": 16, "filter_size": "site", "seed": None},
        "se": {"ratio": 16},
        "cbam": {"ratio": 16, "kernel_size": 7},
        "bam": {"ratio": 16, "dilation": 4},
        "triplet": {"kernel_size": 7},
        "fca": {"ratio": 16, "filter_size": "site", "num_frequencies": 16},
        "simam": {"e_lambda": 1e-4},
        "coord": {"ratio": 32},
    }


def test_only_atac_replaces_activations_and_does_nothing_else() -> None:
    slots = {name: set(entry.slots) for name, entry in ENTRIES.items()}
    assert slots == {name: {SlotKind.ACTIVATION} if name == "atac" else MIDDLE for name in NAMES}


def test_slot_kinds_are_their_strings() -> None:
    kinds = ["before_conv", "activation", "after_conv", "block_end"]
    assert [str(kind) for kind in SlotKind] == kinds
    assert [SlotKind(kind) for kind in kinds] == list(SlotKind)


def test_every_entry_says_where_it_comes_from_and_what_it_takes() -> None:
    for entry in ENTRIES.values():
        assert entry.paper
        assert entry.url.startswith(("https://arxiv.org/abs/", "https://proceedings.mlr.press/"))
        assert entry.url in (__import__(entry.cls.__module__, fromlist=["_"]).__doc__ or "")
        assert all(item.values for item in entry.hyperparameters)


def test_every_default_obeys_its_own_rule() -> None:
    for entry in ENTRIES.values():
        for item in entry.hyperparameters:
            assert item.default is None or item.check(entry.name, item.default) == item.default


def test_entries_are_read_only() -> None:
    with pytest.raises(TypeError):
        ENTRIES["gct"] = ENTRIES["eca"]  # type: ignore[index]
    with pytest.raises(AttributeError):
        ENTRIES["gct"].name = "tcg"  # type: ignore[misc]


def test_a_name_is_registered_once() -> None:
    before = ENTRIES["gct"]
    decorate = register("gct", slots=MIDDLE, paper="", url="", resolve=lambda *_, **__: {})
    with pytest.raises(ValueError, match=r'"gct" is already nasattn\.attention\.gct\.Gated'):
        decorate(nn.Identity)
    assert ENTRIES["gct"] is before


@pytest.mark.parametrize("name", NAMES)
def test_create_makes_what_the_entry_names(name: str) -> None:
    assert type(create(name, 64, (8, 8))) is get(name).cls


@pytest.mark.parametrize(
    ("name", "options", "channels", "resolved"),
    [
        ("gct", {}, 64, {"mode": "l2", "eps": 1e-5}),
        ("gct", {"after_relu": True}, 64, {"mode": "l2", "eps": 1e-5}),
        ("gct", {"mode": "l1", "eps": 1}, 64, {"mode": "l1", "after_relu": False, "eps": 1.0}),
        ("atac", {"bias": True}, 48, {"ratio": 2, "bias": True}),
        ("atac", {}, 3, {"ratio": 3, "bias": False}),
        ("eca", {"gamma": 1, "b": 0}, 64, {"kernel_size": 7}),
        ("eca", {"kernel_size": 9, "gamma": 7}, 64, {"kernel_size": 9}),
        ("nam", {"penalty": 0}, 64, {"attend": "channel", "penalty": 0.0}),
        ("nam", {"penalty": None}, 64, {"attend": "channel", "penalty": 1e-4}),
        ("se", {}, 20, {"ratio": 20}),
        ("cbam", {"kernel_size": 3}, 64, {"ratio": 16, "kernel_size": 3}),
        ("bam", {"dilation": 6}, 24, {"ratio": 24, "dilation": 6}),
        ("triplet", {}, 64, {"kernel_size": 7}),
        ("fca", {"filter_size": 9}, 40, {"ratio": 20, "filter_size": 9, "num_frequencies": 16}),
        ("simam", {"e_lambda": 1}, 64, {"e_lambda": 1.0}),
        ("coord", {}, 512, {"ratio": 32}),
        ("coord", {}, 64, {"ratio": 8}),
    ],
)
def test_options_are_completed_and_made_canonical(
    name: str, options: dict[str, object], channels: int, resolved: dict[str, object]
) -> None:
    found = resolve_options(name, options, channels)
    assert found == resolved
    assert [type(value) for value in found.values()] == [type(v) for v in resolved.values()]


def test_unknown_names_are_refused_with_the_nearest() -> None:
    known = ", ".join(sorted([*NAMES, "package.module:Class", "timm:NAME"]))
    with pytest.raises(UnknownNameError) as error:
        create("gtc", 64)
    assert str(error.value) == (f'no attention module "gtc"; known: {known}; did you mean "gct"?')
    with pytest.raises(UnknownNameError) as error:
        create("eca", 64, kernel=3)
    assert str(error.value) == (
        'no option of eca "kernel"; known: b, gamma, kernel_size; did you mean "kernel_size"?'
    )


@pytest.mark.parametrize(
    ("name", "option", "value", "rule"),
    [
        ("eca", "kernel_size", 4, '"adaptive" or an odd integer from 1 to 1023'),
        ("eca", "kernel_size", 2**63 - 1, "an odd integer from 1 to 1023"),
        ("eca", "kernel_size", 0, "odd integer"),
        ("eca", "kernel_size", -3, "odd integer"),
        ("eca", "kernel_size", 3.0, "odd integer"),
        ("eca", "kernel_size", True, "odd integer"),
        ("eca", "kernel_size", "adaptative", '"adaptive"'),
        ("eca", "gamma", 0, "a number above 0"),
        ("eca", "gamma", float("nan"), "a number above 0"),
        ("eca", "b", "1", "a number"),
        ("eca", "b", float("inf"), "a number"),
        ("eca", "b", 10**400, "a number"),
        ("cbam", "kernel_size", 6, "an odd integer from 1 to 1023"),
        ("triplet", "kernel_size", 2, "an odd integer from 1 to 1023"),
        ("bam", "dilation", 0, "an integer of at least 1"),
        ("bam", "ratio", 65, "leaves no hidden channel of 64; must be an integer from 1 to 64"),
        ("fca", "ratio", 65, "leaves no hidden channel of 64; must be an integer from 1 to 64"),
        ("fca", "filter_size", 6, '"site" or an integer from 7 to 1023'),
        ("fca", "num_frequencies", 33, "an integer from 1 to 32"),
        ("fca", "num_frequencies", 0, "an integer from 1 to 32"),
        ("simam", "e_lambda", 0, "a number above 0"),
        ("coord", "ratio", 0, "an integer of at least 1"),
        ("atac", "ratio", 0, "an integer of at least 1"),
        ("atac", "ratio", 2.0, "an integer of at least 1"),
        ("atac", "ratio", True, "an integer of at least 1"),
        ("atac", "ratio", "2", "an integer of at least 1"),
        ("atac", "ratio", 65, "leaves no hidden channel of 64; must be an integer from 1 to 64"),
        ("se", "ratio", 65, "leaves no hidden channel of 64; must be an integer from 1 to 64"),
        ("cbam", "ratio", 65, "leaves no hidden channel of 64; must be an integer from 1 to 64"),
        ("ortho", "ratio", 128, "leaves no hidden channel of 64; must be an integer from 1 to 127"),
        ("ortho", "filter_size", 0, '"site" or an integer from 1 to 1023'),
        ("ortho", "filter_size", 10**6, "an integer from 1 to 1023"),
        ("ortho", "filter_size", "map", '"site" or an integer from 1 to 1023'),
        ("ortho", "seed", -1, "an integer from 0 to"),
        ("ortho", "seed", 2**63, "an integer from 0 to"),
        ("ortho", "seed", 1.5, "an integer from 0 to"),
        ("atac", "bias", 1, "true or false"),
        ("gct", "after_relu", "yes", "true or false"),
        ("gct", "mode", "l3", '"l2" or "l1"'),
        ("gct", "mode", 2, '"l2" or "l1"'),
        ("gct", "eps", 0, "a number above 0"),
        ("gct", "eps", False, "a number above 0"),
        ("nam", "attend", "pixel", '"channel", "spatial" or "both"'),
        ("nam", "penalty", -1e-9, "a number of at least 0"),
        ("nam", "penalty", [1], "a number of at least 0"),
    ],
)
def test_illegal_values_are_refused(name: str, option: str, value: object, rule: str) -> None:
    with pytest.raises(UserError) as error:
        resolve_options(name, {option: value}, 64, (8, 8))
    message = str(error.value)
    assert message.startswith(f"{name}.{option} = {value!r}: ")
    assert rule in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("name", "options", "size", "rule"),
    [
        ("eca", {"gamma": 1e-320}, (8, 8), "adaptive kernel of 64 channels would be longer than"),
        ("eca", {"b": -1e300}, (8, 8), "adaptive kernel of 64 channels would be longer than 1023"),
        ("ortho", {}, (2048, 2048), "filters of 64×2048×2048 have 268,435,456 values, but at most"),
    ],
)
def test_what_would_not_fit_into_memory_is_refused(
    name: str, options: dict[str, float], size: tuple[int, int], rule: str
) -> None:
    with pytest.raises(UserError, match=rule):
        resolve_options(name, options, 64, size)


@pytest.mark.parametrize("channels", [0, -1, 2.0, True, "64", None])
def test_illegal_channels_are_refused(channels: object) -> None:
    with pytest.raises(UserError, match=r"channels = .*: must be an integer of at least 1"):
        create("eca", channels)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [(8,), (8, 8, 8), (0, 8), (8, 8.0), 8, "88"])
def test_illegal_sizes_are_refused(size: object) -> None:
    with pytest.raises(UserError, match=r"size = .*: must be \(H, W\)"):
        create("eca", 64, size)  # type: ignore[arg-type]


def test_public_names_exist() -> None:
    assert all(hasattr(attention, name) for name in attention.__all__)
