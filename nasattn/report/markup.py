"""Tables for papers and pages: Markdown, and LaTeX with booktabs."""

import re
from collections.abc import Iterable, Sequence

_LATEX = {
    "\\": r"\textbackslash{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": "$<$",
    "Δ": r"$\Delta$",
    "±": r"$\pm$",
    "×": r"$\times$",
    "−": "$-$",
    "–": "--",
}


def markdown_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table of GitHub's Markdown; the first column is aligned to the left."""
    align = ["---", *("---:" for _ in heads[1:])]
    written = ([cell.replace("|", r"\|") for cell in row] for row in (heads, align, *rows))
    return "".join(f"| {' | '.join(cells)} |\n" for cells in written)


def latex_table(heads: Sequence[str], rows: Iterable[Sequence[str]], caption: str) -> str:
    """Write a table with booktabs' rules, whose package the document must load."""
    head, *body = ([_escaped(cell) for cell in row] for row in (heads, *rows))
    lines = (
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{_escaped(caption)}}}",
        rf"\begin{{tabular}}{{l{'r' * (len(heads) - 1)}}}",
        r"\toprule",
        f"{' & '.join(head)} \\\\",
        r"\midrule",
        *(f"{' & '.join(row)} \\\\" for row in body),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    )
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    # A hyphen before a number is a minus.
    minus = re.sub(r"(?<!\S)-(?=[\d.])", "−", text)
    return "".join(_LATEX.get(sign, sign) for sign in minus)
