"""A laid out picture as SVG."""

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from casework.diagrams.rules.chart import Chart
from casework.diagrams.rules.layout import COLUMN, MARGIN, Box, Drawing, Label, Track, lay_out

# Fill, stroke, dash. Every text on them has a contrast of 7 to 1 or more.
_BOXES = {
    "start": ("#ffffff", "#00703c", ""),
    "open": ("#d2e2f1", "#003078", ""),
    "end": ("#0b0c0c", "#0b0c0c", ""),
    "step": ("#ffffff", "#505a5f", ""),
    "task": ("#ffffff", "#505a5f", "4 3"),
    "deadline": ("#fff7bf", "#505a5f", ""),
}
_COLOURS = ("#003078", "#00703c", "#7a1f5c", "#8a3d00", "#4c2c92", "#0b0c0c")
_ROUND = {"start": 16, "open": 8, "end": 16}
_EDGE = MARGIN + COLUMN


def write_svg(chart: Chart) -> str:
    """Write a chart as SVG. The same chart gives the same bytes."""
    drawing = lay_out(chart)
    width, height = f"{drawing.width:g}", f"{drawing.height:g}"
    language = chart.wording.language
    key = f"{chart.code}-{chart.version.replace('.', '-')}"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}"'
        f' height="{height}" role="img" lang="{language}" xml:lang="{language}"'
        f' aria-labelledby="title-{key} desc-{key}" font-family="Arial, Helvetica, sans-serif">',
        f'<title id="title-{key}"{_lang(chart.title.language, language)}>{escape(chart.title.text)}</title>',
        f'<desc id="desc-{key}">{escape(chart.summary.text)}</desc>',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        *_write_branches(drawing),
        *(_write_box(box) for box in drawing.boxes),
        *(part for track in drawing.tracks for part in _write_track(track)),
        *(_write_label(label, _find_fill(label, drawing.boxes), language) for label in drawing.labels),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _write_branches(drawing: Drawing) -> Iterator[str]:
    for branch in drawing.branches:
        path = f"M{branch.x:g} {branch.top:g}V{branch.rows[-1]:g}"
        path += "".join(f"M{branch.x:g} {row:g}H{MARGIN + 22}" for row in branch.rows)
        yield f'<path d="{path}" fill="none" stroke="#505a5f" stroke-width="1.5"/>'


def _write_box(box: Box) -> str:
    fill, stroke, dash = _BOXES[box.kind]
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}"'
        f' rx="{_ROUND.get(box.kind, 3)}" fill="{fill}" stroke="{stroke}" stroke-width="1.5"{dashed}/>'
    )


def _write_track(track: Track) -> Iterator[str]:
    """Write the ways to a state: a line each to the lane, and one from it with the arrow."""
    colour = _COLOURS[track.lane % len(_COLOURS)]
    ends = (*track.sources, track.target)
    path = "".join(f"M{_EDGE} {y:g}H{track.x:g}" for y in track.sources)
    path += f"M{track.x:g} {min(ends):g}V{max(ends):g}M{track.x:g} {track.target:g}H{_EDGE + 7}"
    yield f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-linejoin="round"/>'
    y = track.target
    yield f'<path d="M{_EDGE + 1} {y:g}l9 -5v10z" fill="{colour}"/>'
    dots = "".join(f'<circle cx="{_EDGE}" cy="{y:g}" r="3" fill="{colour}"/>' for y in track.sources)
    yield dots


def _find_fill(label: Label, boxes: list[Box]) -> str:
    """Find the colour of a text: white in the dark boxes of ends."""
    inside = any(
        box.kind == "end" and box.y < label.y < box.y + box.height and label.x >= box.x for box in boxes
    )
    return "#ffffff" if inside else "#0b0c0c"


def _write_label(label: Label, fill: str, language: str) -> str:
    weight = ' font-weight="700"' if label.bold else ""
    return (
        f'<text x="{label.x:g}" y="{label.y:g}" font-size="{label.size:g}" fill="{fill}"{weight}'
        f"{_lang(label.language, language)}>{escape(label.text)}</text>"
    )


def _lang(language: str, of_picture: str) -> str:
    return "" if language == of_picture else f" lang={quoteattr(language)} xml:lang={quoteattr(language)}"
