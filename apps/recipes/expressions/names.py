"""Which names expressions of a recipe may read, with their types."""

from collections.abc import Iterable, Iterator, Mapping

from apps.recipes.expressions.compiler import Names, ValueType
from apps.recipes.kinds.providers import PROVIDERS

# Of each kind of question the type of its value in expressions; kinds without one have `size` and `has` at
# most.
QUESTION_TYPES: dict[str, str] = {
    "address": "text", "place": "none", "choice": "text", "choices": "list", "yes_no": "truth",
    "number": "integer", "money": "integer", "date": "date", "text": "text", "long_text": "text",
    "name": "text", "contact": "none", "plate": "text", "files": "list", "declaration": "truth",
    "slot": "text",
}  # fmt: skip
ALWAYS: dict[str, ValueType] = {"today": "text", "person.signed_in": "truth", "person.proved": "truth"}
DATE_FUNCTIONS = ("workdays_since", "days_since", "age_on")


def declare_names(
    questions: Iterable[tuple[str, str]],
    facts: Iterable[tuple[str, str]],
    settings: Mapping[str, int | None],
) -> Names:
    """Declare names of questions (id, kind), facts (id, provider) and settings (their number, or None)."""
    declared: dict[str, ValueType] = dict(ALWAYS)
    for question, kind in questions:
        declared.update(_declare(question, QUESTION_TYPES.get(kind, "none")))
    for fact, provider in facts:
        if provider not in PROVIDERS:
            continue
        if PROVIDERS[provider].options:
            declared[f"size.{fact}"] = "integer"
        for field, kind in PROVIDERS[provider].fields.items():
            declared.update(_declare(f"{fact}.{field}", kind))
    for setting, number in settings.items():
        declared[f"set.{setting}"] = "text" if number is None else "integer"
    return tuple(sorted(declared.items()))


def _declare(name: str, kind: str) -> Iterator[tuple[str, ValueType]]:
    yield f"has.{name}", "truth"
    if kind == "list":
        yield f"size.{name}", "integer"
    elif kind == "date":
        yield name, "text"
        for function in DATE_FUNCTIONS:
            yield f"{function}.{name}", "integer"
    elif kind != "none":
        yield name, {"integer": "integer", "truth": "truth"}.get(kind, "text")  # type: ignore[misc]
    if kind == "text":
        yield f"size.{name}", "integer"


def strip_function(name: str) -> str:
    """Return the name that a function reads: ``round.day`` of ``workdays_since.round.day``."""
    head, _, rest = name.partition(".")
    return rest if rest and head in {"size", "has", *DATE_FUNCTIONS} else name
