"""The page around a report's sections: its head, its looks, and its scripts."""

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

from nasattn.extras import import_extra

# Nothing may be loaded from anywhere, whatever the page's contents say.
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
)

_STYLE = """
:root { color-scheme: light dark; --text: #16191d; --back: #ffffff; --soft: #5b6470;
  --line: #d5dae0; --stripe: #f4f6f8; --link: #0b5cad }
@media (prefers-color-scheme: dark) { :root { --text: #e6e9ec; --back: #14171a; --soft: #9aa4af;
  --line: #363c43; --stripe: #1c2024; --link: #79b8ff } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back);
  max-width: 72rem; margin: 2rem auto; padding: 0 1rem }
h1 { margin-bottom: 0 } h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line) }
p.soft, small, caption { color: var(--soft) } a { color: var(--link) }
nav a { margin-right: 1rem }
.wide { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid var(--line);
  vertical-align: top }
th.left, td.left { text-align: left; overflow-wrap: break-word }
th button { all: unset; cursor: pointer; font-weight: 600 }
th button:focus-visible { outline: 2px solid var(--link) }
th[aria-sort="ascending"] button::after { content: " ▲" }
th[aria-sort="descending"] button::after { content: " ▼" }
tbody tr:nth-child(even) { background: var(--stripe) }
tr.front td { font-weight: 600 }
pre { overflow-x: auto; line-height: 1.25; padding: .6rem; background: var(--stripe) }
.chart { height: 28rem }
.gallery { display: flex; flex-wrap: wrap; gap: 1rem }
figure { margin: 0; width: 8rem } figure img { width: 100%; image-rendering: pixelated;
  box-sizing: border-box; border: 4px solid #2a78c2 }
figure.wrong img { border: 4px dashed #c2412a } figcaption { white-space: pre-line }
@media print { :root { --text: #000; --back: #fff; --soft: #444; --stripe: #fff }
  body { max-width: none; margin: 0 } nav { display: none } h2 { break-after: avoid }
  tr, figure, .chart { break-inside: avoid } .wide { overflow: visible } }
"""

_SORT = """
document.querySelectorAll("table.sortable").forEach(table => {
  table.querySelectorAll("th button").forEach((button, column) => {
    button.addEventListener("click", () => {
      const head = button.parentElement;
      const up = head.getAttribute("aria-sort") !== "ascending";
      head.parentElement.querySelectorAll("th").forEach(th => th.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const body = table.tBodies[0], sign = up ? 1 : -1;
      const key = row => row.cells[column].dataset.key;
      const order = (a, b) => {
        const [x, y] = [key(a), key(b)];
        if (x === "" || y === "") return (x === "") - (y === "");
        const numbers = [Number(x), Number(y)];
        if (!numbers.some(Number.isNaN)) return sign * (numbers[0] - numbers[1]);
        return sign * x.localeCompare(y);
      };
      body.append(...[...body.rows].sort(order));
    });
  });
});
"""

_DRAW = """
const colours = () => {
  const style = getComputedStyle(document.documentElement);
  const of = name => style.getPropertyValue(name).trim();
  const axis = { gridcolor: of("--line"), zerolinecolor: of("--line"), linecolor: of("--soft") };
  return { paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: of("--text") }, xaxis: axis, yaxis: axis,
    modebar: { bgcolor: "rgba(0,0,0,0)", color: of("--soft"), activecolor: of("--text") },
    hoverlabel: { bgcolor: of("--stripe"), font: { color: of("--text") }, align: "left" } };
};
const merged = (under, over) => Object.fromEntries([...new Set([...Object.keys(under),
  ...Object.keys(over)])].map(key => {
    const [a, b] = [under[key], over[key]];
    const both = a && b && typeof a === "object" && typeof b === "object" && !Array.isArray(b);
    return [key, both ? merged(a, b) : (b === undefined ? a : b)]; }));
const draw = () => document.querySelectorAll("script.chart-data").forEach(data => {
  const chart = JSON.parse(data.textContent);
  Plotly.react(data.previousElementSibling, chart.data, merged(colours(), chart.layout),
    { responsive: true, displaylogo: false,
      modeBarButtons: [["toImage", "zoom2d", "pan2d", "resetScale2d"]] });
});
draw();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
"""


class Section(NamedTuple):
    """A part of the page.

    Args:
        anchor: Its place in the page's links.
        title: Its heading, as text.
        body: HTML.
    """

    anchor: str
    title: str
    body: str


def page(title: str, lead: str, sections: Sequence[Section]) -> str:
    """Return a whole page.

    Args:
        title: Text.
        lead: HTML above the first section.
        sections: In their order.

    Raises:
        UserError: plotly is not installed.
    """
    links = "".join(f'<a href="#{s.anchor}">{escape(s.title)}</a>' for s in sections)
    bodies = "\n".join(
        f'<section id="{s.anchor}"><h2>{escape(s.title)}</h2>\n{s.body}\n</section>'
        for s in sections
    )
    library = import_extra("plotly.offline", "report", "nasattn report").get_plotlyjs()
    scripts = "".join(f"<script>{script}</script>\n" for script in (library, _SORT, _DRAW))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<title>{escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{escape(title)}</h1>
{lead}
<nav>{links}</nav>
{bodies}
{scripts}</body>
</html>
"""


def chart(figure: Mapping[str, Any], words: str) -> str:
    """Return a place for a figure, and the figure for the script that draws it.

    Args:
        figure: Plotly's ``data`` and ``layout``.
        words: What it shows, for those who cannot see it.
    """
    # "<" could end the script early.
    data = json.dumps(figure, allow_nan=False).replace("<", "\\u003c")
    return (
        f'<div class="chart" role="img" aria-label="{escape(words)}"></div>'
        f'<script class="chart-data" type="application/json">{data}</script>'
    )
