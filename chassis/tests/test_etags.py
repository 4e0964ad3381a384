"""Entity tags: what If-Match and If-None-Match mean by RFC 9110, and by any other text."""

import time

import httpx
import pytest
from fastapi import FastAPI, Response
from hypothesis import given
from hypothesis import strategies as st

from chassis import error_handlers, etags
from chassis.etags import Tag, is_current, parse_tags, read_precondition, read_tag_precondition
from chassis.problems import Problem

TAG_TEXT = st.text(st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_characters='"\x7f')).filter(
    lambda text: not any(0x7F <= ord(character) < 0x80 for character in text)
)
TAGS = st.builds(Tag, TAG_TEXT, st.booleans())
GAPS = st.sampled_from([",", ", ", " ,", "\t,\t", ",,", ", ,"])


@pytest.mark.parametrize(
    ("header", "tags"),
    [
        ('"xyzzy"', [Tag("xyzzy")]),  # section 8.8.3
        ('W/"xyzzy"', [Tag("xyzzy", weak=True)]),
        ('""', [Tag("")]),
        ('"xyzzy", "r2d2xxxx", "c3piozzzz"', [Tag("xyzzy"), Tag("r2d2xxxx"), Tag("c3piozzzz")]),  # 13.1.1
        ('W/"xyzzy", W/"r2d2xxxx"', [Tag("xyzzy", weak=True), Tag("r2d2xxxx", weak=True)]),  # 13.1.2
        ("*", None),
        (" * ", None),
        ('"a,b"', [Tag("a,b")]),
        (', "a",, ', [Tag("a")]),  # 5.6.1.2: empty elements are read over
        ("", []),
        ("xyzzy", []),
        ('"xyzzy', []),
        ('w/"xyzzy"', []),
        ('W/ "xyzzy"', []),
        ('"a" "b"', []),
        ('"a", *', []),
        ('"a b"', []),
        ('"a"\n', []),
    ],
)
def test_a_list_of_tags_is_read_as_the_standard_writes_it(header, tags):
    assert parse_tags(header) == tags


@given(st.lists(TAGS, min_size=1), GAPS)
def test_every_list_of_tags_is_read_back(tags, gap):
    assert parse_tags(gap.join(map(str, tags))) == tags


@given(st.text(max_size=1_000))
def test_no_text_is_an_error_and_none_matches_by_accident(header):
    precondition = read_precondition(header)
    assert precondition.holds(7) == (header.strip(" \t") == "*" or Tag("7") in (parse_tags(header) or []))
    assert is_current(header, '"7"') == (
        header.strip(" \t") == "*" or "7" in {tag.text for tag in parse_tags(header) or []}
    )


@pytest.mark.parametrize("header", [" \t" * 500 + "x", ", \t" * 330 + "x", '"' + "a" * 900, '"a" ' * 250])
def test_no_text_takes_long_to_read(header):
    start = time.process_time()
    for _ in range(100):
        parse_tags(header)
    assert time.process_time() - start < 1


# Section 8.8.3.2: the table of examples, strong and weak comparison.
@pytest.mark.parametrize(
    ("left", "right", "strong", "weak"),
    [
        ('W/"1"', 'W/"1"', False, True),
        ('W/"1"', 'W/"2"', False, False),
        ('W/"1"', '"1"', False, True),
        ('"1"', '"1"', True, True),
    ],
)
def test_if_match_compares_strongly_and_if_none_match_weakly(left, right, strong, weak):
    version = int(right.strip('W/"'))
    if not right.startswith("W/"):
        assert read_precondition(left).holds(version) == strong
    assert is_current(left, right) == is_current(right, left) == weak


@given(st.integers(0, 2**31 - 1), st.lists(st.integers(0, 2**31 - 1), max_size=5))
def test_a_change_is_for_the_versions_it_names_and_no_other(version, versions):
    header = ", ".join(f'"{number}"' for number in versions)
    assert read_precondition(header).holds(version) == (version in versions)
    weak = ", ".join(f'W/"{number}"' for number in versions)
    assert not read_precondition(weak).holds(version)
    assert read_precondition(weak, weak=True).holds(version) == (version in versions)


@pytest.mark.parametrize("tag", ['"07"', '"+7"', '"7 "', '"\u0667"', '"7.0"', '"-7"', '"77777777777"'])
def test_a_tag_that_is_not_written_as_ours_names_no_version(tag):
    assert read_precondition(tag).versions == frozenset()


