"""Matching does not get worse unnoticed: small made sets of a real-sized gazetteer, and what must be reached.

The floors lie a little below what is measured on large sets (docs/accuracy.md).
"""

import pytest

from services.address.accuracy import labelled_sets, places, scores

SIZE, SEED = 500, 11
FLOORS = [
    ("realistic", "all present", 0.985),
    ("realistic", "15% absent", 0.98),
    ("realistic", "no postcode", 0.965),
    ("hard", "all present", 0.94),
    ("hard", "15% absent", 0.93),
    ("hard", "no postcode", 0.88),
    ("other hand, realistic", "all present", 0.985),
    ("other hand, hard", "15% absent", 0.90),
]


@pytest.fixture(scope="module")
def hillshire():
    return places.read("hillshire")


@pytest.fixture(scope="module")
def everything(hillshire):
    return places.matcher(hillshire)


@pytest.mark.parametrize(("kind", "variant", "floor"), FLOORS, ids=str)
def test_f1_stays_above_its_floor(hillshire, everything, kind, variant, floor):
    labelled = labelled_sets.make(hillshire, kind, variant, "test", SIZE, SEED)
    matcher = scores.without(hillshire, labelled) if variant == "15% absent" else everything

    score = scores.score(matcher, labelled)

    assert score.f1 >= floor, score
    assert score.exact_precision >= 0.99, score


def test_the_same_arguments_make_the_same_set_and_the_same_answers(hillshire, everything):
    once, again = (labelled_sets.make(hillshire, "hard", "no postcode", "train", 100, SEED) for _ in range(2))

    another = places.matcher(hillshire)
    assert once == again
    assert [everything.match(one.asked) for one in once] == [another.match(one.asked) for one in again]


def test_no_property_is_in_both_halves(hillshire):
    train, test = (labelled_sets.of_half(hillshire, half) for half in ("train", "test"))

    assert len(train) + len(test) == len(hillshire)
    assert not {one.uprn for one in train} & {one.uprn for one in test}


def test_a_matcher_that_names_somebody_for_every_address_would_fail(hillshire, everything):
    labelled = labelled_sets.make(hillshire, "realistic", "15% absent", "test", SIZE, SEED)

    careless = scores.score(everything, labelled)  # it has the absent ones, and so names them

    assert careless.f1 < 0.95
