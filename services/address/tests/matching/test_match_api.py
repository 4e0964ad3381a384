"""Matching over HTTP: who may ask, what is answered, and that it is what a batch answers."""

import asyncio
import random

import pytest
from sqlalchemy import text

from address.address_text.rules.tokens import MatchQuery
from address.matching import store
from address.matching.actions import index_load
from address.matching.actions.index_cache import IndexCache
from services.address.tests.samples import ACACIA, GAZETTEER, row

_COLUMNS = text("""SELECT string_agg(column_name, ', ' ORDER BY ordinal_position)
    FROM information_schema.columns WHERE table_name = 'place' AND is_generated = 'NEVER'""")
_POINT = text("""INSERT INTO delivery_point
        (council, uprn, udprn, building_name, thoroughfare, post_town, postcode, entry_date, last_update)
    VALUES ('citytown', 1004, 5, '4A', 'LARCH BUILDINGS', 'BATH', 'BA1 5ZZ', '2026-01-01', '2026-01-01')""")
PATH = "/citytown/address/v1/match"


@pytest.fixture
def match_address(client, mint):
    """``await match_address({"address": ...})`` -> the answer."""

    async def post(body, path=PATH, scopes=("address:read",), **claims):
        token = mint(scopes=list(scopes), **claims)
        return await client.post(path, json=body, headers={"Authorization": f"Bearer {token}"})

    return post


pytestmark = pytest.mark.usefixtures("gazetteer")


async def test_an_address_is_answered_with_its_uprn(match_address):
    response = await match_address({"address": "Flat 2, Mill House, Acacia Rd, Bath", "postcode": "ba1 5ab"})

    assert response.status_code == 200
    match_ = response.json()
    assert (match_["outcome"], match_["uprn"]) == ("matched", "2002")
    assert match_["confidence"] > 0.9
    assert match_["candidates"][0] == {
        "uprn": "2002",
        "address": "FLAT 2, MILL HOUSE, ACACIA ROAD, WALCOT, BATH, BA1 5AB",
        "confidence": match_["confidence"],
    }


async def test_the_gazetteers_own_words_are_exact_and_a_misspelling_is_not(match_address):
    exact = (await match_address({"address": "7 ACACIA RD, WALCOT, BATH", "postcode": "BA1 5AA"})).json()
    misspelt = (await match_address({"address": "7 ACACAI RD, WALCOT, BATH", "postcode": "BA1 5AA"})).json()

    assert (exact["uprn"], exact["exact"], exact["reasons"]) == ("1007", True, ["address agrees"])
    assert (misspelt["uprn"], misspelt["exact"], misspelt["reasons"]) == ("1007", False, ["street misspelt"])


async def test_a_missing_number_is_none_and_the_reason_says_so(match_address):
    match_ = (await match_address({"address": "13 Acacia Road, Bath", "postcode": "BA1 5AA"})).json()

    assert (match_["outcome"], match_["uprn"], match_["exact"]) == ("none", None, False)
    assert match_["reasons"][0] == "the property is not in the gazetteer: number 13 is missing in ACACIA ROAD"


async def test_another_councils_properties_are_never_named(match_address):
    match_ = (await match_address({"address": "1 Other Street, Stirling", "postcode": "FK7 8HH"})).json()

    assert (match_["outcome"], match_["candidates"]) == ("none", [])


async def test_a_council_without_a_gazetteer_matches_nothing(match_address):
    response = await match_address(
        {"address": "1 Other Street"}, "/hillshire/address/v1/match", councils=["hillshire"]
    )

    assert response.status_code == 200
    assert response.json()["outcome"] in {"matched", "none"}


async def test_matching_wants_its_scope(match_address):
    assert (await match_address({"address": "7 Acacia Road"}, scopes=["address:write"])).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"address": ""},
        {"address": "x" * 501},
        {"address": 7},
        {"address": None},
        {"address": "7 Acacia Road", "postcode": "B" * 17},
        {"address": "7 Acacia Road", "post_code": "BA1 5AA"},
        [],
    ],
)
async def test_a_malformed_question_is_a_400(match_address, body):
    assert (await match_address(body)).status_code == 400


@pytest.mark.parametrize(
    "address",
    [
        "\x00\x01\x1f",
        "'; DROP TABLE place; --",
        "\U0001f3e0\U0001f3e0 7",
        "%_%" * 100,
        "(((((" * 100,
        "7 " * 250,
        "A" * 500,
        "FLAT " * 100,
        "1/2/3-4-5/6 7-8-9",
        "ﬁﬂ㍿ 7 Ⅷ",
        "\u202e daoR aicacA 7",
        "FLAT FLAT 1 FLOOR FLOOR GROUND TOP - / , . &",
        "-", "/", "BA1", "BA1 5A", "7", "FLAT",
    ],
)  # fmt: skip
async def test_hostile_text_is_answered_with_none_or_refused(match_address, address):
    response = await match_address({"address": address, "postcode": address[:16]})

    assert response.status_code == 400 or response.json()["outcome"] == "none"


