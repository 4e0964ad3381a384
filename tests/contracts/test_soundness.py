"""The comparison held against values: what is called harmless refuses no value that was valid before."""

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from dev.contracts.breaking.documents import Document
from dev.contracts.breaking.schemas import Comparison

PATTERNS = ("^[a-c]{1,3}$", "^[a-b]+$", "^(a|bc)$", "b", "^[^b]*$", "^a?b?c?$")
NAMES = ("a", "b", "type")


def optional(**words):
    return st.fixed_dictionaries({}, optional=words)


def typed(name, **words):
    return optional(**words).map(lambda said: {"type": name, **said})


small = st.integers(0, 4)
ends = dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), small)
numbers = st.one_of(
    typed("integer", **ends, multipleOf=st.sampled_from([1, 2, 3])),
    typed("number", **ends, multipleOf=st.sampled_from([0.5, 1, 2])),
)
text = typed(
    "string", minLength=st.integers(0, 2), maxLength=st.integers(1, 4), pattern=st.sampled_from(PATTERNS)
)
listed = st.lists(
    st.sampled_from(["a", "b", "abc", 1, 2, 0.5, None, True]), min_size=1, max_size=4, unique=True
)
leaves = st.one_of(
    numbers,
    text,
    listed.map(lambda values: {"enum": values}),
    st.just({"type": ["string", "null"], "maxLength": 2}),
    st.sampled_from([{}, {"type": "boolean"}, {"type": "null"}, {"const": "a"}]),
)


def composed(inner):
    fields = st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
    objects = typed(
        "object",
        properties=fields,
        required=st.lists(st.sampled_from(NAMES), max_size=2, unique=True),
        additionalProperties=st.one_of(st.booleans(), inner),
        minProperties=st.integers(0, 1),
        maxProperties=st.integers(1, 3),
    )
    arrays = typed(
        "array",
        items=inner,
        prefixItems=st.lists(inner, min_size=1, max_size=2),
        minItems=st.integers(0, 2),
        maxItems=st.integers(1, 3),
        uniqueItems=st.booleans(),
    )
    unions = st.tuples(st.sampled_from(["anyOf", "oneOf", "allOf"]), st.lists(inner, min_size=1, max_size=3))
    return st.one_of(objects, arrays, unions.map(lambda union: {union[0]: union[1]}))


schemas = st.recursive(leaves, composed, max_leaves=5)
SCALARS = (None, True, False, -1, 0, 1, 2, 3, 4, 5, 0.5, 1.5, "", "a", "b", "c", "bc", "abc", "aaaa", "d")
SOME = (None, 0, 2, 0.5, "a", "bc", [], ["b"], {}, {"a": 1}, {"type": "a", "b": None})
VALUES = [
    *SCALARS,
    *([one] for one in (*SCALARS, {}, {"a": "b"}, [1])),
    *([one, two] for one in SOME for two in SOME),
    [1, 2, 3, 4],
    {},
    *({name: one} for name in NAMES for one in (*SCALARS, {}, {"a": "b"}, [1])),
    *({"a": one, "b": two} for one in SOME for two in SOME),
    *({"a": one, "b": one, "type": two} for one in SOME for two in SOME),
]


@st.composite
def changed(draw, schema):
    """The schema with one part of it drawn anew, or another schema altogether."""
    if not isinstance(schema, dict) or not schema or draw(st.integers(0, 5)) == 0:
        return draw(schemas)
    word = draw(st.sampled_from(sorted(schema)))
    return {**schema, word: draw(_changed_word(word, schema[word]))}


def _changed_word(word, said):
    if word == "properties" and said:
        return st.sampled_from(sorted(said)).flatmap(
            lambda name: changed(said[name]).map(lambda new: {**said, name: new})
        )
    if word in {"anyOf", "oneOf", "allOf", "prefixItems"}:
        return st.integers(0, len(said) - 1).flatmap(
            lambda place: changed(said[place]).map(lambda new: [*said[:place], new, *said[place + 1 :]])
        )
    if word in {"items", "additionalProperties"}:
        return changed(said)
    if word == "enum":
        return listed
    if isinstance(said, int | float) and not isinstance(said, bool):
        return small.filter(lambda number: number > 0)
    return st.just(said)


pairs = schemas.flatmap(lambda schema: st.tuples(st.just(schema), changed(schema)))


def _closed(schema):
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {
        word: said if word in {"enum", "const"} else _closed_word(word, said) for word, said in schema.items()
    }
    if made.get("type") == "object":
        made.setdefault("additionalProperties", False)
    return made


def _closed_word(word, said):
    return {name: _closed(one) for name, one in said.items()} if word == "properties" else _closed(said)


def refused(way, old, new, sender, receiver):
    """Values the sender may send and the receiver does not take, if the change is called harmless."""
    assume(not Comparison(Document(old), Document(new), way).compare(old, new))
    sent, kept, taken = (Draft202012Validator(one) for one in (sender, _closed(sender), receiver))
    return [
        value
        for value in VALUES
        if not taken.is_valid(value) and sent.is_valid(value) and kept.is_valid(value)
    ]


quietly = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


@quietly
@given(pairs)
def test_what_is_called_harmless_refuses_nothing_that_was_accepted(pair):
    old, new = pair
    assert refused("in", old, new, sender=old, receiver=new) == [], f"{old} -> {new}"


@quietly
@given(pairs)
def test_what_is_called_harmless_answers_nothing_that_was_not_promised(pair):
    old, new = pair
    assert refused("out", old, new, sender=new, receiver=old) == [], f"{old} -> {new}"
