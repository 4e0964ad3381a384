"""A JSON Schema 2020-12 as its alternatives, each of one JSON type: the form in which schemas are compared.

References are followed, ``allOf`` is merged, ``anyOf`` and ``oneOf`` and lists of types are spread out. What
cannot be put in this form is kept whole under ``Kind.opaque`` and may only stay as it was.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dev.contracts.breaking import scalars
from dev.contracts.breaking.documents import Document, Schema
from dev.contracts.breaking.merging import merged
from dev.contracts.breaking.words import ANNOTATIONS, OF_ANY_TYPE, OF_TYPE, OPAQUE, SCALAR

TYPES = ("array", "boolean", "null", "number", "object", "string")
_MOST_DEPTH = 40


class TooDeepError(ValueError):
    """References, unions or merges are nested deeper than any contract of ours."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One alternative. ``type`` is a JSON type, or ``any`` for a schema that says nothing of the type."""

    type: str
    words: Mapping[str, Any] = field(default_factory=dict)
    opaque: Mapping[str, str] = field(default_factory=dict)
    name: str = ""

    def tags(self, document: Document) -> dict[str, frozenset[Any]]:
        """The fields that can have a few fixed values only, as the ``type`` of a union's member."""
        found = {}
        for name in self.words.get("required", []):
            values = _values(self.words.get("properties", {}).get(name), document)
            if values:
                found[name] = frozenset(values)
        return found


def kinds(schema: Schema, document: Document, depth: int = 0) -> list[Kind]:
    """The alternatives of a schema; none for ``false``. Raises TooDeepError."""
    if depth > _MOST_DEPTH:
        raise TooDeepError("a schema refers to itself with no field between")
    if isinstance(schema, bool):
        return [Kind("any")] if schema else []
    if "$ref" in schema:
        return _referred(schema, document, depth)
    if "allOf" in schema:
        pieces = [{word: value for word, value in schema.items() if word != "allOf"}, *schema["allOf"]]
        whole = _all_of(pieces, document, depth)
        return _single(schema, document) if whole is None else kinds(whole, document, depth + 1)
    if ("anyOf" in schema) != ("oneOf" in schema):
        return _spread(schema, "anyOf" if "anyOf" in schema else "oneOf", document, depth)
    return _single(schema, document)


def _referred(schema: dict[str, Any], document: Document, depth: int) -> list[Kind]:
    beside = {word: value for word, value in schema.items() if word != "$ref"}
    target = document.target(schema["$ref"])
    name = schema["$ref"].rpartition("/")[2]
    if beside and isinstance(target, dict):
        target = {"allOf": [target, beside]}
    return [
        Kind(kind.type, kind.words, kind.opaque, kind.name or name)
        for kind in kinds(target, document, depth + 1)
    ]


def _all_of(pieces: Iterable[Schema], document: Document, depth: int) -> dict[str, Any] | None:
    """One schema that says what all pieces say; None when there is no such plain schema."""
    whole: dict[str, Any] | None = {}
    for piece in pieces:
        plain = _flat(piece, document, depth)
        whole = None if whole is None or plain is None else merged(whole, plain)
    return whole


def _flat(piece: Schema, document: Document, depth: int) -> dict[str, Any] | None:
    if depth > _MOST_DEPTH:
        raise TooDeepError("allOf refers to itself")
    if isinstance(piece, bool):
        return {} if piece else None
    if "$ref" in piece:
        beside = {word: value for word, value in piece.items() if word != "$ref"}
        return _all_of([document.target(piece["$ref"]), beside], document, depth + 1)
    if "allOf" in piece:
        beside = {word: value for word, value in piece.items() if word != "allOf"}
        return _all_of([beside, *piece["allOf"]], document, depth + 1)
    return piece


def _spread(schema: dict[str, Any], union: str, document: Document, depth: int) -> list[Kind]:
    silent = ANNOTATIONS | {union, "default", "readOnly", "writeOnly"}
    beside = {word: value for word, value in schema.items() if word not in silent}
    spread: list[Kind] = []
    for branch in schema[union]:
        whole = {"allOf": [branch, beside]} if beside else branch
        spread.extend(kinds(whole, document, depth + 1))
    if union == "oneOf" and not apart(spread, document):
        # A value that fits two members is refused: which ones do is not worked out here.
        digest = document.digest({"oneOf": schema["oneOf"]})
        spread = [Kind(kind.type, kind.words, {**kind.opaque, "oneOf": digest}, kind.name) for kind in spread]
    return _joined(spread)


