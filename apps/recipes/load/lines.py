"""What is refused in a file's lines before YAML reads them: width, tabs, length, depth on one line."""

import re
from collections.abc import Iterator

from apps.recipes.load.faults import Fault

MOST_COLUMNS = 115
MOST_LEVELS = 3
_QUOTED = re.compile(r"""(?<![\w])("(?:\\.|[^"\\])*"|'(?:''|[^'])*')""")
_COMMENT = re.compile(r"(^|\s)#.*")


def count_lines(text: str) -> int:
    """Count the lines that are neither blank nor a comment."""
    return sum(1 for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))


def check_lines(file: str, text: str) -> Iterator[Fault]:
    """Check each line: at most 115 columns, no tab, at most 3 levels of braces."""
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > MOST_COLUMNS:
            reason = f"the line has {len(line)} columns; at most {MOST_COLUMNS}."
            yield Fault(file, number, MOST_COLUMNS + 1, "(line)", reason, "Go on in the next line.")
        if "\t" in line:
            yield Fault(file, number, line.index("\t") + 1, "(line)", "it holds a tab.", "Use spaces.")
        if (levels := _count_levels(line)) > MOST_LEVELS:
            reason = f"{levels} levels stand on one line; at most {MOST_LEVELS}."
            yield Fault(file, number, 1, "(line)", reason, "Begin a new line for the inner ones.")


def _count_levels(line: str) -> int:
    level = most = 0
    for character in _COMMENT.sub("", _QUOTED.sub("", line)):
        if character in "{[":
            level += 1
            most = max(most, level)
        elif character in "}]":
            level -= 1
    return most
