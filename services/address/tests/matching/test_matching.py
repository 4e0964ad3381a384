"""What an address means: every way people write one, and the properties that are not there."""

import random
import string
import time

import pytest

from address.address_comparison.rules.weights import WEIGHTS
from address.address_text.rules.tokens import MatchQuery
from address.matching.rules import coefficients
from address.matching.rules.model import EXACT
from services.address.tests.matching.gazetteer import matcher

MATCHED = [
    ("the gazetteer's own words", "7, ACACIA ROAD, WALCOT, BATH", "BA1 5AA", 107),
    ("small letters and no commas", "7 acacia road bath", "ba15aa", 107),
    ("the postcode in the address", "7 Acacia Road, Bath BA1 5AA", None, 107),
    ("the postcode first", "BA1 5AA, 7 Acacia Road", None, 107),
    ("no postcode", "7 Acacia Road, Walcot, Bath", None, 107),
    ("part of a postcode", "7 Acacia Road, Bath BA1", None, 107),
    ("the postcode's sector", "7 Acacia Road, Bath BA1 5", None, 107),
    ("RD for ROAD", "7 Acacia Rd, Bath", "BA1 5AA", 107),
    ("RD with a full stop", "7 Acacia Rd., Bath", "BA1 5AA", 107),
    ("ST for STREET", "7 High St, Keynsham", "BS31 1AA", 1007),
    ("SAINT for ST", "5 Saint Johns Road, Bath", "BA1 3PX", 3005),
    ("an apostrophe left out", "5 St Johns Rd", "BA1 3PX", 3005),
    ("CRES for CRESCENT", "3 Phillips Cres", "BA2 4NN", 7003),
    ("AVE for AVENUE", "4 The Ave, Combe Down", "BA2 5EE", 6004),
    ("1ST for FIRST", "12 1st Avenue, Bath", "BA2 3NW", 8012),
    ("a letter left out", "7 Accia Road, Bath", "BA1 5AA", 107),
    ("letters swapped", "7 Acaica Road, Bath", "BA1 5AA", 107),
    ("a letter doubled", "7 Acaciaa Road Bath", "BA1 5AA", 107),
    ("spelt as it sounds", "3 Filips Crescent", "BA2 4NN", 7003),
    ("read by a machine", "7 ACAC1A R0AD BATH", "BA1 5AA", 107),
    ("a misspelt ROAD", "7 Acacia Raod, Bath", "BA1 5AA", 107),
    ("a misspelt STREET", "7 High Streeet, Keynsham", "BS31 1AA", 1007),
    ("words run together", "7 Acaciaroad, Bath", "BA1 5AA", 107),
    ("number and street run together", "7Acacia Road, Bath", "BA1 5AA", 107),
    ("ROAD left out", "7 Acacia, Walcot, Bath", "BA1 5AA", 107),
    ("a postcode one character wrong", "7 Acacia Road, Walcot, Bath", "BA1 5AX", 107),
    ("a neighbour's postcode", "7 Acacia Road, Walcot, Bath", "BA1 5AB", 107),
    ("another district's postcode", "7 Acacia Road, Walcot, Bath", "BA2 1AA", 107),
    ("O for 0 in a postcode", "5 Lower Bristol Road", "BA2 IAA", 4005),
    ("another locality", "7 Acacia Road, Twerton, Bath", "BA1 5AA", 107),
    ("a county too many", "7 Acacia Road, Walcot, Bath, Somerset, United Kingdom", "BA1 5AA", 107),
    ("the number after the street", "Acacia Road 7, Bath", "BA1 5AA", 107),
    ("the locality first", "Walcot, 7 Acacia Road, Bath", "BA1 5AA", 107),
    ("NO before the number", "No. 7 Acacia Road", "BA1 5AA", 107),
    ("somebody's name before it", "The Occupier, 7 Acacia Road, Bath", "BA1 5AA", 107),
    ("somebody's initials before it", "Mr J Smith, 7 Acacia Road", "BA1 5AA", 107),
    ("a space in the wrong place of the postcode", "7 Acacia Road BA15 AA", None, 107),
    ("a flat with its storey", "Flat 2, 1st Floor, 20 Acacia Road", "BA1 5AB", 202),
    ("FLAT2/20 as one word", "Flat2/20 Acacia Road", "BA1 5AB", 202),
    ("an ordinal run together", "12 1stave, Oldfield Park", "BA2 3NW", 8012),
    ("a house name the gazetteer has not", "The Hollies, 7 Acacia Road", "BA1 5AA", 107),
    ("a number with a suffix", "15A Acacia Road", "BA1 5AA", 151),
    ("a suffix apart", "15 b Acacia Road", "BA1 5AA", 152),
    ("a flat", "Flat 2, 20 Acacia Road", "BA1 5AB", 202),
    ("a flat after its number", "20 Flat 2 Acacia Road", "BA1 5AB", 202),
    ("a flat after the street", "20 Acacia Road, Flat 2, Bath", "BA1 5AB", 202),
    ("FLT", "FLT 2 20 ACACIA ROAD", "BA1 5AB", 202),
    ("APT for a flat", "Apt 2, 20 Acacia Road", "BA1 5AB", 202),
    ("FLAT2 as one word", "Flat2 20 Acacia Road", "BA1 5AB", 202),
    ("FLAT in letters", "Flat Two, 20 Acacia Road", "BA1 5AB", 202),
    ("a misspelt FLAT", "Falt 2, 20 Acacia Road", "BA1 5AB", 202),
    ("a flat as a bare number", "2, 20 Acacia Road", "BA1 5AB", 202),
    ("flat over number", "2/20 Acacia Road", "BA1 5AB", 202),
    ("number over flat", "20/3 Acacia Road", "BA1 5AB", 203),
    ("number and flat with a dash", "20-3 Acacia Road", "BA1 5AB", 203),
    ("a lettered flat", "Flat B, 22 Acacia Road", "BA1 5AB", 222),
    ("a lettered flat as a suffix", "22B Acacia Road", "BA1 5AB", 222),
    ("a letter before the number", "B, 22 Acacia Road", "BA1 5AB", 222),
    ("a lettered flat over", "22/B Acacia Road", "BA1 5AB", 222),
    ("the ground floor flat as GFF", "GFF, 24 Acacia Road", "BA1 5AB", 242),
    ("the ground floor", "Ground Floor, 24 Acacia Road", "BA1 5AB", 242),
    ("FLAT GROUND FLOOR", "Flat Ground Floor 24 Acacia Road", "BA1 5AB", 242),
    ("the first floor as FFF", "FFF 24 Acacia Rd", "BA1 5AB", 243),
    ("the first floor as 1ST FLR", "1st flr flat, 24 Acacia Road", "BA1 5AB", 243),
    ("the second floor", "2nd Floor Flat 24 Acacia Road", "BA1 5AB", 244),
    ("the top flat", "Top Flat, 24 Acacia Road", "BA1 5AB", 245),
    ("the top floor after the number", "24 Acacia Road, top floor flat", "BA1 5AB", 245),
    ("the basement", "Basement 24 Acacia Road", "BA1 5AB", 241),
    ("the lower ground floor for the basement", "Lower Ground Floor Flat, 24 Acacia Road", "BA1 5AB", 241),
    ("a Scottish flat", "Flat 2/1, 50 Acacia Road", "BA1 5AA", 501),
    ("a Scottish flat without FLAT", "2/1, 50 Acacia Road", "BA1 5AA", 501),
    ("a building asked for as a whole", "20 Acacia Road", "BA1 5AB", 200),
    ("a range", "30-32 Acacia Road", "BA1 5AA", 300),
    ("a range with spaces", "30 - 32 Acacia Road", "BA1 5AA", 300),
    ("a business", "Oak Dental Practice, 26 Acacia Road", "BA1 5AA", 260),
    ("a business without its number", "Oak Dental Practice, Acacia Road, Bath", "BA1 5AA", 260),
    ("a business called LTD", "OAK DENTAL PRACTICE LTD 26 ACACIA ROAD", "BA1 5AA", 260),
    ("AND for an ampersand", "Willow and Sons Bakery, 28 Acacia Road", "BA1 5AA", 280),
    ("a named house", "Rose Cottage, Acacia Road", "BA1 5AA", 410),
    ("a named house with COTT", "Rose Cott., Acacia Rd", "BA1 5AA", 410),
    ("a named house with THE", "The Mill House, Acacia Road", "BA1 5AA", 400),
    ("a named house's name run together", "Millhouse, Acacia Road", "BA1 5AA", 400),
    ("a misspelt house", "Rsoe Cottage, Acacia Road", "BA1 5AA", 410),
    ("a flat of a named house", "Flat 3, Mill House, Acacia Road", "BA1 5AA", 403),
    ("a flat of a named house as a number", "3 Mill House, Acacia Road", "BA1 5AA", 403),
    ("a building's name and number", "Apartment 2, Cedar Court, 44 Acacia Road", "BA1 5AA", 442),
    ("a building's number without its name", "Apartment 2, 44 Acacia Road", "BA1 5AA", 442),
    ("a building's name without its number", "Flat 2, Cedar Court, Acacia Road", "BA1 5AA", 442),
    ("a building without its street", "Flat 2, Cedar Court, Bath", "BA1 5AA", 442),
    ("the longer of two street names", "12 Lower Bristol Road, Bath", "BA2 1AA", 4012),
    ("a Welsh name", "3 Heol yr Eglwys", "BA1 7AA", 9001),
    ("its English name", "3 Church Way", "BA1 7AA", 9001),
    ("a locality that holds FLAT", "3 Phillips Cres, Bear Flat, Bath", None, 7003),
    ("one of two streets by its locality", "7 High Street, Saltford", None, 2007),
    ("one of two streets by its postcode", "7 High Street, Bath", "BS31 3AA", 2007),
]  # fmt: skip
ABSENT = [
    ("a number that is missing", "14 Acacia Road, Walcot, Bath", "BA1 5AA"),
    ("a number beyond the last", "99 Acacia Road, Bath", "BA1 5AA"),
    ("a suffix that is missing", "16A Acacia Road, Bath", "BA1 5AA"),
    ("another suffix", "15C Acacia Road, Bath", "BA1 5AA"),
    ("a flat that is missing", "Flat 5, 20 Acacia Road", "BA1 5AB"),
    ("a flat of a house", "Flat 1, 16 Acacia Road", "BA1 5AA"),
    ("a lettered flat among numbered ones", "Flat A, 20 Acacia Road", "BA1 5AB"),
    ("a storey that is missing", "Third Floor Flat, 24 Acacia Road", "BA1 5AB"),
    ("two storeys at once", "Basement and Ground Floor, 24 Acacia Road", "BA1 5AB"),
    ("a room of a flat", "Room 1, Flat 9, 20 Acacia Road", "BA1 5AB"),
    ("a storey among numbered flats", "Top Floor Flat, 20 Acacia Road", "BA1 5AB"),
    ("a flat of a named house", "Flat 9, Mill House, Acacia Road", "BA1 5AA"),
    ("a named house that is missing", "Fern Cottage, Acacia Road, Bath", "BA1 5AA"),
    ("a named house of another kind", "Rose Barn, Acacia Road, Bath", "BA1 5AA"),
    ("a number that another street of the name has", "25 High Street, Keynsham", "BS31 1AA"),
    ("a street that is missing", "3 Juniper Walk, Bath", "BA9 9ZZ"),
    ("a missing street with a known postcode", "3 Juniper Walk, Bath", "BA1 5AA"),
    ("land beside a property", "Land adjacent to 7 Acacia Road", "BA1 5AA"),
    ("what lies behind a property", "Rear of 7 Acacia Road", "BA1 5AA"),
    ("a town and no more", "Bath", None),
    ("nothing but a postcode", "BA1 5AA", None),
    ("another building of a street by its number alone", "Flat 2, Birch Court, 48 Acacia Road", "BA1 5AA"),
]
AMBIGUOUS = [
    ("a street of two villages", "7 High Street, Bath", None),
    ("FLAT without saying which", "Flat, 20 Acacia Road", "BA1 5AB"),
    ("a building of which there are only flats", "46 Acacia Road", "BA1 5AA"),
]


