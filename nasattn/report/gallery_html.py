"""A gallery as one HTML file that loads nothing."""

from base64 import b64encode
from html import escape
from pathlib import Path

from nasattn.files import write_atomic
from nasattn.report.gallery import Gallery, Shown, caption
from nasattn.report.picture import RIGHT, WRONG

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
  body {{ font: 16px/1.4 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto;
    padding: 0 1rem; color: #111; background: #fff }}
  main {{ display: flex; flex-wrap: wrap; gap: 1rem }}
  figure {{ margin: 0; width: 8rem }}
  img {{ box-sizing: border-box; width: 100%; border: 4px solid; image-rendering: pixelated }}
  figcaption {{ white-space: pre-line; overflow-wrap: anywhere }}
  .right img {{ border-color: {right} }}
  .wrong img {{ border-color: {wrong}; border-style: dashed }}
  .wrong figcaption {{ font-weight: bold }}
  small {{ display: block; margin-top: 2rem }}
</style>
<h1>{title}</h1>
<p>{summary}</p>
<main>
{figures}
</main>
<small>{conditions}</small>
</html>
"""


def write_html(gallery: Gallery, file: Path) -> None:
    """Write ``gallery`` with its pictures inside.

    Raises:
        WriteError: the file cannot be written.
    """
    page = _PAGE.format(
        title=escape(gallery.title),
        summary=escape(gallery.summary),
        conditions=escape(gallery.conditions),
        figures="\n".join(map(figure, gallery.pictures)),
        right=RIGHT,
        wrong=WRONG,
    )
    write_atomic(file, page)


def figure(picture: Shown) -> str:
    """Return a picture with its caption, marked by whether the network was right."""
    data = b64encode(picture.png).decode()
    return (
        f'<figure class="{"right" if picture.is_right else "wrong"}">'
        f'<img src="data:image/png;base64,{data}" alt="{escape(picture.truth)}">'
        f"<figcaption>{escape(caption(picture))}</figcaption></figure>"
    )
