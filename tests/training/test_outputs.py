from collections import OrderedDict, namedtuple
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor

from nasattn.training import chosen_output
from nasattn.training.precision import logits_of

LOGITS, OTHER = torch.ones(2, 3), torch.zeros(2, 3)


@dataclass
class Named:
    loss: Tensor
    logits: Tensor


GoogLeNet = namedtuple("GoogLeNet", "logits aux_logits2 aux_logits1")
Reversed = namedtuple("Reversed", "maps logits")
Unnamed = namedtuple("Unnamed", "first second")


@pytest.mark.parametrize(
    "outputs",
    [
        LOGITS,
        (LOGITS, OTHER),
        [LOGITS, [OTHER]],
        GoogLeNet(LOGITS, OTHER, None),
        Reversed(OTHER, LOGITS),
        Unnamed(LOGITS, OTHER),
        Named(OTHER, LOGITS),
        {"aux": OTHER, "out": LOGITS},
        OrderedDict(out=OTHER, logits=LOGITS),
        {"scores": LOGITS, "maps": OTHER},
    ],
)
def test_the_logits_among_several_outputs(outputs: Any) -> None:
    assert chosen_output(outputs) is LOGITS


@pytest.mark.parametrize("outputs", [None, "a cat", 3, (), {}])
def test_what_holds_no_output_is_returned_as_it_is(outputs: Any) -> None:
    assert chosen_output(outputs) is outputs


def test_logits_are_float32() -> None:
    assert logits_of((LOGITS.bfloat16(), OTHER)).dtype is torch.float32
