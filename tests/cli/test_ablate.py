"""The table of variants is read fast: from the record alone, and without what trains."""

from pathlib import Path

from tests.cli.test_read import HEAVY, imported_by
from tests.studies import make_study, make_trial


def test_showing_the_table_imports_nothing_that_trains(tmp_path: Path) -> None:
    placements = ({"slot": "block_end", "at": "layer2.0.add", "module": "simam", "options": {}},)
    found = [
        make_trial(
            2 * seed + number,
            digest=str(number),
            repeat=seed,
            accuracy=0.9 + 0.01 * seed + 0.003 * number * seed,
            placements=placements if number else (),
        )
        for seed in range(3)
        for number in range(2)
    ]
    make_study(tmp_path, "again", found, variant=[{"name": "bare"}])
    modules = imported_by(
        f"import sys; sys.argv = ['nasattn', 'ablate', 'again', '--runs-dir', {str(tmp_path)!r}]\n"
        "from nasattn.cli.main import main\n"
        "main()"
    )
    assert "scipy" in modules
    assert not modules & (HEAVY - {"numpy", "scipy"} | {"pydantic", "statsmodels"})
