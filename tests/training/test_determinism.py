import pytest
import torch

from nasattn.training import deterministic, seed_of
from nasattn.training.determinism import own_randomness, stream

CPU = torch.device("cpu")


def settings() -> tuple[object, ...]:
    return (
        torch.get_num_threads(),
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
        torch.utils.deterministic.fill_uninitialized_memory,  # type: ignore[attr-defined]  # made at run time
        torch.backends.cudnn.benchmark,
    )


def test_settings_hold_inside_and_are_restored() -> None:
    before = settings()
    with deterministic(threads=2):
        assert settings() == (2, True, True, False, False)
    assert settings() == before
    with pytest.raises(KeyError), deterministic(threads=2):
        raise KeyError
    assert settings() == before


def test_own_randomness_leaves_the_callers_stream_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(4)
    torch.manual_seed(5)
    with own_randomness(7, CPU):
        inside = torch.rand(4)
    assert torch.equal(torch.rand(4), expected)
    with own_randomness(7, CPU):
        assert torch.equal(torch.rand(4), inside)


def test_streams_of_different_purpose_epoch_and_seed_differ() -> None:
    keys = [(0, "order", 1), (0, "order", 2), (0, "augmentation", 1), (1, "order", 1)]
    first = {key: torch.rand(3, generator=stream(*key)) for key in keys}
    assert len({tuple(values.tolist()) for values in first.values()}) == len(keys)
    assert torch.equal(torch.rand(3, generator=stream(*keys[0])), first[keys[0]])


def test_repeats_have_seeds_of_their_own() -> None:
    assert len({seed_of(study, repeat) for study in range(3) for repeat in range(3)}) == 9
    assert seed_of(0, 1) == seed_of(0, 1)
