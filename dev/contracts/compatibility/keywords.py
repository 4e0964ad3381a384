"""The keywords of JSON Schema 2020-12, by what they are about."""

# They limit no value. ``default``, ``readOnly``, ``writeOnly`` and ``x-extensible-enum`` are not among them:
# they are compared by rules of their own.
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
# Compared as a whole, those of a group together: they may stay as they were, or go where that loosens.
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
