"""Tables for papers and pages: Markdown, and LaTeX with booktabs."""

import re
from collections.abc import Iterable, Sequence

from nasattn.report.table import Table

_LATEX = {
    "\\": r"\textbackslash{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": "$<$",
    ">": "$>$",
    "|": r"\textbar{}",
    '"': "''",
    "Δ": r"$\Delta$",
    "τ": r"$\tau$",
    "±": r"$\pm$",
    "×": r"$\times$",
    "≠": r"$\neq$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "→": r"$\rightarrow$",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "·": r"$\cdot$",
    "●": r"$\bullet$",
    "○": r"$\circ$",
    "◆": r"$\diamond$",
    "▲": r"$\triangle$",
    "…": r"\ldots{}",
    "−": "$-$",
    "–": "--",
    "\u00a0": "~",
}
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>|~])")
_WORDS_WIDTH = r"p{0.35\linewidth}"
_LONG_WIDTH = r"p{0.25\linewidth}"
_LONGEST = 32  # letters of a cell that is not folded


def tables_markup(form: str, tables: Sequence[Table], caption: str) -> str:
    """Write tables one after the other as ``markdown`` or ``latex``, each with its caption.

    What is drawn with characters is left out; words stand in a last column of their own.
    """
    write = markdown_table if form == "markdown" else latex_table
    return "\n".join(write(table, caption) for table in tables)


def markdown_table(table: Table, caption: str) -> str:
    """Write a table of GitHub's Markdown, its caption under it."""
    heads, rows, leftward = _columns(table)
    align = ["---" if left else "---:" for left in leftward]
    head, *body = ([_marked(cell) for cell in row] for row in (heads, *rows))
    lines = "".join(f"| {' | '.join(cells)} |\n" for cells in (head, align, *body))
    return f"{lines}\n{_marked(_captioned(table, caption))}\n"


def latex_table(table: Table, caption: str) -> str:
    """Write a table with booktabs' rules, whose package the document must load."""
    heads, rows, leftward = _columns(table)
    columns = zip(leftward, *([len(cell) for cell in row] for row in (heads, *rows)), strict=True)
    kinds = [_kind(max(lengths), left) for left, *lengths in columns]
    if table.words:
        kinds[-1] = _WORDS_WIDTH
    lines = (
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{_escaped(_captioned(table, caption))}}}",
        rf"\begin{{tabular}}{{{''.join(kinds)}}}",
        r"\toprule",
        _latex_row(heads),
        r"\midrule",
        *map(_latex_row, rows),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    )
    return "\n".join(lines) + "\n"


def _kind(longest: int, left: bool) -> str:  # noqa: FBT001 - of a column
    return "r" if not left else "l" if longest <= _LONGEST else _LONG_WIDTH


def _columns(table: Table) -> tuple[list[str], list[list[str]], list[bool]]:
    """Return heads, rows and whether each column is aligned to the left, drawings left out."""
    kept = len(table.heads) - table.num_drawn
    words = [f"<{table.words}"] if table.words else []
    heads = [*table.heads[:kept], *words]
    rows = [[*row.cells[:kept], *([row.words] if words else [])] for row in table.rows]
    return [h.removeprefix("<") for h in heads], rows, [h.startswith("<") for h in heads]


def _captioned(table: Table, caption: str) -> str:
    return _one_line(f"{table.title}. {caption}" if table.title else caption)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _marked(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", _one_line(text))


def _latex_row(cells: Iterable[str]) -> str:
    # What begins with a bracket or a star would be an option of the row before.
    row = " & ".join(map(_escaped, cells))
    return f"{'{}' if row.startswith(('[', '*')) else ''}{row} \\\\"


def _escaped(text: str) -> str:
    # A hyphen before a number is a minus.
    minus = re.sub(r"(?<!\S)-(?=[\d.])", "−", _one_line(text))
    return "".join(_LATEX.get(sign, sign) for sign in minus)
