"""Staff at work on cases in a browser: from the queue to the end of a case, on a desk and a phone."""

import socket

import httpx
import pytest
from playwright.async_api import expect

from casework.case_types.actions.installation import install
from casework.shared.days import find_local_day
from chassis import clock
from chassis.app import create_app
from chassis.web.sign_in import sessions
from chassis.web.sign_in.relying_party import Tokens
from services.casework.tests.conftest import service
from tests.browser import harness

__all__ = ["service"]
ROLES = ["waste_officer", "crew"]


def choose_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture(scope="module")
def settings(settings):
    """The pages' own address, so that forms are known to come from them."""
    return settings.model_copy(update={"issuer": f"http://localhost:{choose_port()}/identity/"})


@pytest.fixture(scope="module")
async def office(service, settings, mint_person):
    """The site, a function that makes a cookie of a member of staff, and the application."""
    app = create_app(service, settings)
    port = int(settings.issuer.split(":")[2].partition("/")[0])
    async with harness.serving(app, port):
        yield app, f"http://localhost:{port}"


@pytest.fixture(scope="module")
async def staffed(office, settings, mint, mint_person):
    """A town with a missed bin, and Ann who has the roles for it: ``(case, cookie, site)``."""
    app, site = office
    async with app.state.database.writing("citytown") as session:
        await install(session, "citytown")
    token = mint(scopes=["casework:act", "casework:configure"], iss=settings.issuer)
    headers = {"Authorization": f"Bearer {token}"}
    fields = {
        "uprn": "100012345678",
        "bin": "food",
        "collection_day": find_local_day(clock.now()).isoformat(),
        "ward": "Castle",
    }
    async with httpx.AsyncClient(base_url=f"{site}/citytown/casework/v1", headers=headers) as http:
        response = await http.put("/role-holders/ann", json={"roles": ROLES})
        assert response.status_code == 200, response.text
        opened = await http.post("/cases", json={"case_type": "missed-bin", "fields": fields})
        assert opened.status_code == 201, opened.text
    person = mint_person(
        "ann",
        scopes=["casework:read", "casework:act"],
        client_id="office",
        mode="sandbox",
        iss=settings.issuer,
    )
    claims = {"sub": "ann", "sid": "of-ann"}
    tokens = Tokens(access_token=person)
    secret = await sessions.begin_session(app, "citytown", "office", claims, tokens, "Ann Officer")
    cookie = {"name": "casework-staff-citytown", "value": secret, "url": site, "httpOnly": True}
    return opened.json(), cookie, f"{site}/citytown/casework/office"


@pytest.mark.everyday("casework")
async def test_a_case_is_taken_from_the_queue_and_closed(staffed, visitor, axe):
    case, cookie, office = staffed
    tab = await visitor(**harness.DESKTOP)
    await tab.context.add_cookies([cookie])
    await tab.goto(f"{office}/cases?view=unassigned")
    await axe(tab)
    await tab.get_by_role("link", name=case["reference"]).click()
    await tab.get_by_text("Why").first.click()
    await expect(tab.get_by_text("working days").first).to_be_visible()
    await axe(tab)
    await tab.get_by_role("button", name="Take it").click()
    await expect(tab.get_by_role("button", name="Take it")).to_have_count(0)
    for action in ("Send a crew", "Record that it was collected"):
        await tab.get_by_role("link", name=action, exact=True).click()
        await axe(tab)
        await tab.get_by_role("button", name=action).click()
        await expect(tab.get_by_role("alert")).to_contain_text(f"{action}: this is done")
    await axe(tab)
    await expect(tab.locator("main")).to_contain_text("Closed")
    await tab.goto(f"{office}/cases?view=closed")
    await expect(tab.get_by_role("link", name=case["reference"])).to_have_count(1)


@pytest.mark.everyday("casework")
async def test_a_case_is_opened_on_a_phone_without_scripts(staffed, visitor):
    _, cookie, office = staffed
    tab = await visitor(**harness.PHONE, java_script_enabled=False)
    await tab.context.add_cookies([cookie])
    await tab.goto(f"{office}/new-case")
    await tab.get_by_role("link", name="Missed bin collection").click()
    await tab.get_by_label("Which address?").fill("100012345679")
    today = find_local_day(clock.now())
    for part, number in {"Day": today.day, "Month": today.month, "Year": today.year}.items():
        await tab.get_by_label(part, exact=True).first.fill(str(number))
    await tab.get_by_role("button", name="Report a missed bin").click()
    await tab.locator(".govuk-error-summary").get_by_role("link", name="Answer this question").click()
    assert tab.url.endswith("#field-bin")
    await expect(tab.get_by_label("Which address?")).to_have_value("100012345679")
    await tab.get_by_label("Food").check()
    await tab.get_by_role("button", name="Report a missed bin").click()
    await expect(tab.get_by_role("alert")).to_contain_text("Report a missed bin: this is done")


async def test_a_file_is_added_on_a_phone_without_scripts(staffed, visitor, tmp_path):
    """Of a file that is too big the browser must have sent everything before it shows the answer."""
    case, cookie, office = staffed
    tab = await visitor(**harness.PHONE, java_script_enabled=False)
    await tab.context.add_cookies([cookie])
    await tab.goto(f"{office}/cases/{case['id']}")
    await tab.get_by_role("link", name="Add a file").click()
    letter = tmp_path / "letter.pdf"
    refused = {b"\x7fELF": "none of the kinds", b"%PDF-1.7\n" + bytes(21_000_000): "This file is too big"}
    for content, words in refused.items():
        letter.write_bytes(content)
        await send_file(tab, letter)
        await expect(tab.locator(".govuk-error-summary")).to_contain_text(words)
    letter.write_bytes(b"%PDF-1.7\n" + bytes(5_000_000))
    await send_file(tab, letter)
    await expect(tab.locator("main")).to_contain_text("letter.pdf Being scanned")


async def send_file(tab, path):
    await tab.get_by_label("The file").set_input_files(path)
    await tab.get_by_role("button", name="Add the file").click()
