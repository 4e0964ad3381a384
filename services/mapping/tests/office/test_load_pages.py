"""Files that staff load into a layer by a page: sent, compared, decided on, published."""

import pytest

from services.mapping.tests.office.conftest import ALL, BINS, hidden, text_of

NEW = f"{BINS}/new-load"
HEADER = "ref,site,key_code,easting,northing\n"
TWO = "GB-1,Site 1,4711,375000,164000\nGB-2,By the pond,4711,375100,164000\n"
WRONG = "GB-1,Again,4711,375000,164000\n"


async def post_file(browser, file, **fields):
    """Send the form of a file, and follow where it leads."""
    page = await browser.get(NEW)
    data = {name: hidden(page, name) for name in ("csrf", "submission")}
    browser.page = await browser.http.post(NEW, data={**data, **fields}, files={"file": file})
    location = browser.page.headers.get("location")
    return await browser.get(location) if location else browser.page


@pytest.fixture
def send(run_jobs):
    """Send a file by the page and have it read: the page of the load before and after."""

    async def send(browser, rows, name="bins.csv", **fields):
        waiting = await post_file(browser, (name, (HEADER + rows).encode(), "text/csv"), **fields)
        await run_jobs()
        return waiting, await browser.get(waiting.url.path)

    return send


async def test_a_file_is_compared_and_published_by_pages(ann, send, run_jobs):
    waiting, page = await send(ann, TWO + "GB-3,Site 3,4711,375200,164000\n")
    assert "The file is being read" in text_of(waiting)
    assert '<noscript><meta http-equiv="refresh"' in waiting.text
    words = text_of(page)
    assert "Nothing has changed yet." in words
    assert "New 1 Changed 1 Moved 0 As they are 1" in words
    assert "By the pond" not in text_of(await ann.get(f"{BINS}/features/GB-2"))
    rows = await ann.get(f"{page.url.path}/rows?change=added")
    assert "Row 3 GB-3" in text_of(rows)
    publishing = await ann.post(
        page.url.path, version=hidden(page, "version"), reason="Yearly survey", vintage="November 2026"
    )
    assert "The file is being published" in text_of(publishing)
    await run_jobs()
    done = text_of(await ann.get(page.url.path))
    assert "The file is published" in done
    assert "Published by Ann Officer" in done
    assert "By the pond" in text_of(await ann.get(f"{BINS}/features/GB-2"))
    assert "As of November 2026" in text_of(await ann.get(BINS))
    assert "bins.csv" in text_of(await ann.get(f"{BINS}/loads"))


async def test_somebody_decides_on_refused_rows_and_on_what_is_gone(ann, send, run_jobs):
    _, page = await send(ann, TWO.splitlines(keepends=True)[0] + WRONG)
    words = text_of(page)
    assert "Rows that cannot be features" in words
    assert "Row 2 GB-1" in words
    assert "GB-2" in text_of(await ann.get(f"{page.url.path}/missing"))
    table = await ann.get(f"{page.url.path}/problems.csv")
    assert table.text.splitlines()[1].startswith("2,GB-1,repeated-key")
    page = await ann.get(page.url.path)
    fields = {"version": hidden(page, "version"), "reason": "Yearly survey"}
    refusal = await ann.post(page.url.path, **fields, accept="refused-rows")
    assert refusal.status_code == 400
    assert "Agree to what the page lists" in text_of(refusal)
    assert 'value="Yearly survey"' in refusal.text
    answer = await ann.post(page.url.path, **fields, accept=["refused-rows", "many-missing"])
    assert "The file is being published" in text_of(answer)
    await run_jobs()
    assert "Retired" in text_of(await ann.get(f"{BINS}/features/GB-2"))


async def test_a_file_that_cannot_be_read_says_why_and_changes_nothing(ann, send):
    _, page = await send(ann, TWO, name="bins.gpkg")
    assert "The file cannot be loaded" in text_of(page)
    assert "Nothing of the layer has changed." in text_of(page)
    assert "Site 2" in text_of(await ann.get(f"{BINS}/features/GB-2"))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"file": None}, "Choose a file"),
        ({"content": b""}, "The file is empty. Choose another"),
        ({"crs": "1234"}, "Choose from what the page offers"),
        ({"effective_from-day": "31", "effective_from-month": "2"}, "Enter a day, such as 27 3 2026"),
    ],
)
async def test_a_wrong_form_says_what_is_wrong(ann, fields, words):
    more = {name: value for name, value in fields.items() if name not in {"file", "content"}}
    name, content = ("", b"") if "file" in fields else ("bins.csv", fields.get("content", TWO.encode()))
    refusal = await post_file(ann, (name, content, "text/csv"), **more)
    assert refusal.status_code == 400
    assert words in text_of(refusal)
    assert "There is a problem" in refusal.text


async def test_who_may_not_publish_sends_and_discards(ann, open_office, send):
    ben = await open_office("ben", scopes=("mapping:read", "mapping:write"))
    _, page = await send(ben, TWO)
    assert "A colleague who may publish layers" in text_of(page)
    version = hidden(page, "version")
    refusal = await ben.post(page.url.path, version=version, reason="x")
    assert refusal.status_code == 403
    await ben.get(page.url.path)
    done = await ben.post(f"{page.url.path}/discard", version=version)
    assert "The file is discarded." in text_of(done)
    await ann.get(NEW)  # for her token
    stale = await ann.post(page.url.path, version=version, reason="x")
    assert "Somebody acted on this load meanwhile" in text_of(stale)
    assert "The file was discarded" in text_of(stale)


async def test_a_sandbox_and_a_stranger_load_nothing(open_office, send):
    ben = await open_office("ben", mode="sandbox", scopes=ALL)
    refusal, _ = await send(ben, TWO)
    assert "A sandbox credential cannot change maps" in text_of(refusal)
    reader = await open_office("cat", scopes=("mapping:read",))
    assert (await reader.get(NEW)).status_code == 403