def apart(spread: list[Kind], document: Document) -> bool:
    """Whether no value fits two of the alternatives."""
    return all(
        _disjoint(one, two, document) for place, one in enumerate(spread) for two in spread[place + 1 :]
    )


def _disjoint(one: Kind, two: Kind, document: Document) -> bool:
    if "any" in {one.type, two.type}:
        return False
    if {one.type, two.type} == {"integer", "number"}:
        return False
    if one.type != two.type:
        return True
    if "enum" in one.words and "enum" in two.words:
        return not any(value in two.words["enum"] for value in one.words["enum"])
    mine, its = one.tags(document), two.tags(document)
    return any(name in its and mine[name].isdisjoint(its[name]) for name in mine)


def _joined(spread: list[Kind]) -> list[Kind]:
    """Lists of values of the same type are one list."""
    made: list[Kind] = []
    for kind in spread:
        place = next((place for place, other in enumerate(made) if _both_lists(kind, other)), None)
        if place is None:
            made.append(kind)
        else:
            values = [*made[place].words["enum"], *kind.words["enum"]]
            made[place] = Kind(kind.type, {**made[place].words, "enum": values}, kind.opaque, kind.name)
    return made


def _both_lists(one: Kind, two: Kind) -> bool:
    alike = one.type == two.type and one.opaque == two.opaque
    return alike and "enum" in one.words and "enum" in two.words


def _single(schema: dict[str, Any], document: Document) -> list[Kind]:
    schema = {**schema, "enum": [schema["const"]]} if "const" in schema else schema
    stated = schema.get("type")
    names = [stated] if isinstance(stated, str) else list(stated or _implied(schema))
    made = []
    for name in names or ["any"]:
        known = OF_TYPE.get(name, frozenset()) | OF_ANY_TYPE
        words = {word: value for word, value in schema.items() if word in known}
        if "enum" in words:
            words = _listed([value for value in words["enum"] if name in {"any", *_types_of(value)}], words)
        if words.get("enum") != []:
            made.append(Kind(_narrowest(name, words), words, _opaque(schema, name, document)))
    return made


def _narrowest(name: str, words: Mapping[str, Any]) -> str:
    """A list of whole numbers is a list of integers, whatever it is called."""
    whole = name == "number" and all("integer" in _types_of(value) for value in words.get("enum", [None]))
    return "integer" if whole else name


def _listed(values: list[Any], words: dict[str, Any]) -> dict[str, Any]:
    """A list of values says all: those its own limits refuse are not in it, and the limits are not needed."""
    rest = {word: said for word, said in words.items() if word not in SCALAR}
    outside = scalars.refused(values, words)
    if outside is None:
        return {**words, "enum": values}
    return {**rest, "enum": [value for value in values if value not in outside]}


def _opaque(schema: dict[str, Any], name: str, document: Document) -> dict[str, str]:
    """What the schema says of values of this type that cannot be put in words, by digest."""
    found = {}
    for group, of in OPAQUE.items():
        present = {word: schema[word] for word in group if word in schema}
        if present and of in {name, ""}:
            found[group[0]] = document.digest(present)
    return found


def _implied(schema: dict[str, Any]) -> list[str]:
    """The types of a schema that names none: those of its values, else all if any word limits one."""
    if "enum" in schema:
        return sorted({_types_of(value)[0] for value in schema["enum"]})
    limiting = {*(word for words in OF_TYPE.values() for word in words), *(group[0] for group in OPAQUE)}
    return list(TYPES) if schema.keys() & limiting else []


def _types_of(value: Any) -> tuple[str, ...]:
    if isinstance(value, bool):
        return ("boolean",)
    if isinstance(value, int | float):
        return ("integer", "number") if float(value).is_integer() else ("number",)
    names = {str: "string", type(None): "null", list: "array", dict: "object"}
    return (names[type(value)],)


def _values(schema: Any, document: Document) -> list[Any]:
    plain = document.follow(schema)
    if not isinstance(plain, Mapping):
        return []
    values = [plain["const"]] if "const" in plain else plain.get("enum", [])
    return [value for value in values if isinstance(value, str | int)]