@pytest.fixture
async def client():
    app = FastAPI()
    error_handlers.install(app, [])

    @app.patch("/notes")
    async def change_note(precondition: etags.IfMatch, response: Response) -> None:
        precondition.check(3, "note")
        response.headers.update(etags.version_tag(4))

    @app.put("/notes")
    async def put_note(precondition: etags.OptionalIfMatch) -> bool:
        if precondition is not None:
            precondition.check(3, "note")
        return precondition is not None

    @app.put("/outside")
    async def put_outside(precondition: etags.OptionalWeakIfMatch) -> bool:
        if precondition is not None:
            precondition.check(3, "resource")
        return precondition is not None

    @app.get("/public")
    async def read_public(if_none_match: etags.IfNoneMatch = None) -> Response:
        return etags.respond_hashed(b"{}", if_none_match, "public, max-age=60")

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


async def test_a_change_without_a_precondition_is_428(client):
    response = await client.patch("/notes")
    assert (response.status_code, response.json()["code"]) == (428, "version-needed")
    assert response.json()["former_code"] == "precondition-required"


@pytest.mark.parametrize("header", ['"2"', 'W/"3"', "3", '"2", "4"', ""])
async def test_a_change_of_another_version_is_412_and_says_which_there_is(client, header):
    response = await client.patch("/notes", headers={"If-Match": header})
    assert (response.status_code, response.json()["code"]) == (412, "version-changed")
    assert (response.headers["ETag"], response.json()["former_code"]) == ('"3"', "stale-version")


@pytest.mark.parametrize("header", ['"3"', "*", '"1", "3"', 'W/"1","3"'])
async def test_a_change_of_this_version_is_made(client, header):
    response = await client.patch("/notes", headers={"If-Match": header})
    assert (response.status_code, response.headers["ETag"]) == (200, '"4"')


async def test_a_list_in_several_lines_is_one_list(client):
    lines = [("If-Match", '"1"'), ("If-Match", '"3"')]
    assert (await client.patch("/notes", headers=lines)).status_code == 200


async def test_a_header_that_is_too_long_is_a_problem_that_names_it(client):
    response = await client.patch("/notes", headers={"If-Match": '"1", ' * 201})
    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, "header.If-Match")


async def test_a_collection_need_not_demand_a_precondition_and_keeps_one_it_gets(client):
    assert (await client.put("/notes")).json() is False
    assert (await client.put("/notes", headers={"If-Match": '"3"'})).json() is True
    assert (await client.put("/notes", headers={"If-Match": '"2"'})).status_code == 412
    assert (await client.put("/notes", headers={"If-Match": 'W/"3"'})).status_code == 412


async def test_an_outside_contract_with_weak_tags_gets_them_back(client):
    assert (await client.put("/outside")).json() is False
    assert (await client.put("/outside", headers={"If-Match": 'W/"3"'})).json() is True
    response = await client.put("/outside", headers={"If-Match": 'W/"2"'})
    assert (response.status_code, response.headers["ETag"]) == (412, 'W/"3"')


async def test_a_public_read_is_not_sent_twice(client):
    first = await client.get("/public")
    tag = first.headers["ETag"]
    assert first.content == b"{}"
    for header in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = await client.get("/public", headers={"If-None-Match": header})
        assert (again.status_code, again.content) == (304, b"")
        assert (again.headers["ETag"], again.headers["Cache-Control"]) == (tag, "public, max-age=60")
    for header in ('"other"', tag.strip('"'), ""):
        assert (await client.get("/public", headers={"If-None-Match": header})).status_code == 200


@pytest.mark.parametrize(
    ("header", "text", "holds"),
    [
        ('"abc"', "abc", True),
        ('"x", "abc"', "abc", True),
        ("*", "abc", True),
        ("*", None, False),
        ('W/"abc"', "abc", False),
        ('"abd"', "abc", False),
        ("", "abc", False),
        ('"abc"', None, False),
    ],
)
def test_a_change_is_for_a_record_with_one_of_the_tags_and_for_none_that_is_gone(header, text, holds):
    precondition = read_tag_precondition(header)
    if holds:
        precondition.check(text, "feature")
        return
    with pytest.raises(Problem) as error:
        precondition.check(text, "feature")
    assert (error.value.status_code, error.value.code) == (412, "version-changed")
