"""Matching on small sets of a real-sized gazetteer, with floors: fails when it gets worse.

The floors are a little below the figures of large sets (docs/accuracy.md).
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
    return places.read_gazetteer("hillshire")


@pytest.fixture(scope="module")
def everything(hillshire):
    return places.build_matcher(hillshire)


@pytest.mark.parametrize(("kind", "variant", "floor"), FLOORS, ids=str)
def test_f1_stays_above_its_floor(hillshire, everything, kind, variant, floor):
    labelled_set = labelled_sets.make_set(hillshire, kind, variant, "test", SIZE, SEED)
    matcher = (
        scores.matcher_without_absent(hillshire, labelled_set) if variant == "15% absent" else everything
    )

    score = scores.score_matcher(matcher, labelled_set)

    assert score.f1 >= floor, score
    assert score.exact_precision >= 0.99, score


def test_the_same_arguments_make_the_same_set_and_the_same_answers(hillshire, everything):
    once, again = (
        labelled_sets.make_set(hillshire, "hard", "no postcode", "train", 100, SEED) for _ in range(2)
    )

    another = places.build_matcher(hillshire)
    assert once == again
    assert [everything.match(labelled.address) for labelled in once] == [
        another.match(labelled.address) for labelled in again
    ]


def test_no_property_is_in_both_halves(hillshire):
    train, test = (labelled_sets.select_half(hillshire, half) for half in ("train", "test"))

    assert len(train) + len(test) == len(hillshire)
    assert not {place.uprn for place in train} & {place.uprn for place in test}


def test_a_matcher_that_answers_every_address_would_fail(hillshire, everything):
    labelled_set = labelled_sets.make_set(hillshire, "realistic", "15% absent", "test", SIZE, SEED)

    # This matcher has the absent properties, and answers with them.
    careless = scores.score_matcher(everything, labelled_set)

    assert careless.f1 < 0.95
