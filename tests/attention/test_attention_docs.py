import doctest
import importlib
import pkgutil

import pytest

from nasattn import attention

MODULES = [module.name for module in pkgutil.iter_modules(attention.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_run(name: str) -> None:
    module = importlib.import_module(f"nasattn.attention.{name}")
    assert doctest.testmod(module).failed == 0


def test_there_are_examples() -> None:
    modules = [importlib.import_module(f"nasattn.attention.{name}") for name in MODULES]
    examples = [test for module in modules for test in doctest.DocTestFinder().find(module)]
    assert sum(len(test.examples) for test in examples) >= 4
