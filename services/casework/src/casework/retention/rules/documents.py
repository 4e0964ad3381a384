"""Documents that people read and print: plain HTML and CSV, without anything from elsewhere."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

_PAGE = Markup(
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>'
    "body{{font-family:sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}}"
    "table{{border-collapse:collapse;width:100%;margin-bottom:2rem}}caption{{text-align:left;font-weight:bold}}"
    "th,td{{border:1px solid #505a5f;padding:.3rem .5rem;text-align:left;vertical-align:top;"
    "overflow-wrap:anywhere}}</style></head><body><main><h1>{title}</h1>{body}</main></body></html>"
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_page(title: str, parts: Iterable[Markup]) -> str:
    """Write a page of parts."""
    return str(_PAGE.format(title=title, body=Markup("").join(parts)))


def write_heading(text: str) -> Markup:
    """Write a heading."""
    return Markup("<h2>{}</h2>").format(text)


def write_paragraph(text: str) -> Markup:
    """Write a paragraph."""
    return Markup("<p>{}</p>").format(text)


def write_facts(caption: str, facts: Mapping[str, Any]) -> Markup:
    """Write a table of names and values."""
    rows = Markup("").join(
        Markup('<tr><th scope="row">{}</th><td>{}</td></tr>').format(name, _show(value))
        for name, value in facts.items()
    )
    return Markup("<table><caption>{}</caption>{}</table>").format(caption, rows)


def write_table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Markup:
    """Write a table with a row for each thing."""
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(column) for column in columns)
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(Markup("<td>{}</td>").format(_show(value)) for value in row)
        )
        for row in rows
    )
    table = Markup("<table><caption>{}</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table>")
    return table.format(caption, head, body)


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Write rows as CSV (RFC 4180). What a spreadsheet would take for a formula gets an apostrophe."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(columns)
    for row in rows:
        texts = ["" if value is None else str(value) for value in row]
        writer.writerow([f"'{text}" if text.startswith(_FORMULA) else text for text in texts])
    return file.getvalue()


def _show(value: Any) -> Markup:
    if value is None:
        return Markup("")
    if isinstance(value, Mapping):
        return Markup("<br>").join(f"{name}: {_show(part)}" for name, part in value.items())
    if isinstance(value, list | tuple):
        return Markup("<br>").join(_show(part) for part in value)
    return escape(value)
