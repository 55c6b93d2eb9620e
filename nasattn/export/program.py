"""A network as a program that runs without this package."""

import io
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor, nn
from torch.export import Dim

from nasattn.errors import FailedError, UnknownNameError
from nasattn.extras import import_extra

FORMATS: Mapping[str, str] = MappingProxyType({"torch-export": "program.pt2", "onnx": "model.onnx"})
"""The file of each format."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program file and how far its outputs are from the network's.

    Args:
        file: Its name.
        content: Its bytes.
        largest_difference: Of any logit, over a batch of random images.
    """

    file: str
    content: bytes
    largest_difference: float


def make_program(network: nn.Module, input_shape: tuple[int, int, int], kind: str) -> Program:
    """Return the program of a network, run once and compared with it.

    It takes batches of any size, ``(N, C, H, W)`` float32, prepared as ``usage.json`` says.

    Args:
        network: In evaluation mode, on the CPU.
        input_shape: ``(C, H, W)``.
        kind: One of ``FORMATS``.

    Raises:
        UnknownNameError: there is no such format.
        UserError: the libraries that ONNX takes are not installed.
        FailedError: the network cannot be made a program.
    """
    if kind not in FORMATS:
        raise UnknownNameError("format", kind, FORMATS, "--format")
    generator = torch.Generator().manual_seed(0)
    # Another number of images than the program is made with: any number must do.
    made_with, run_with = (torch.randn(n, *input_shape, generator=generator) for n in (2, 5))
    make, run = (_torch_export, _run_torch_export) if kind == "torch-export" else (_onnx, _run_onnx)
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # the exporters' own, of what they do inside (2026-11)
            content = make(network, made_with)
            found, expected = run(content, run_with), network(run_with)
    except (RuntimeError, ValueError, TypeError, AttributeError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
        raise FailedError(f"the network cannot be made a program of {kind}: {first}") from error
    return Program(FORMATS[kind], content, (found - expected).abs().max().item())


def _torch_export(network: nn.Module, images: Tensor) -> bytes:
    program = torch.export.export(network, (images,), dynamic_shapes=({0: Dim("batch")},))
    file = io.BytesIO()
    torch.export.save(program, file)
    return file.getvalue()


def _run_torch_export(content: bytes, images: Tensor) -> Tensor:
    logits: Tensor = torch.export.load(io.BytesIO(content)).module()(images)
    return logits


def _onnx(network: nn.Module, images: Tensor) -> bytes:
    for library in ("onnx", "onnxscript", "onnxruntime"):
        import_extra(library, "onnx", "--format onnx")
    made = torch.onnx.export(
        network,
        (images,),
        dynamo=True,
        input_names=["images"],
        output_names=["logits"],
        dynamic_shapes=({0: Dim("batch")},),
        verbose=False,
    )
    if made is None:
        raise RuntimeError("nothing was exported")
    content: bytes = made.model_proto.SerializeToString()
    return content


def _run_onnx(content: bytes, images: Tensor) -> Tensor:
    runtime = import_extra("onnxruntime", "onnx", "--format onnx")
    session = runtime.InferenceSession(content, providers=["CPUExecutionProvider"])
    (logits,) = session.run(None, {"images": images.numpy()})
    return torch.from_numpy(logits)
