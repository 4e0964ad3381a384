"""The office's pages that add, change, move and retire a feature, without scripts."""

import re

import pytest
from sqlalchemy import text

from services.mapping.tests.office.conftest import BINS, hidden, text_of

NEW = f"{BINS}/new-feature"
ONE = f"{BINS}/features/GB-1"
ADDED = {"place": "ST 75200 64000", "property-ref": "GB-7", "reason": "a new bin"}


async def add(browser, **fields):
    page = await browser.get(NEW)
    return await browser.post(NEW, **{"submission": hidden(page, "submission"), **ADDED, **fields})


async def change(browser, act, **fields):
    page = await browser.get(f"{ONE}/{act}")
    return await browser.post(f"{ONE}/{act}", **{"tag": hidden(page, "tag"), **fields})


@pytest.mark.parametrize(
    "place",
    ["ST 75200 64000", "375200, 164000", "375,200 164,000", "51.374503, -2.357682", "-2.357682 51.374503"],
)
async def test_a_bin_is_added_where_somebody_types_it(ann, place):
    page = await add(ann, place=place)
    words = text_of(page)
    assert "The feature is added." in words
    assert "GB-7" in words
    assert re.search(r"ST 75(200|199) 6(4000|3999)", words)
    assert page.url.path.endswith("/features/GB-7")


async def test_a_place_is_typed_or_pinned_on_a_map_that_moves(ann):
    for path in (NEW, f"{ONE}/move"):
        page = await ann.get(path)
        assert 'data-map="pin" data-field="place"' in page.text
        assert 'id="place"' in page.text
        assert "worker-src" in page.headers["content-security-policy"]


async def test_a_form_that_is_sent_twice_adds_one(ann, database):
    page = await ann.get(NEW)
    fields = {**ADDED, "submission": hidden(page, "submission"), "property-ref": ""}
    first = await ann.post(NEW, **{**fields, "property-ref": "GB-8"})
    assert "The feature is added." in text_of(first)
    await ann.get(NEW)
    again = await ann.post(NEW, **{**fields, "property-ref": "GB-8"})
    assert again.url.path == first.url.path
    async with database.reading("citytown") as session:
        assert await session.scalar(text("SELECT count(*) FROM feature WHERE fid = 'GB-8'")) == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"place": ""}, "Enter where it is, or say that it has no place"),
        ({"place": "by the church"}, "Line 1: Enter a place such as ST 750 646"),
        ({"place": "48.85, 2.35"}, "outside Great Britain"),
        ({"property-ref": ""}, "Enter number"),
        ({"property-ref": "7" * 201}, "Ref is the id"),
        ({"property-ref": "GB-1"}, "The layer has a feature 'GB-1'"),
        ({"reason": ""}, "Enter a reason"),
    ],
)
async def test_a_wrong_form_says_what_is_wrong_and_keeps_what_was_typed(ann, fields, words):
    page = await add(ann, **{"property-site": "Castle <&> Keep", **fields})
    assert page.status_code == 400
    assert "There is a problem" in page.text
    assert words in text_of(page)
    assert "Castle &lt;&amp;&gt; Keep" in page.text


async def test_a_bin_is_changed_moved_retired_and_brought_back(ann):
    page = await change(
        ann, "edit", **{"property-site": "By the pond", "property-key_code": "", "reason": "seen"}
    )
    assert "The feature is changed." in text_of(page)
    assert "Where it stands By the pond Code of its lock Not known" in text_of(page)
    page = await change(ann, "move", place="376000, 165000", reason="roadworks")
    assert "The feature has another place." in text_of(page)
    assert "ST 76000 65000" in text_of(page)
    page = await change(ann, "retire", reason="scrapped")
    assert "The feature is retired." in text_of(page)
    page = await ann.get(f"{ONE}/history")
    words = text_of(page)
    for line in (
        "Retired , Ann Officer",
        "scrapped",
        "Moved , Ann Officer",
        "Where it stands: Site 1, now By the pond",
    ):
        assert line in words, line
    page = await ann.post(f"{ONE}/history", tag=hidden(page, "tag"), reason="found again")
    assert "The change is undone." in text_of(page)
    assert "ST 76000 65000" in text_of(page)
    page = await ann.get(f"{ONE}/history")
    page = await ann.post(
        f"{ONE}/history", tag=hidden(page, "tag"), version="1", reason="all of it was wrong"
    )
    assert "The older state is the present one again." in text_of(page)
    assert "Where it stands Site 1 Code of its lock 4711" in text_of(page)


async def test_two_tabs_with_one_feature_lose_nobodys_change(ann, open_office):
    ben = await open_office("ben")
    first, second = await ann.get(f"{ONE}/edit"), await ben.get(f"{ONE}/edit")
    tag = hidden(first, "tag")
    assert tag == hidden(second, "tag")
    fields = {"property-key_code": "4711", "tag": tag, "reason": "seen"}
    await ben.post(f"{ONE}/edit", **fields, **{"property-site": "By the pond"})
    page = await ann.post(f"{ONE}/edit", **fields, **{"property-site": "By the inn"})
    assert page.status_code == 400
    words = text_of(page)
    assert "Somebody changed this feature after you opened the page" in words
    assert "Where it stands: Site 1, now By the pond" in words
    assert 'value="By the inn"' in page.text  # what she typed is not lost
    again = {**fields, "tag": hidden(page, "tag"), "property-site": "By the inn"}
    assert "The feature is changed." in text_of(await ann.post(f"{ONE}/edit", **again))
    history = text_of(await ann.get(f"{ONE}/history"))
    assert "Where it stands: By the pond, now By the inn" in history


async def test_a_form_of_a_stale_page_retires_and_moves_nothing(ann):
    stale = hidden(await ann.get(f"{ONE}/move"), "tag")
    await change(ann, "edit", **{"property-site": "By the pond", "reason": "seen"})
    for act, fields in (("move", {"place": "376000, 165000"}), ("retire", {})):
        page = await ann.get(f"{ONE}/{act}")
        page = await ann.post(f"{ONE}/{act}", tag=stale, reason="x", **fields)
        assert "Somebody changed this feature" in text_of(page), act
    assert "By the pond" in text_of(await ann.get(ONE))


async def test_what_a_colleague_may_not_see_stays_when_they_save(ann, open_office):
    ben = await open_office("ben", scopes=("mapping:read", "mapping:write"))
    await change(ben, "edit", **{"property-site": "By the pond", "reason": "seen"})
    assert "Code of its lock 4711" in text_of(await ann.get(ONE))


async def test_staff_of_the_sandbox_change_nothing(open_office):
    ben = await open_office("ben", mode="sandbox")
    page = await add(ben)
    assert page.status_code == 400
    assert "GB-7" in page.text
    assert (await ben.get(f"{BINS}/features/GB-7")).status_code == 404
    page = await add(ben)
    assert "A sandbox credential cannot change maps" in text_of(page)


async def test_a_form_without_its_token_is_refused(ann):
    await ann.get(f"{ONE}/retire")
    ann.page = type(ann.page)(200, text="")
    assert (await ann.post(f"{ONE}/retire", tag="*", reason="x")).status_code == 403


async def test_a_feature_that_is_not_there_is_not_found(ann):
    for path in ("", "/history", "/edit", "/move", "/retire"):
        assert (await ann.get(f"{BINS}/features/GB-99{path}")).status_code == 404