async def test_a_change_is_matched_at_once(match_address, client, mint):
    query = {"address": "12 Acacia Road, Walcot, Bath", "postcode": "BA1 5AA"}
    assert (await match_address(query)).json()["uprn"] == "1012"
    headers = {"Authorization": f"Bearer {mint(scopes=['address:write'])}", "If-Match": '"1"'}
    await client.patch(
        "/citytown/address/v1/addresses/1012", json={"building_number": "77", "building_name": "ZEBRA LODGE"},
        headers=headers,
    )  # fmt: skip

    assert (await match_address(query)).json()["uprn"] is None
    assert (await match_address({**query, "address": "77 Acacia Road, Walcot"})).json()["uprn"] == "1012"
    assert (await match_address({"address": "Zebra Lodge, Acacia Road, Bath"})).json()["uprn"] == "1012"


async def test_a_batch_and_a_question_are_answered_alike(database):
    batch = await index_load.load_matcher(database.fast, "citytown")
    chance, residents = random.Random(3), IndexCache()
    queries = [
        MatchQuery(_format_address(chance, row_), chance.choice([None, row_["postcode"], "BA1 5AX"]))
        for row_ in GAZETTEER
    ]

    single = [await residents.match(database.fast, "citytown", query) for query in queries]

    assert [batch.match(query) for query in queries] == single
    assert sum(query.outcome == "matched" for query in single) > len(queries) // 2


def _format_address(chance: random.Random, row_: dict[str, str]) -> str:
    parts = [
        row_[name] for name in ("organisationname", "subname", "name", "number", "streetname", "townname")
    ]
    text = " ".join(part for part in parts if part)
    at = chance.randrange(len(text))
    return text[:at] + chance.choice(["", "E", text[at]]) + text[at + 1 :]


async def test_many_questions_at_once_read_the_names_once(database, monkeypatch):
    councils, names = [], store.list_names

    async def counted(pool, council):
        councils.append(council)
        return await names(pool, council)

    monkeypatch.setattr(store, "list_names", counted)
    residents = IndexCache()

    matches = await asyncio.gather(
        *(
            residents.match(database.fast, "citytown", MatchQuery(f"{n} Acacia Road, Bath"))
            for n in range(1, 9)
        )
    )

    assert [match_.uprn for match_ in matches] == [1000 + n for n in range(1, 9)]
    assert councils == ["citytown"]


async def test_the_councils_asked_longest_ago_are_forgotten(database):
    residents = IndexCache(most_names=1)
    await residents.match(database.fast, "hillshire", MatchQuery("1 Other Street"))

    await residents.match(database.fast, "citytown", MatchQuery("1 Acacia Road"))

    assert list(residents._councils) == ["citytown"]


async def test_a_load_is_matched_at_once(match_address, write, load):
    await match_address({"address": "1 Acacia Road"})
    added = [
        row(7000 + n, number=str(n), streetname="PLUMTREE WAY", usrn="90000077", postcode="BA1 7QQ")
        for n in (1, 2)
    ]
    await load(write([*ACACIA, *added]))

    match_ = (await match_address({"address": "2 Plumtree Way, Bath"})).json()

    assert match_["uprn"] == "7002"


async def test_other_names_of_a_property_are_matched_too(database):
    async with database.writing("citytown") as session:
        columns = await session.scalar(_COLUMNS)
        values = columns.replace("lpi_key", "'ALT'").replace(" street", " 'HEOL ACASIA'")
        await session.execute(
            text(f"INSERT INTO place ({columns}) SELECT {values} FROM place WHERE uprn = 1003")
        )
        await session.execute(_POINT)
        await session.execute(text("UPDATE place SET udprn = 5 WHERE uprn = 1004"))
    residents = IndexCache()

    welsh = await residents.match(database.fast, "citytown", MatchQuery("3 Heol Acasia, Bath"))
    royal_mail = await residents.match(database.fast, "citytown", MatchQuery("4A Larch Buildings", "BA1 5ZZ"))

    assert (welsh.uprn, royal_mail.uprn) == (1003, 1004)
    batch = await index_load.load_matcher(database.fast, "citytown")
    assert batch.match(MatchQuery("4A Larch Buildings", "BA1 5ZZ")) == royal_mail
