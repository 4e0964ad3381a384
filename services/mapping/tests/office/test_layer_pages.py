"""The office's pages of layers and their versions."""

import pytest

from services.mapping.tests import layer_world
from services.mapping.tests.layer_world import bin_at, publish
from services.mapping.tests.office.conftest import BINS, OFFICE, hidden, text_of

PROPERTIES = """ref | Number | string | public | needed
lids | Lids | integer
colour | Colour | string | public | | green; yellow"""


async def test_staff_see_the_layers_that_they_may(ann, open_office, database):
    secret = {
        **layer_world.GRIT_BINS,
        "name": "safe-houses",
        "title": "Safe houses",
        "audience": "restricted",
    }
    await publish(database, "citytown", secret, [bin_at(1, 375_000, 164_000)])
    page = await ann.get(OFFICE)
    assert "Grit bins 2 features Everybody Published" in text_of(page)
    assert "Safe houses" not in page.text
    assert (await ann.get(f"{OFFICE}/layers/safe-houses")).status_code == 404
    ben = await open_office("ben", scopes=("mapping:read", "mapping:restricted"))
    assert "Safe houses" in (await ben.get(OFFICE)).text


async def test_a_layer_shows_its_features_and_finds_one_by_its_id(ann):
    page = await ann.get(BINS)
    for words in ("Keeper Highways", "As of October 2017", "Code of its lock", "4711", "Site 1", "Site 2"):
        assert words in text_of(page), words
    result = await ann.get(BINS, q="GB-2")
    assert "Site 2" in result.text
    assert "Site 1" not in result.text
    assert "No feature has this id" in text_of(await ann.get(BINS, q="GB-3"))


async def test_a_property_that_a_reader_may_not_see_is_not_on_the_page(open_office):
    ben = await open_office("ben", scopes=("mapping:read", "mapping:write"))
    for path in (
        BINS,
        f"{BINS}/features/GB-1",
        f"{BINS}/features/GB-1/edit",
        f"{BINS}/features/GB-1/history",
    ):
        page = await ben.get(path)
        assert page.status_code == 200
        assert "Code of its lock" not in page.text
        assert "4711" not in page.text


async def test_what_is_known_of_a_layer_is_changed_by_its_form(ann):
    page = await ann.get(f"{BINS}/settings")
    assert "key_code | Code of its lock | string | staff" in page.text
    fields = {
        "version": hidden(page, "version"),
        "title": "Grit & salt",
        "kind": "assets",
        "audience": "public",
        "locking": "required",
        "synthetic": "no",
        "properties": PROPERTIES,
        "label_property": "ref",
    }  # fmt: skip
    wrong = await ann.post(f"{BINS}/settings", **{**fields, "licence_url": "ftp://x", "title": ""})
    assert wrong.status_code == 400
    for words in ("Enter a title", "Enter an address that begins with https://", "colour | Colour"):
        assert words in text_of(wrong), words
    done = await ann.post(f"{BINS}/settings", **fields)
    assert "The layer is changed." in text_of(done)
    assert "Grit & salt" in text_of(done)
    stale = await ann.post(f"{BINS}/settings", **fields)
    assert "Somebody changed the layer meanwhile" in text_of(stale)


async def test_a_layer_is_created_published_and_retired(ann):
    await ann.get(f"{OFFICE}/new-layer")
    fields = {"title": "Benches", "kind": "assets", "audience": "public", "locking": "optional"}
    refused = await ann.post(f"{OFFICE}/new-layer", **fields, name="Town Benches", geometry_type="Point")
    assert "Use small letters" in text_of(refused)
    conflict = await ann.post(f"{OFFICE}/new-layer", **fields, name="grit-bins", geometry_type="Point")
    assert "has a layer named grit-bins" in text_of(conflict)
    page = await ann.post(f"{OFFICE}/new-layer", **fields, name="benches", geometry_type="Point")
    assert "The layer is created as a draft. Benches Draft" in text_of(page).replace("Done ", "").replace(
        "All layers ", ""
    )
    layer = f"{OFFICE}/layers/benches"
    for act, words in (("publish", "The layer is published."), ("retire", "The layer is retired.")):
        form = await ann.get(f"{layer}/{act}")
        no_reason = await ann.post(f"{layer}/{act}", version=hidden(form, "version"))
        assert "Enter a reason" in text_of(no_reason)
        page = await ann.post(f"{layer}/{act}", version=hidden(form, "version"), reason="checked on site")
        assert words in text_of(page)
    assert "Add a feature" not in page.text


async def test_a_version_is_compared_and_gone_back_to(ann, database):
    await publish(
        database,
        "citytown",
        layer_world.GRIT_BINS,
        [bin_at(2, 375_500, 164_000), bin_at(3, 375_000, 164_500)],
    )
    page = await ann.get(f"{BINS}/versions")
    assert "1 added, 1 changed (1 moved), 0 retired" in text_of(page)
    page = await ann.get(f"{BINS}/versions/2")
    assert "GB-2 Moved GB-3 Added" in text_of(page)
    page = await ann.get(f"{BINS}/versions/1")
    assert "2 features will be as they were then" in text_of(page)
    done = await ann.post(f"{BINS}/versions/1", version=hidden(page, "version"), reason="the wrong file")
    assert "The older version is the present one again." in text_of(done)
    assert "Site 3" not in done.text
    assert (await ann.get(f"{BINS}/versions/9")).status_code == 404


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        (f"{BINS}/settings", "mapping:publish"),
        (f"{BINS}/retire", "mapping:publish"),
        (f"{OFFICE}/new-layer", "mapping:publish"),
        (f"{BINS}/new-feature", "mapping:write"),
        (f"{BINS}/features/GB-1/move", "mapping:write"),
    ],
)
async def test_a_page_that_changes_needs_its_scope(open_office, path, scope):
    ben = await open_office("ben", scopes=("mapping:read",))
    page = await ben.get(path)
    assert page.status_code == 403
    assert "Add a feature" not in (await ben.get(BINS)).text


async def test_nobody_comes_in_without_signing_in_or_from_another_council(client, open_office):
    page = await client.get(BINS, headers={"Accept": "text/html"})
    assert page.status_code == 303
    assert page.headers["location"].startswith("/citytown/mapping/sign-in?back=")
    other = await open_office("olga", council="hillshire")
    assert (await other.get(BINS)).status_code == 303
    assert (await other.get("/hillshire/mapping/office/layers/grit-bins")).status_code == 404
