"""A JSON Schema 2020-12 as its variants, each of one JSON type: the form in which schemas are compared.

References are followed, ``allOf`` is intersected, ``anyOf``, ``oneOf`` and lists of types are spread out.
What cannot be put in this form is kept as a digest under ``Variant.opaque`` and may only stay as it was.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from dev.contracts.compatibility import scalars
from dev.contracts.compatibility.documents import Document, Schema
from dev.contracts.compatibility.intersection import intersect
from dev.contracts.compatibility.keywords import ANNOTATIONS, OF_ANY_TYPE, OF_TYPE, OPAQUE, SCALAR

TYPES = ("array", "boolean", "null", "number", "object", "string")
Tags = dict[str, frozenset[str | int]]
_MAX_DEPTH = 40


class TooDeepError(ValueError):
    """References, unions or intersections are nested deeper than any contract of ours."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One variant. ``type`` is a JSON type, or ``any`` for a schema that does not limit the type."""

    type: str
    keywords: Mapping[str, Any] = field(default_factory=dict)
    opaque: Mapping[str, str] = field(default_factory=dict)
    name: str = ""

    def list_tags(self, document: Document) -> Tags:
        """List the required fields with a few fixed values, as the ``type`` of a union's member."""
        fields = self.keywords.get("properties", {})
        values = {
            name: _list_values(fields.get(name), document) for name in self.keywords.get("required", [])
        }
        return {name: frozenset(tags) for name, tags in values.items() if tags}


def list_variants(schema: Schema, document: Document, depth: int = 0) -> list[Variant]:
    """List the variants of a schema; none for ``false``. Raises TooDeepError."""
    if depth > _MAX_DEPTH:
        raise TooDeepError("a schema refers to itself with no field between")
    if isinstance(schema, bool):
        return [Variant("any")] if schema else []
    if "$ref" in schema:
        return _follow_ref(schema, document, depth)
    if "allOf" in schema:
        parts = [_without(schema, "allOf"), *schema["allOf"]]
        whole = _intersect_all(parts, document, depth)
        return _split_types(schema, document) if whole is None else list_variants(whole, document, depth + 1)
    if ("anyOf" in schema) != ("oneOf" in schema):
        return _spread_union(schema, "anyOf" if "anyOf" in schema else "oneOf", document, depth)
    return _split_types(schema, document)


def _without(schema: dict[str, Any], left_out: str) -> dict[str, Any]:
    return {keyword: value for keyword, value in schema.items() if keyword != left_out}


def _follow_ref(schema: dict[str, Any], document: Document, depth: int) -> list[Variant]:
    siblings = _without(schema, "$ref")
    target = document.get_target(schema["$ref"])
    name = schema["$ref"].rpartition("/")[2]
    if siblings and isinstance(target, dict):
        target = {"allOf": [target, siblings]}
    variants = list_variants(target, document, depth + 1)
    return [replace(variant, name=variant.name or name) for variant in variants]


def _intersect_all(parts: Iterable[Schema], document: Document, depth: int) -> dict[str, Any] | None:
    """Make one schema that says what all parts say; None when there is no such plain schema."""
    whole: dict[str, Any] | None = {}
    for part in parts:
        plain = _flatten(part, document, depth)
        whole = None if whole is None or plain is None else intersect(whole, plain)
    return whole


def _flatten(part: Schema, document: Document, depth: int) -> dict[str, Any] | None:
    """Make the part a schema without reference and ``allOf``, if it can be."""
    if depth > _MAX_DEPTH:
        raise TooDeepError("allOf refers to itself")
    if isinstance(part, bool):
        return {} if part else None
    if "$ref" in part:
        target = document.get_target(part["$ref"])
        return _intersect_all([target, _without(part, "$ref")], document, depth + 1)
    if "allOf" in part:
        return _intersect_all([_without(part, "allOf"), *part["allOf"]], document, depth + 1)
    return part


def _spread_union(schema: dict[str, Any], union: str, document: Document, depth: int) -> list[Variant]:
    silent = ANNOTATIONS | {union, "default", "readOnly", "writeOnly"}
    siblings = {keyword: value for keyword, value in schema.items() if keyword not in silent}
    variants: list[Variant] = []
    for branch in schema[union]:
        whole = {"allOf": [branch, siblings]} if siblings else branch
        variants.extend(list_variants(whole, document, depth + 1))
    if union == "oneOf" and not _are_disjoint(variants, document):
        # A value that fits two members is refused: which values do is not worked out here.
        digest = document.compute_digest({"oneOf": schema["oneOf"]})
        variants = [replace(variant, opaque={**variant.opaque, "oneOf": digest}) for variant in variants]
    return _join_lists(variants)


