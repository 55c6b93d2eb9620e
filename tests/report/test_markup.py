"""Tables as Markdown and LaTeX: all that a page shows, and no sign that means something else."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasattn.report.markup import latex_table, markdown_table, tables_markup
from nasattn.report.table import Row, Table

PREAMBLE = "\\documentclass{article}\n\\usepackage{booktabs}\n\\begin{document}\n"
SIGNS = "\\&%$#_{}~^<>|\"`*[]()-+=/:;,.'!? aé0"
PLAIN = Table(("<name", "n", "drawn"), "words", (Row(("a", "1", "|-|"), "b c"),), num_drawn=1)


def one(*cells: str, words: str = "") -> Table:
    return Table(("<a", *"bcd"[: len(cells) - 1]), words, (Row(cells),))


def markdown_cells(line: str) -> list[str]:
    """Read a row of Markdown back, as its grammar says."""
    parts = re.split(r"(?<!\\)(?:\\\\)*\|", line.strip())[1:-1]
    return [re.sub(r"\\(.)", r"\1", part.strip()) for part in parts]


@given(st.lists(st.text(SIGNS, max_size=8), min_size=1, max_size=4))
def test_a_row_of_markdown_gives_its_cells_back(cells: list[str]) -> None:
    cells = [" ".join(cell.split()) for cell in cells]
    row = markdown_table(one(*cells), "").splitlines()[2]
    assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) == len(cells) + 1
    if not any(cell.endswith("\\") for cell in cells):
        assert markdown_cells(row) == cells


@given(st.lists(st.text(SIGNS, max_size=8), min_size=1, max_size=4))
def test_a_row_of_latex_has_no_sign_of_its_own(cells: list[str]) -> None:
    row = latex_table(one(*cells), "").splitlines()[7].removesuffix(r" \\")
    own = re.sub(r"\\[&%$#_{}]|\\text[a-z]+\{\}|\$<\$|\$>\$|\$-\$|^\{\}", "", row)
    assert own.count("&") == len(cells) - 1
    assert not set(own) & set('\\%$#_{}~^<>|"')
    assert not row.startswith(("[", "*"))


def test_drawings_are_left_out_and_words_have_a_column() -> None:
    assert markdown_table(PLAIN._replace(title="T"), "conditions").splitlines() == [
        "| name | n | words |",
        "| --- | ---: | --- |",
        "| a | 1 | b c |",
        "",
        "T. conditions",
    ]
    latex = latex_table(PLAIN, "conditions")
    assert r"\begin{tabular}{lrp{0.35\linewidth}}" in latex
    assert "a & 1 & b c \\\\" in latex
    assert r"\caption{conditions}" in latex


def test_numbers_and_signs_read_as_on_the_page() -> None:
    row = latex_table(one("-0.38 to +0.11", "eca-net", "93.85 ± 0.33", "●"), "").splitlines()[7]
    assert row == r"$-$0.38 to +0.11 & eca-net & 93.85 $\pm$ 0.33 & $\bullet$ \\"


def test_several_tables_have_their_caption_each() -> None:
    assert tables_markup("latex", [PLAIN, PLAIN], "data, 2 seeds").count(r"\caption{data") == 2
    assert tables_markup("markdown", [PLAIN, PLAIN], "data").count("\ndata\n") == 2


@pytest.mark.services
def test_latex_compiles_whatever_a_name_is(tmp_path: Path) -> None:
    signs = ["[x", "*", "Δ τ ± × ≠ ≤ ≥ → ↑ ↓ · ● ○ ◆ ▲ … − –", "a\\nb", *SIGNS]
    tables = [PLAIN._replace(title="".join(SIGNS)), *(one(sign, "-1", words="w") for sign in signs)]
    body = tables_markup("latex", tables, "100 % of $x_1^2$")
    pages = body.replace("\\begin{table}", "\\clearpage\\begin{table}")
    (tmp_path / "t.tex").write_text(f"{PREAMBLE}{pages}\\end{{document}}\n", encoding="utf-8")
    latex = shutil.which("pdflatex")
    assert latex, "install Debian's texlive-latex-recommended"
    done = subprocess.run(
        [latex, "-interaction=nonstopmode", "-halt-on-error", "t.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-1500:]
    assert "Missing character" not in done.stdout