@pytest.fixture(scope="module")
def engine():
    return matcher()


@pytest.mark.parametrize(
    ("address", "postcode", "uprn"), [case[1:] for case in MATCHED], ids=[c[0] for c in MATCHED]
)
def test_an_address_is_matched_although_it_has(engine, address, postcode, uprn):
    match_ = engine.match(MatchQuery(address, postcode))

    assert (match_.outcome, match_.uprn) == ("matched", uprn), (match_.reasons, match_.candidates)


@pytest.mark.parametrize(("address", "postcode"), [case[1:] for case in ABSENT], ids=[c[0] for c in ABSENT])
def test_no_neighbour_is_named_for(engine, address, postcode):
    match_ = engine.match(MatchQuery(address, postcode))

    assert (match_.outcome, match_.uprn) == ("none", None), (match_.reasons, match_.candidates)
    assert match_.reasons


@pytest.mark.parametrize(
    ("address", "postcode"), [case[1:] for case in AMBIGUOUS], ids=[c[0] for c in AMBIGUOUS]
)
def test_nobody_chooses_between_equals_for(engine, address, postcode):
    match_ = engine.match(MatchQuery(address, postcode))

    assert (match_.outcome, match_.uprn) == ("ambiguous", None), (match_.reasons, match_.candidates)
    assert len(match_.candidates) > 1


