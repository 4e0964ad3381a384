"""Files that staff add to a case from its page."""

import re

from services.casework.tests.attachments.conftest import EICAR, PDF, blobs  # noqa: F401 - a fixture
from services.casework.tests.office.conftest import page_of
from services.casework.tests.office.test_cases import text_of


async def add(browser, case, content=PDF, name="letter.pdf", kind="application/pdf", **fields):
    """Fill in the form of a file and send it, as a browser does; follow where it leads."""
    path = page_of(case, "file")
    form = await browser.get(path)
    assert 'enctype="multipart/form-data"' in form.text
    hidden = dict(re.findall(r'name="(csrf|submission)" value="([\w-]+)"', form.text))
    page = await browser.http.post(
        path, data={**hidden, "restricted": "-", **fields}, files={"file": (name, content, kind)}
    )
    return await browser.get(page.headers["location"]) if page.status_code == 303 else page


async def test_a_file_is_added_scanned_and_saved_from_the_page(desk, ann, run_jobs):
    case = (await desk.open()).json()
    page = await add(ann, case, name="C:\\fakepath\\a <b>letter.pdf")
    assert page.url.path == page_of(case)
    assert "a &lt;b&gt;letter.pdf" in page.text
    assert "Being scanned" in page.text
    await run_jobs()
    page = await ann.get(page_of(case))
    assert "Clean" in text_of(page)
    file = re.search(r'href="([^"]+)" download', page.text)[1]
    assert (await ann.get(file)).content == PDF


async def test_a_form_that_is_sent_twice_adds_one_file_and_another_file_in_it_a_second(desk, ann):
    case = (await desk.open()).json()
    same = {"submission": "01jqz3t8qk5v7m9x2c4b6n8p0s"}
    for content in (PDF, PDF, PDF + b"another"):
        page = await add(ann, case, content, **same)
    assert page.text.count("letter.pdf") == 2


async def test_a_virus_is_deleted_and_the_page_says_so(desk, ann, run_jobs):
    case = (await desk.open()).json()
    await add(ann, case, b"%PDF-1.7\n" + EICAR)
    await run_jobs()
    page = await ann.get(page_of(case))
    assert "Infected, deleted" in page.text
    assert "download" not in page.text


async def test_what_cannot_be_taken_leaves_nothing_and_the_form_says_why(
    desk, ann, settings, monkeypatch, blobs  # noqa: F811 - the fixture
):  # fmt: skip
    monkeypatch.setattr(settings, "attachment_bytes", 100_000)
    monkeypatch.setattr(settings, "attachment_count", 1)
    case = (await desk.open()).json()
    refused = [
        (400, "Choose a file", {"content": b"", "name": ""}),
        (413, "This file is too big", {"content": PDF * 500}),
        (415, "none of the kinds", {"content": b"\x7fELF" + bytes(200), "name": "letter.pdf"}),
        (422, "no such role", {"restricted": "mayor"}),
    ]
    for status, words, options in refused:
        page = await add(ann, **{"case": case, **options})
        assert (page.status_code, words in page.text) == (status, True), page.text
        assert "There is a problem" in page.text
    assert blobs() == []
    assert "No files" in (await ann.get(page_of(case))).text
    await add(ann, case)
    page = await add(ann, case)
    assert (page.status_code, "1 may be" in page.text) == (409, True)
    assert len(blobs()) == 1


async def test_a_restricted_file_is_shown_to_its_role_alone(desk, ann, open_office, give_roles):
    case = (await desk.open()).json()
    page = await add(ann, case, restricted="waste_officer")
    assert "Only for: Waste officer" in page.text
    await give_roles("cy", "crew")
    page = await (await open_office("cy")).get(page_of(case))
    assert "No files" in page.text


async def test_who_may_only_read_or_has_no_role_adds_no_file(desk, open_office, give_roles):
    case = (await desk.open()).json()
    await give_roles("rae", "waste_officer")
    reader = await open_office("rae", scopes=["casework:read"])
    assert "Add a file" not in (await reader.get(page_of(case))).text
    assert (await reader.get(page_of(case, "file"))).status_code == 403
    nora = await open_office("nora")
    page = await add(nora, case)
    assert page.status_code == 404


async def test_another_council_cannot_add_a_file(desk, open_office):
    case = (await desk.open()).json()
    foreign = await open_office("ann", council="hillshire")
    assert (await foreign.get(page_of(case, "file").replace("citytown", "hillshire"))).status_code == 404
