"""jsonsubschema asked: is every value of one schema a value of the other?

It knows JSON Schema draft 4 and no recursion, leaves ``format`` and ``propertyNames`` out, goes wrong where a
pattern meets a length, and tries every text of a finite pattern. So it is asked of a schema made for it:
references followed (a schema within itself once, then a mark), unions and types as ``kinds`` has them, and
every limited text as the list of the limited texts it takes (``texts``). The sender's objects are closed: a
field nobody named is not promised. What draft 4 cannot say is left out; then "yes" is not believed.
"""

import copy
import hashlib
import json
import warnings
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from dev.contracts.breaking import texts
from dev.contracts.breaking.documents import Document, Schema
from dev.contracts.breaking.kinds import Kind, TooDeepError, kinds

Verdict = Literal["yes", "no", "unknown"]
_MOST_KINDS = 1_500
_NUMBERS = ("integer", "number")
_KNOWN: dict[str, Verdict] = {}


class UnsaidError(ValueError):
    """A schema too large to ask about."""


class Side(NamedTuple):
    """The sender's or the receiver's schema, in its document."""

    schema: Schema
    document: Document


def verdict(sub: Side, sup: Side, *, lists_grow: bool) -> Verdict:
    """Say "yes" or "no" as jsonsubschema does; "unknown" when it cannot be asked, or fails.

    ``lists_grow``: a list that the receiver knows as ``x-extensible-enum`` takes any value.
    """
    try:
        one = _Lowering(sub.document, closed=True, lists_grow=False)
        two = _Lowering(sup.document, closed=False, lists_grow=lists_grow)
        said = _ask(*texts.listed(one.schema(sub.schema), two.schema(sup.schema)))
    except (UnsaidError, TooDeepError):
        return "unknown"
    return "unknown" if said == "yes" and (one.partial or two.partial) else said


def _ask(sub: Any, sup: Any) -> Verdict:
    key = hashlib.sha256(json.dumps([sub, sup], sort_keys=True).encode()).hexdigest()
    if key not in _KNOWN:
        _KNOWN[key] = _asked(sub, sup)
    return _KNOWN[key]


def _asked(sub: Any, sup: Any) -> Verdict:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its source has escapes Python warns of when it is first compiled
        from jsonsubschema import config, isSubschema  # noqa: PLC0415 - slow to import, needed on a change
    config.set_json_validator_version(_Trusting)
    try:
        # It answers None where it means no, and ends the program on some schemas it does not know.
        return "yes" if isSubschema(copy.deepcopy(sub), copy.deepcopy(sup)) else "no"
    except (Exception, SystemExit):  # noqa: BLE001 - whatever it stumbles on, the structural rules decide
        return "unknown"


class _Trusting:
    """Stands for the validator with which jsonsubschema checks each schema it makes on the way.

    What it is given here is draft 4 by construction; the checks take nine tenths of its time.
    """

    @staticmethod
    def check_schema(schema: Any) -> None:
        """Take any schema for a valid one."""


class _Lowering:
    """Draft 4 of one side's schemas."""

    def __init__(self, document: Document, *, closed: bool, lists_grow: bool) -> None:
        self.partial = False
        self._document = document
        self._closed = closed
        self._lists_grow = lists_grow
        self._within: list[str] = []
        self._count = 0

    def schema(self, schema: Schema) -> dict[str, Any]:
        ref = schema.get("$ref") if isinstance(schema, dict) else None
        if ref in self._within:
            self.partial = True
            return {"enum": [f"again {len(self._within) - self._within.index(ref)}"]}
        self._within += [ref] if ref else []
        branches = [self._kind(kind) for kind in kinds(schema, self._document)]
        if ref:
            self._within.pop()
        if len(branches) == 1:
            return branches[0]
        return {"anyOf": branches} if branches else {"not": {}}

    def _kind(self, kind: Kind) -> dict[str, Any]:
        self._count += 1
        if self._count > _MOST_KINDS:
            raise UnsaidError(kind.type)
        self.partial = self.partial or bool(kind.opaque) or (kind.type in _NUMBERS and "format" in kind.words)
        if self._lists_grow and kind.words.get("x-extensible-enum"):
            return {"type": kind.type}
        if "enum" in kind.words and kind.type != "string":
            return {"type": kind.type, "enum": kind.words["enum"]}
        return self._plain(kind)

    def _plain(self, kind: Kind) -> dict[str, Any]:
        makers: dict[str, Callable[[Kind], dict[str, Any]]] = {
            "any": lambda _: {},
            "string": lambda kind: {texts.MARK: texts.limits(kind.words)},
            "integer": _numeric,
            "number": _numeric,
            "array": self._array,
            "object": self._object,
        }
        return makers[kind.type](kind) if kind.type in makers else {"type": kind.type}

    def _array(self, kind: Kind) -> dict[str, Any]:
        words = kind.words
        made = {word: words[word] for word in ("minItems", "maxItems", "uniqueItems") if word in words}
        rest = words.get("items", True)
        if "prefixItems" in words:
            made["items"] = [self.schema(one) for one in words["prefixItems"]]
            made["additionalItems"] = rest if isinstance(rest, bool) else self.schema(rest)
        elif rest is False:
            made["maxItems"] = 0
        elif rest is not True:
            made["items"] = self.schema(rest)
        return {"type": "array", **made}

    def _object(self, kind: Kind) -> dict[str, Any]:
        words = kind.words
        made = {word: words[word] for word in ("minProperties", "maxProperties") if word in words}
        if words.get("required"):
            made["required"] = sorted(set(words["required"]))
        made["properties"] = {name: self.schema(one) for name, one in words.get("properties", {}).items()}
        rest = words.get("additionalProperties", not self._closed)
        made["additionalProperties"] = rest if isinstance(rest, bool) else self.schema(rest)
        return {"type": "object", **made}


def _numeric(kind: Kind) -> dict[str, Any]:
    made = {word: kind.words[word] for word in ("minimum", "maximum", "multipleOf") if word in kind.words}
    for word, stricter in (("minimum", max), ("maximum", min)):
        exclusive = kind.words.get(f"exclusive{word.capitalize()}")
        if exclusive is not None and stricter(exclusive, made.get(word, exclusive)) == exclusive:
            made |= {word: exclusive, f"exclusive{word.capitalize()}": True}
    return {"type": kind.type, **made}
