"""The words of JSON Schema 2020-12, by what they are about."""

# Say nothing of which values are valid. ``default``, ``readOnly``, ``writeOnly`` and ``x-extensible-enum``
# are not among them: they are compared by rules of their own.
ANNOTATIONS = frozenset(
    {
        *("title", "description", "examples", "example", "deprecated", "externalDocs", "xml"),
        *("$comment", "$schema", "$id", "$anchor", "discriminator", "contentSchema"),
    }
)
_NUMBER = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "format"})
OF_TYPE: dict[str, frozenset[str]] = {
    "string": frozenset(
        {"minLength", "maxLength", "pattern", "format", "contentEncoding", "contentMediaType"}
    ),
    "integer": _NUMBER,
    "number": _NUMBER,
    "array": frozenset({"items", "prefixItems", "minItems", "maxItems", "uniqueItems"}),
    "object": frozenset({"properties", "required", "additionalProperties", "minProperties", "maxProperties"}),
    "boolean": frozenset(),
    "null": frozenset(),
}
OF_ANY_TYPE = frozenset({"enum", "x-extensible-enum"})
# Kept whole, those of a group together: they may only stay as they were, or go where going loosens.
OPAQUE: dict[tuple[str, ...], str] = {
    ("contentEncoding",): "string",
    ("contentMediaType",): "string",
    ("contains", "minContains", "maxContains"): "array",
    ("unevaluatedItems",): "array",
    ("unevaluatedProperties",): "object",
    ("propertyNames",): "object",
    ("patternProperties",): "object",
    ("dependentRequired",): "object",
    ("dependentSchemas",): "object",
    ("not",): "",
    ("if", "then", "else"): "",
    ("$dynamicRef",): "",
    ("allOf",): "",
    ("anyOf",): "",
    ("oneOf",): "",
}
SCALAR = (OF_TYPE["string"] | _NUMBER) - {"format", "contentEncoding", "contentMediaType"}
