import subprocess
import sys
from pathlib import Path

import pytest

import nasattn

ROOT = Path(__file__).parents[1]


def test_the_public_names() -> None:
    assert nasattn.__all__ == sorted(nasattn.__all__)
    assert set(nasattn.__all__) == {
        "Architecture",
        "Placement",
        "attention",
        "backbones",
        "build",
        "create_attention",
        "fill",
        "find_sites",
        "load",
        "measure_cost",
        "open_slots",
    }


@pytest.mark.parametrize("name", nasattn.__all__)
def test_every_public_name_resolves(name: str) -> None:
    assert getattr(nasattn, name) is not None
    assert getattr(nasattn, name).__doc__


def test_other_names_are_missing_as_in_any_module() -> None:
    with pytest.raises(AttributeError, match="module 'nasattn' has no attribute 'nothing'"):
        nasattn.nothing  # noqa: B018 - the access is the test


def loaded_after(statement: str) -> set[str]:
    """Return the top-level modules that a fresh Python has after a statement."""
    code = f"import sys; {statement}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(done.stdout.split())


HEAVY = {"torch", "torchvision", "optuna", "pydantic", "numpy", "scipy", "sklearn", "fvcore"}


@pytest.mark.parametrize("statement", ["import nasattn", "import nasattn.cli.main"])
def test_importing_is_light(statement: str) -> None:
    assert not loaded_after(statement) & HEAVY


@pytest.mark.parametrize(
    ("statement", "library"),
    [
        ("import nasattn.placement, nasattn.space, nasattn.training", "optuna"),
        ("import nasattn.report.documents, nasattn.analysis", "torch"),
        ("import nasattn.records", "pydantic"),
    ],
)
def test_parts_load_only_what_they_need(statement: str, library: str) -> None:
    assert library not in loaded_after(statement)
