"""Imports point one way; each heavy library is known in few places."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "nasattn"

GROUND = {"errors", "extras", "seeding", "files", "schema", "user_code"}
NETWORKS = {"placement", "attention", "backbones"}
BELOW: dict[str, set[str]] = {
    "errors": set(),
    "seeding": set(),
    "files": {"errors"},
    "schema": {"errors"},
    "user_code": {"errors"},
    "extras": {"errors"},
    "attention": GROUND,
    "backbones": GROUND,
    "placement": GROUND | {"attention", "backbones"},
    "cost": GROUND | NETWORKS,
    "space": GROUND | NETWORKS | {"cost"},
    "data": GROUND,
    "training": GROUND | {"data", "placement"},
    "records": GROUND - {"schema"},  # the schema is pydantic's
    "surrogate": set(),
    "analysis": GROUND - {"schema"} | {"records", "surrogate"},
    "report": GROUND - {"schema"} | {"analysis", "records", "surrogate"},
    "search": GROUND | NETWORKS | {"cost", "space", "data", "training", "records", "surrogate"},
    "export": GROUND | NETWORKS | {"training", "records"},
    "prediction": GROUND | NETWORKS | {"data", "training", "records", "search", "export"},
}
# The suites stand beside the tests: no part of the package imports them.
BELOW["testing"] = GROUND | NETWORKS
BELOW["cli"] = set(BELOW) - {"testing"} | {"__version__"}
BELOW["__main__"] = {"cli"}
BELOW["__init__"] = {"attention", "backbones", "cost", "export", "placement"}

HOMES: dict[str, set[str]] = {
    "optuna": {"search"},
    "ray": {"search"},
    "fvcore": {"cost", "testing"},
    "typer": {"cli"},
    "rich": {"report", "cli"},
    "sklearn": {"data"},
    "matplotlib": {"report"},
    "moocore": {"analysis"},
    "torch": {"data", "training", "search", "prediction", "export", "testing", "cost"} | NETWORKS,
    "torchvision": {"backbones", "data"},
    "pydantic": {"schema", "data", "training", "space", "search"},
}

# Within the search each part may import those before it.
SEARCH = (
    *("__init__", "dates", "lock", "patience", "storage", "artifacts", "pruners", "study"),
    *("variation", "ledger", "pruning", "proposing", "trial", "working", "replay", "opening"),
    *("joining", "suggesting", "invalidating", "existing", "steering", "dashboard", "crew"),
    "importance",
)


def parts(package: Path) -> dict[str, set[str]]:
    """Return what each part of a package imports, anywhere in its files."""
    imports: dict[str, set[str]] = {}
    for file in package.rglob("*.py"):
        part = file.relative_to(package).parts[0].removesuffix(".py")
        tree = ast.parse(file.read_text(encoding="utf-8"))
        imports.setdefault(part, set()).update(
            name for node in ast.walk(tree) for name in imported(node)
        )
    return imports


def imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module == "nasattn":
        yield from (f"nasattn.{alias.name}" for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute"
        yield str(node.module)


PARTS = parts(PACKAGE)
SEARCH_PARTS = parts(PACKAGE / "search")


def test_every_part_has_its_place() -> None:
    assert set(PARTS) == set(BELOW)
    assert set(SEARCH_PARTS) == set(SEARCH)


@pytest.mark.parametrize("part", SEARCH)
def test_imports_within_the_search_point_one_way(part: str) -> None:
    start = "nasattn.search."
    inner = {name.split(".")[2] for name in SEARCH_PARTS[part] if name.startswith(start)}
    assert inner <= set(SEARCH[: SEARCH.index(part) + 1])


@pytest.mark.parametrize("part", sorted(PARTS))
def test_imports_point_one_way(part: str) -> None:
    inner = {name.split(".")[1] for name in PARTS[part] if name.startswith("nasattn.")}
    assert inner - {part} <= BELOW[part]


def test_the_order_has_no_circle() -> None:
    left = {part: below - {"__version__"} for part, below in BELOW.items()}
    while left:
        ground = {part for part, below in left.items() if not below & set(left)}
        assert ground, f"a circle among {sorted(left)}"
        left = {part: below for part, below in left.items() if part not in ground}


def test_attention_and_backbones_do_not_know_each_other() -> None:
    assert "backbones" not in BELOW["attention"]
    assert "attention" not in BELOW["backbones"]


@pytest.mark.parametrize("library", sorted(HOMES))
def test_libraries_are_imported_where_they_are_at_home(library: str) -> None:
    users = {
        part for part, names in PARTS.items() if library in {name.split(".")[0] for name in names}
    }
    assert users <= HOMES[library]


@pytest.mark.parametrize(
    "part", ["records", "surrogate", "analysis", "report", "errors", "files", "seeding"]
)
def test_reading_needs_no_heavy_library(part: str) -> None:
    for reached in {part} | BELOW[part]:
        outer = {name.split(".")[0] for name in PARTS[reached]} - set(sys.stdlib_module_names)
        assert not outer & {"torch", "torchvision", "optuna", "pydantic", "fvcore", "sklearn"}