def test_reasons_say_what_differs(engine):
    absent = "the property is not in the gazetteer: "
    cases = [
        ("7 Acaica Road, Bath", "BA1 5AA", "street misspelt"),
        ("7 Acacia Road", "BA1 5AX", "postcode differs by one character"),
        ("7 Acacia Road, Twerton", "BA1 5AA", "locality differs"),
        ("Flat 5, 20 Acacia Road", "BA1 5AB", f"{absent}flat 5 at 20 is missing in ACACIA ROAD"),
        ("3rd Floor, 24 Acacia Rd", "BA1 5AB", f"{absent}the third floor at 24 is missing in ACACIA ROAD"),
        ("14 Acacia Road", "BA1 5AA", f"{absent}number 14 is missing in ACACIA ROAD"),
        ("14 Juniper Walk", None, "street not found"),
        ("46 Acacia Road", "BA1 5AA", "flat not given: the building has several"),
        ("Garage at 7 Acacia Road", "BA1 5AA", "something beside the property is meant"),
    ]
    for address, postcode, reason in cases:
        assert reason in engine.match(MatchQuery(address, postcode)).reasons, address


def test_every_finding_has_a_weight_and_nothing_is_fitted_that_is_no_finding():
    findings = {
        name
        for name in coefficients.COEFFICIENTS
        if name.split()[0] not in {"fit", "margin", "rivals", "elsewhere"}
    }

    assert not (findings | EXACT) - WEIGHTS.keys()


def test_no_address_is_too_strange(engine):
    chance = random.Random(8)
    letters = string.printable + "\u00e9\u00df\u2013\u00bd\u2167\U0001f3e0"
    for _ in range(2_000):
        text = list(chance.choice(MATCHED)[1])
        for _ in range(chance.randrange(1, 8)):
            text[chance.randrange(len(text))] = chance.choice(letters)
        match_ = engine.match(MatchQuery("".join(text), chance.choice((None, "BA1 5AA", "".join(text)[:9]))))
        assert 0 <= match_.confidence <= 1
        assert (match_.uprn is None) == (match_.outcome != "matched")


def test_the_longest_address_is_answered_in_time(engine):
    worst = " ".join(["1/2", "FLATT", "ACACIAROADD", "HIGHSTREE", "MILLHOUS"] * 16)[:500]

    start = time.perf_counter()
    engine.match(MatchQuery(worst, "BA1 5AX"))

    assert time.perf_counter() - start < 1
