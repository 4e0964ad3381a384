"""What other domains do with filters: read one, run it in memory, or have it as a condition of SQL."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from mapping.filters import store
from mapping.filters.rules import checks, nodes, predicate, text, tokens
from mapping.filters.rules.nodes import FilterError, Kind, TooCostlyError
from mapping.filters.rules.shapes import Place

TEXT = "cql2-text"
JSON = "cql2-json"
LANGUAGES = (TEXT, JSON)
_SECONDS = 0.5
Condition = store.Condition


def parse(source: str, language: str, queryables: Mapping[str, Kind], place: Place) -> nodes.Expression:
    """Read a filter of at most 8 KB, 20 deep, in one of LANGUAGES, and check it. Raises FilterError.

    ``queryables``: the properties it may name, by kind; ``place`` puts its geometries into the layer's CRS.
    """
    tree = text.parse_text(source) if language == TEXT else _parse_json(source)
    return checks.check(tree, queryables, place)


def _parse_json(source: str) -> Any:
    tokens.check_size(source)
    try:
        tree = json.loads(source)
    except (ValueError, RecursionError) as error:
        raise FilterError("is not JSON") from error
    tokens.check_size(json.dumps(tree, ensure_ascii=False, separators=(",", ":")))  # what stood escaped
    return tree


def make_deadline(hint: str, seconds: float = _SECONDS) -> Callable[[], None]:
    """Start the time a filter may take. The function returned raises TooCostlyError when it is over.

    ``hint`` says what the caller should add to narrow the work.
    """
    end = time.monotonic() + seconds

    def keep_going() -> None:
        if time.monotonic() > end:
            raise TooCostlyError(f"takes longer than {round(seconds * 1000)} ms over this collection: {hint}")

    return keep_going


def select(
    expression: nodes.Expression,
    columns: predicate.Columns,
    rows: predicate.Rows,
    keep_going: Callable[[], None],
) -> predicate.Rows:
    """Return the rows for which a filter is true. Holds the thread: call it beside the event loop."""
    return predicate.select(expression, columns, rows, keep_going)


def compile_condition(expression: nodes.Expression, to_globe: store.ToGlobe) -> Condition:
    """Compile a filter to a condition over rows of ``feature``; see ``store.Condition``."""
    return store.compile_condition(expression, to_globe)
