"""The pages: what they show, their buttons, and the challenge in a merchant's frame."""

import re

import pytest

BACK = "http://127.0.0.1:8000/citytown/payments/return?id=1"


@pytest.fixture
async def account(merchant):
    return f"/accounts/{(await merchant.get('/control'))['id']}"


async def test_the_pages_show_what_there_is(merchant, http, account):
    await merchant.pay(123_456, reference="<b>R1</b>")
    await merchant.authorise("three-d-secure", return_url=BACK, reference="R2")
    await merchant.authorise("declined-expired", reference="R3")
    home, page = await http.get("/"), await http.get(account)
    assert account in home.text
    assert "sim_citytown_1" not in home.text + page.text
    for text in ("&lt;b&gt;R1&lt;/b&gt;", "£1,234.56", "declined (expired card)", "/three-d-secure/auth_"):
        assert text in page.text
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert (await http.get("/simulator/style.css")).headers["content-type"].startswith("text/css")
    assert (await http.get("/accounts/acct_none")).status_code == 404


async def test_an_empty_simulator_says_so(http):
    assert "None yet" in (await http.get("/")).text


async def test_the_buttons_do_what_they_say(merchant, http, account):
    payment = await merchant.pay(2_000)

    async def press(action, **form):
        response = await http.post(f"{account}/{action}", data=form)
        assert (response.status_code, response.headers["location"]) == (303, account)
        return (await http.get(account)).text

    assert "stands at <strong>2026-04-02 09:00 UTC" in await press("clock", seconds="86400")
    assert "needs response" in await press("disputes", authorisation=payment["id"])
    dispute = (await merchant.get("/v1/disputes"))["data"][0]
    assert ">lost<" in await press("decisions", dispute=dispute["id"], status="lost")
    page = await press("payouts", fault="payout_short")
    assert re.search(r"-£15\.51</td>\s*<td>paid", page)
    refusal = await http.post(f"{account}/payouts", data={"fault": ""})
    assert (refusal.status_code, "No line is left" in refusal.text) == (409, True)


@pytest.mark.parametrize(
    ("form", "headers", "status"),
    [
        ({"seconds": "86400"}, {"Sec-Fetch-Site": "cross-site"}, 403),
        ({"seconds": "1"}, {}, 400),
        ({}, {}, 400),
        ({"seconds": "86400"}, {"Content-Type": "text/plain"}, 400),
    ],
)
async def test_a_form_of_another_site_is_refused(http, account, form, headers, status):
    assert (await http.post(f"{account}/clock", data=form, headers=headers)).status_code == status
    assert (await http.post(f"{account}/nothing", data=form)).status_code == 404
    assert "stands at <strong>2026-04-01 09:00 UTC" in (await http.get(account)).text


@pytest.mark.parametrize(("result", "status"), [("pass", "authorised"), ("fail", "declined")])
async def test_the_challenge_returns_to_the_merchant(merchant, http, result, status):
    record = await merchant.authorise("three-d-secure", 4_500, return_url=BACK)
    path = record["three_d_secure"]["url"].removeprefix("http://localhost:9109")
    page = await http.get(path)
    assert "£45.00" in page.text
    policy = page.headers["content-security-policy"]
    assert "frame-ancestors 'self' http://127.0.0.1:8000" in policy
    assert "x-frame-options" not in page.headers
    assert "form-action" not in policy
    response = await http.post(path, data={"result": result})
    assert (response.status_code, response.headers["location"]) == (303, BACK)
    assert (await merchant.get(f"/v1/authorisations/{record['id']}"))["status"] == status
    again = await http.post(path, data={"result": "pass"})  # a second press of the button
    assert (again.status_code, again.headers["location"]) == (303, BACK)
    assert (await merchant.get(f"/v1/authorisations/{record['id']}"))["status"] == status
    assert "This challenge is over" in (await http.get(path)).text
    assert (await http.post(path, data={"result": "maybe"})).status_code == 400


async def test_only_a_payment_with_a_challenge_has_its_page(merchant, http):
    record = await merchant.authorise()
    for name in (record["id"], "auth_none"):
        assert (await http.get(f"/three-d-secure/{name}")).status_code == 404
        assert (await http.post(f"/three-d-secure/{name}", data={"result": "pass"})).status_code == 404
