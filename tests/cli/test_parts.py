"""Only the part of the command line that is asked for is imported."""

import subprocess
import sys

import pytest

from nasattn.cli.main import PARTS, application


@pytest.mark.parametrize("part", PARTS)
def test_a_part_registers_the_commands_that_are_its(part: str) -> None:
    made = application([part])
    commands = [c.callback.__name__ for c in made.registered_commands if c.callback]
    groups = [group.name for group in made.registered_groups]
    assert sorted([*commands, *map(str, groups)]) == sorted(PARTS[part])


def test_no_other_part_is_imported() -> None:
    code = (
        "import sys; from nasattn.cli.main import main; sys.argv = ['nasattn', 'studies']\n"
        "try: main()\n"
        "except SystemExit: print(*[n for n in sys.modules if n.startswith('nasattn.cli.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    found = {name.rpartition(".")[2] for name in done.stdout.split()} & set(PARTS)
    assert found == {"read"}
