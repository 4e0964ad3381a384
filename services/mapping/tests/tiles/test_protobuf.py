"""Varints and ragged bytes against the obvious way to write them."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping.tiles.rules.protobuf import (
    Ragged,
    measure_varints,
    spread,
    write_field,
    write_varint,
    write_varints,
    zigzag,
)

INTEGERS = st.one_of(st.integers(0, 300), st.integers(0, 2**64 - 1))


@settings(max_examples=30)
@given(st.lists(INTEGERS, max_size=50))
def test_varints_are_those_written_one_by_one(values):
    array = np.array(values, np.uint64)
    sizes = measure_varints(array)
    assert write_varints(array, sizes).tobytes() == b"".join(map(write_varint, values))
    assert sizes.tolist() == [len(write_varint(value)) for value in values]


def test_varints_are_those_of_the_documentation():
    assert write_varint(150) == bytes.fromhex("9601")
    assert write_field(2, b"testing") == bytes.fromhex("120774657374696e67")
    assert zigzag(np.array([0, -1, 1, -2, 2**31 - 1, -(2**31)])).tolist() == [
        0,
        1,
        2,
        3,
        2**32 - 2,
        2**32 - 1,
    ]


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 5)), max_size=20))
def test_ranges_are_listed_one_after_the_other(ranges):
    starts, counts = np.array([*ranges, (0, 0)], np.int64).T
    assert spread(starts, counts).tolist() == [start + i for start, count in ranges for i in range(count)]


@settings(max_examples=30)
@given(st.lists(st.binary(max_size=5), min_size=1, max_size=9), st.data())
def test_byte_strings_are_taken_by_their_numbers(strings, data):
    chosen = data.draw(st.lists(st.integers(0, len(strings) - 1)))
    result = Ragged.join(strings).take(np.array(chosen, np.int64))
    assert result == b"".join(strings[number] for number in chosen)
