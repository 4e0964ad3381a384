"""OS Places' find: what people type is found, the best first, and said how well it matches."""

import pytest

from address.loading.actions import command
from address.places.rules import search_text, spelling
from address.places.schemas.places import Answer
from services.address.tests.samples import row, write_csv

PLACES = "/citytown/address/search/places/v1"
TOWN = {"postcode": "BA3 1AA", "locality": "ODD DOWN"}
STREETS = [
    row(number, usrn=str(usrn), streetname=street, number=str(number % 100), **TOWN)
    for usrn, (start, street) in enumerate(
        [(8_100_000, "HIGH STREET"), (8_200_000, "SAINT MICHAELS CRESCENT"), (8_300_000, "MOUNT PLEASANT"),
         (8_400_000, "ST LUKE'S ROAD"), (8_500_000, "WALNUT DRIVE"), (8_600_000, "BANNERDOWN CLOSE")],
        90_001_000,
    )
    for number in range(start + 1, start + 6)
]  # fmt: skip
SHOP = row(8_900_001, usrn="90001000", streetname="HIGH STREET", number="9", name="CORN EXCHANGE",
           organisationname="BATH BUN COMPANY", **TOWN)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
async def streets(gazetteer, settings, tmp_path_factory):
    path = write_csv(tmp_path_factory.mktemp("streets") / "streets.csv", [*STREETS, SHOP])
    assert await command.load(settings, [str(path), "--council", "citytown"]) == command.DONE


@pytest.fixture(scope="module")
def find(client, mint, streets):
    """``await find("4 high st")`` -> the fields of what was found, best first."""
    key = {"X-Api-Key": mint(scopes=["address:read"], typ="key+jwt")}

    async def run(query, **parameters):
        params = {"query": query, **parameters}
        body = (await client.get(f"{PLACES}/find", params=params, headers=key)).json()
        Answer.model_validate(body)
        return [result["DPA"] for result in body.get("results", [])]

    return run


@pytest.mark.parametrize(
    ("typed", "uprn"),
    [
        ("3 high st", "8100003"),
        ("3 High St., Odd Down, Bath", "8100003"),
        ("3, HIGH STREET, ODD DOWN, BATH, BA3 1AA", "8100003"),
        ("high street 3 odd down", "8100003"),
        ("bath, odd down, high street, 3", "8100003"),
        ("BA3 1AA 3 high street", "8100003"),
        ("3 high street ba31aa", "8100003"),
        ("3 high street ba3 1", "8100003"),
        ("3 high street ba3", "8100003"),
        ("4 saint michaels cres", "8200004"),
        ("2 mt pleasant", "8300002"),
        ("1 st lukes rd", "8400001"),
        ("1 St. Luke's Road", "8400001"),
        ("5 walnut dr", "8500005"),
        ("5 bannerdown cl bath", "8600005"),
        ("bath bun company", "8900001"),
        ("corn exchange high st", "8900001"),
    ],
)
async def test_what_people_type_is_found(find, typed, uprn):
    results = await find(typed)
    assert results[0]["UPRN"] == uprn
    assert (results[0]["MATCH"], results[0]["MATCH_DESCRIPTION"]) == (1.0, "EXACT") or uprn == "8900001"


@pytest.mark.parametrize(
    ("typed", "uprn"),
    [
        ("5 wlanut drive", "8500005"),
        ("5 walnutt drive bath", "8500005"),
        ("4 banerdown close", "8600004"),
        ("4 bannardwon close", "8600004"),
        ("3 high steet odd down", "8100003"),
        ("2 mount plesant", "8300002"),
    ],
)
async def test_a_misspelt_word_is_found_but_no_exact_match(find, typed, uprn):
    best = (await find(typed))[0]
    assert best["UPRN"] == uprn
    assert (best["MATCH"], best["MATCH_DESCRIPTION"]) == (0.9, "GOOD")


async def test_the_best_come_first_and_those_that_match_less_are_left_out_when_asked(find):
    results = await find("3 walnut drive", matchprecision=4)
    matches = [result["MATCH"] for result in results]
    assert matches == sorted(matches, reverse=True)
    assert results[0]["MATCH"] == 1.0
    assert 0 < results[1]["MATCH"] < 1
    assert [result["UPRN"] for result in await find("3 walnut drive", minmatch=0.95)] == ["8500003"]


async def test_the_match_has_one_decimal_unless_more_are_asked(find):
    coarse = (await find("3 walnut drive odd down bath"))[1]["MATCH"]
    fine = (await find("3 walnut drive odd down bath", matchprecision=6))[1]["MATCH"]
    assert coarse == int(fine * 10) / 10
    assert fine != coarse


async def test_what_is_nowhere_is_not_found(find):
    assert await find("zzyzx qqfoo") == []


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("34 high st bath ", ("HIGH", "STREET", "BATH")),
        ("st lukes rd ", ("ST", "LUKES", "ROAD")),
        ("oak house st lukes rd ", ("OAK", "HOUSE", "ST", "LUKES", "ROAD")),
        ("12 acacia av", ("ACACIA", "AV")),
    ],
)
def test_short_forms_are_written_out(typed, names):
    assert search_text.parse_search(typed).names == names


def test_the_nearest_known_word_is_meant_and_a_far_one_is_not():
    words = ["STEEP", "STREET", "STREETS", "STATION", "STOKE"]
    assert spelling.find_closest("STRET", words) == "STREET"
    assert spelling.find_closest("STEET", words) == "STREET"  # STEEP is as near, but nobody means it
    assert spelling.find_closest("STATOIN", words) == "STATION"
    assert spelling.find_closest("STORM", words) is None
    assert spelling.find_closest("STRANGE", []) is None