def _are_disjoint(variants: list[Variant], document: Document) -> bool:
    """Say whether no value fits two of the variants."""
    return all(
        _is_disjoint(variant, other, document)
        for index, variant in enumerate(variants)
        for other in variants[index + 1 :]
    )


def _is_disjoint(variant: Variant, other: Variant, document: Document) -> bool:
    types = {variant.type, other.type}
    if "any" in types or types == {"integer", "number"}:
        return False
    if variant.type != other.type:
        return True
    if "enum" in variant.keywords and "enum" in other.keywords:
        return not any(value in other.keywords["enum"] for value in variant.keywords["enum"])
    tags, other_tags = variant.list_tags(document), other.list_tags(document)
    return any(name in other_tags and tags[name].isdisjoint(other_tags[name]) for name in tags)


def _join_lists(variants: list[Variant]) -> list[Variant]:
    """Join the variants that are lists of values of the same type."""
    joined: list[Variant] = []
    for variant in variants:
        index = next((index for index, other in enumerate(joined) if _can_join(variant, other)), None)
        if index is None:
            joined.append(variant)
        else:
            values = [*joined[index].keywords["enum"], *variant.keywords["enum"]]
            joined[index] = replace(variant, keywords={**joined[index].keywords, "enum": values})
    return joined


def _can_join(variant: Variant, other: Variant) -> bool:
    alike = variant.type == other.type and variant.opaque == other.opaque
    return alike and "enum" in variant.keywords and "enum" in other.keywords


def _split_types(schema: dict[str, Any], document: Document) -> list[Variant]:
    """List one variant for each type of a schema without union, reference or ``allOf``."""
    schema = {**schema, "enum": [schema["const"]]} if "const" in schema else schema
    stated = schema.get("type")
    types = [stated] if isinstance(stated, str) else list(stated or _imply_types(schema))
    variants = []
    for name in types or ["any"]:
        applicable = OF_TYPE.get(name, frozenset()) | OF_ANY_TYPE
        keywords = {keyword: value for keyword, value in schema.items() if keyword in applicable}
        if "enum" in keywords:
            values = [value for value in keywords["enum"] if name in {"any", *_list_types(value)}]
            keywords = _limit_list(values, keywords)
        if keywords.get("enum") != []:
            variants.append(
                Variant(_narrow_type(name, keywords), keywords, _digest_opaque(schema, name, document))
            )
    return variants


def _narrow_type(name: str, keywords: Mapping[str, Any]) -> str:
    """Name a list of whole numbers ``integer``, even if the schema says ``number``."""
    whole = name == "number" and all(
        "integer" in _list_types(value) for value in keywords.get("enum", [None])
    )
    return "integer" if whole else name


def _limit_list(values: list[Any], keywords: dict[str, Any]) -> dict[str, Any]:
    """Drop the values that the list's own limits refuse, and then the limits, which say no more."""
    refused = scalars.list_refused(values, keywords)
    if refused is None:
        return {**keywords, "enum": values}
    type_keywords = {keyword: value for keyword, value in keywords.items() if keyword not in SCALAR}
    return {**type_keywords, "enum": [value for value in values if value not in refused]}


def _digest_opaque(schema: dict[str, Any], name: str, document: Document) -> dict[str, str]:
    """Digest each group of keywords about values of this type that is compared as a whole only."""
    digests = {}
    for group, of_type in OPAQUE.items():
        present = {keyword: schema[keyword] for keyword in group if keyword in schema}
        if present and of_type in {name, ""}:
            digests[group[0]] = document.compute_digest(present)
    return digests


def _imply_types(schema: dict[str, Any]) -> list[str]:
    """List the types of a schema that names none: those of its values, or all if any keyword limits one."""
    if "enum" in schema:
        return sorted({_list_types(value)[0] for value in schema["enum"]})
    limiting = {
        *(keyword for keywords in OF_TYPE.values() for keyword in keywords),
        *(group[0] for group in OPAQUE),
    }
    return list(TYPES) if schema.keys() & limiting else []


def _list_types(value: Any) -> tuple[str, ...]:
    if isinstance(value, bool):
        return ("boolean",)
    if isinstance(value, int | float):
        return ("integer", "number") if float(value).is_integer() else ("number",)
    names = {str: "string", type(None): "null", list: "array", dict: "object"}
    return (names[type(value)],)


def _list_values(schema: Any, document: Document) -> list[str | int]:
    plain = document.follow(schema)
    if not isinstance(plain, Mapping):
        return []
    values = [plain["const"]] if "const" in plain else plain.get("enum", [])
    return [value for value in values if isinstance(value, str | int)]
