"""A network through torch.compile."""

import os
import shutil
import sys
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from nasattn.errors import FailedError, UserError


def check_compiler(device: torch.device) -> None:
    """Check that there is what torch.compile needs on a CPU.

    Raises:
        UserError: there is no C++ compiler.
    """
    name = os.environ.get("CXX") or ("clang++" if sys.platform == "darwin" else "g++")
    if device.type == "cpu" and shutil.which(name) is None:
        raise UserError(
            f"recipe.compile = true: needs a C++ compiler on CPUs, and {name} is not there; "
            "install it, name another one in CXX, or leave compile out"
        )


def compiled(network: nn.Module) -> Callable[[Any], Any]:
    """Return a compiled call of ``network``; the network itself stays as it is.

    Raises:
        FailedError: (when called) it cannot be compiled.
    """
    # What is compiled counts by the code of forward, which the trials' networks share: without
    # this the ninth trial would no more be compiled.
    torch.compiler.reset()
    # One graph for each size of batch. A graph for any size would serve the first batches after
    # a resume and not before it: other kernels, other bits.
    call = torch.compile(network, dynamic=False)

    def forward(images: Any) -> Any:
        try:
            return call(images)
        except torch._dynamo.exc.TorchDynamoException as error:
            # The first line says which backend raised, the second what.
            words = " ".join(str(error).strip().splitlines()[:2])
            raise FailedError(f"recipe.compile = true: torch.compile failed: {words}") from error

    return forward
