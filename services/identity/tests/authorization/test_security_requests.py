"""Requests for sign-in by an attacker: where answers may go, and who may be asked for what (RFC 9700)."""

import base64
import json
from urllib.parse import urlencode

import pytest
from sqlalchemy import text

from chassis import ids
from chassis.testing import eventually
from services.identity.tests.provider import (
    OTHER_KEY,
    REDIRECT,
    answer_consent,
    ask,
    continue_request,
    create_person,
    make_browser,
    read_hidden_fields,
    read_redirect,
    read_request_id,
    register,
    sign_in,
)


def is_a_page(response):
    assert response.status_code == 400, response.text
    assert "location" not in response.headers
    assert response.headers["content-type"].startswith("text/html")
    assert "You cannot sign in from here" in response.text


@pytest.mark.parametrize(
    "uri",
    [
        f"{REDIRECT}/more",
        f"{REDIRECT}.evil.example",
        f"{REDIRECT}?added=1",
        f"{REDIRECT}#fragment",
        f"{REDIRECT}/../callback",
        f"{REDIRECT}/.",
        REDIRECT.replace("callback", "Callback"),
        REDIRECT.replace("callback", "%63allback"),
        REDIRECT.upper(),
        "https://service.example@evil.example/callback",
        "https://evil.example\\@service.example/callback",
        "https://service.example:443/callback",
        "http://service.example/callback",
        "//service.example/callback",
        "/callback",
        "javascript:alert(1)",
        "https://evil.example/",
        f" {REDIRECT}",
        f"{REDIRECT}%00",
    ],
)
async def test_a_redirect_uri_is_exactly_a_registered_one(visitor, resident, bins, uri):
    is_a_page(await ask(visitor, bins, redirect_uri=uri))
    is_a_page(await visitor.post("/identity/authorize", data=bins.request(redirect_uri=uri)))


@pytest.mark.parametrize("name", ["redirect_uri", "client_id", "state", "response_type"])
async def test_a_duplicate_parameter_is_refused_on_a_page(visitor, resident, bins, name):
    query = urlencode([*bins.request().items(), (name, bins.request()[name])])
    is_a_page(await visitor.get(f"/identity/authorize?{query}"))


@pytest.mark.parametrize(
    "client_id", ["nobody", "01kp3v9m2q8s4t6w1x5y7z0abc", "", "a" * 5_000, "' OR 1=1 --"]
)
async def test_an_unknown_client_gets_an_error_page(visitor, resident, bins, client_id):
    is_a_page(await ask(visitor, bins, client_id=client_id))


async def test_a_missing_redirect_uri_gets_an_error_page(visitor, resident, bins):
    is_a_page(await ask(visitor, bins, redirect_uri=None))


async def test_no_error_is_redirected_to_what_is_not_registered(visitor, resident, bins):
    is_a_page(await ask(visitor, bins, redirect_uri="https://evil.example/", response_type="token"))


async def test_a_loopback_uri_may_have_any_port_and_nothing_else(visitor, resident, database):
    service = await register(database, redirect_uris=["http://127.0.0.1/cb"])
    allowed = "http://127.0.0.1:51004/cb"
    read_redirect(await ask(visitor, service, redirect_uri=allowed), allowed)
    for uri in ("http://127.0.0.1:51004/cb2", "http://127.0.0.1:51004@evil.example/cb", "http://127.0.0.2/cb",
                "https://127.0.0.1/cb", "http://localhost/cb", "http://127.0.0.1:5:6/cb"):  # fmt: skip
        is_a_page(await ask(visitor, service, redirect_uri=uri))


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_type": None}, "invalid_request"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "email"}, "invalid_scope"),
        ({"scope": "openid identity:operate"}, "invalid_scope"),
        ({"scope": "openid address:read"}, "invalid_scope"),
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "dance"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "1e3"}, "invalid_request"),
        ({"claims": "{"}, "invalid_request"),
        ({"claims": "[" * 3_000}, "invalid_request"),
        ({"claims": "[]"}, "invalid_request"),
        ({"vtr": '["P2.Cl"]'}, "invalid_request"),
        ({"vtr": '["Cl.Cm.P2"]'}, "invalid_request"),
        ({"vtr": "Cl"}, "invalid_request"),
        ({"nonce": "x\r\ny"}, "invalid_request"),
        ({"request_uri": "https://evil.example/request"}, "request_uri_not_supported"),
    ],
)
async def test_requests_that_are_not_allowed_redirect_with_an_error(visitor, resident, bins, more, error):
    parameters = read_redirect(await ask(visitor, bins, **more))
    assert (parameters["error"], parameters["state"]) == (error, "a-state")
    assert "code" not in parameters


async def test_state_and_nonce_come_back_as_they_were(visitor, resident, bins):
    state = "&x=1#?%26 'quoted' <tag>"
    assert read_redirect(await ask(visitor, bins, state=state))["state"] == state


async def test_a_state_that_cannot_stand_in_a_header_is_not_echoed(visitor, resident, bins):
    parameters = read_redirect(await ask(visitor, bins, state="x\r\nSet-Cookie: a=b"))
    assert (parameters["error"], "state" in parameters) == ("invalid_request", False)


async def test_pkce_downgrade_leaving_the_challenge_out_is_refused(visitor, resident, bins):
    parameters = read_redirect(await ask(visitor, bins, code_challenge=None, code_challenge_method=None))
    assert parameters["error"] == "invalid_request"


async def test_nothing_happens_without_a_session(visitor, bins):
    request = read_request_id(await ask(visitor, bins))
    for _ in range(3):
        read_request_id(await continue_request(visitor, request))


async def test_a_request_of_another_browser_cannot_be_continued(app, visitor, resident, bins):
    """Login CSRF: an attacker's link must not sign the victim in at the attacker's service."""
    async with make_browser(app) as attacker:
        request = read_request_id(await ask(attacker, bins))
    is_a_page(await continue_request(visitor, request))


@pytest.mark.parametrize("request_id", ["a" * 43, "0" * 20])
async def test_a_guessed_request_cannot_be_continued(visitor, resident, request_id):
    is_a_page(await continue_request(visitor, request_id))


async def test_a_planted_session_is_worth_nothing_after_sign_in(visitor, database, bins):
    """Session fixation: the secret before sign-in is no session, and sign-in brings another."""
    visitor.cookies.set("townhall-session", "planted" * 7, domain="test.invalid", path="/")
    read_request_id(await ask(visitor, bins))
    await sign_in(database, visitor, await create_person(database))
    assert visitor.cookies.get("townhall-session") != "planted" * 7


@pytest.fixture
async def consent(visitor, resident, database):
    service = await register(database, first_party=False)
    page = await ask(visitor, service)
    return service, page


@pytest.mark.parametrize(
    ("form", "headers"),
    [
        ({"csrf": None}, {}),
        ({"csrf": "x" * 43}, {}),
        ({}, {"Origin": "https://evil.example"}),
        ({}, {"Origin": "null"}),
        ({}, {"Sec-Fetch-Site": "cross-site"}),
        ({}, {"Sec-Fetch-Site": "same-site"}),
    ],
)
async def test_consent_cannot_be_given_from_another_site(visitor, consent, form, headers):
    service, page = consent
    all_headers = {"Origin": "http://test.invalid", "Sec-Fetch-Site": "same-origin", **headers}
    form_fields = {**read_hidden_fields(page), "answer": "yes", **form}
    form_fields = {name: value for name, value in form_fields.items() if value is not None}
    response = await visitor.post("/identity/authorize/consent", data=form_fields, headers=all_headers)
    assert response.status_code == 403
    assert (await ask(visitor, service)).status_code == 200  # nothing was agreed to


async def test_consent_of_one_person_is_not_anothers(visitor, database, consent):
    """Somebody else signs in between the page and its form."""
    _, page = consent
    await sign_in(database, visitor, await create_person(database))
    again = await answer_consent(visitor, page)
    assert again.status_code == 200
    assert "location" not in again.headers
    assert read_hidden_fields(again)["person"] != read_hidden_fields(page)["person"]


async def test_consent_pages_cannot_be_framed(consent):
    _, page = consent
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["x-frame-options"] == "DENY"
    assert page.headers["cache-control"] == "no-store"


async def test_consent_shows_names_as_text(visitor, resident, database):
    service = await register(database, first_party=False)
    async with database.writing() as session:
        await session.set_all_councils()
        await session.execute(
            text("UPDATE client SET name = '<script>alert(1)</script>' WHERE id = :id"),
            {"id": ids.read(service.client_id)},
        )
    page = await ask(visitor, service)
    assert "<script>alert(1)" not in page.text


def of(service, **inside):
    outside = {"client_id": service.client_id, "response_type": "code", "scope": "openid"}
    return {**outside, "redirect_uri": REDIRECT, "request": service.object(**inside)}


@pytest.mark.parametrize(
    "inside",
    [
        {"scope": "openid email"},
        {"client_id": "another"},
        {"response_type": "token"},
        {"redirect_uri": "https://evil.example/"},
        {"aud": "https://another.example/"},
        {"iss": "another"},
        {"sub": "somebody"},
        {"exp": 1_000},
        {"nbf": 9_999_999_999},
        {"key": OTHER_KEY},
        {"header": {"jwk": OTHER_KEY.as_dict(private=False)}},
        {"header": {"jku": "https://evil.example/keys"}},
        {"header": {"kid": "foreign"}},
        {"response_type": None},
    ],
)
async def test_a_request_object_that_does_not_hold_or_differs_from_the_query_is_refused(
    visitor, resident, signer, inside
):
    response = await visitor.get("/identity/authorize", params=of(signer, **inside))
    assert read_redirect(response)["error"] == "invalid_request_object"


async def test_an_unsigned_request_object_is_refused(visitor, resident, signer):
    def part(content):
        return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()

    content = {"iss": signer.client_id, "aud": "http://test.invalid/identity/authorize", **signer.request()}
    for header in ({"alg": "none"}, {"alg": "HS256"}):
        unsigned = f"{part(header)}.{part(content)}."
        response = await visitor.get("/identity/authorize", params={**of(signer), "request": unsigned})
        assert read_redirect(response)["error"] == "invalid_request_object"


async def test_a_client_assertion_is_no_request_object(visitor, resident, signer):
    assertion = signer.assertion(aud="http://test.invalid/identity/")
    response = await visitor.get("/identity/authorize", params={**of(signer), "request": assertion})
    assert read_redirect(response)["error"] == "invalid_request_object"


async def test_a_pushed_request_is_its_own_clients_alone(visitor, resident, database, bins):
    pushed = await visitor.post("/identity/par", data={**bins.request(), **bins.credentials})
    other_client = await register(database)
    stolen = {"client_id": other_client.client_id, "request_uri": pushed.json()["request_uri"]}
    is_a_page(await visitor.get("/identity/authorize", params=stolen))


@pytest.mark.parametrize(
    ("more", "status", "error"),
    [
        ({"redirect_uri": "https://evil.example/"}, 400, "invalid_request"),
        ({"request_uri": "urn:ietf:params:oauth:request_uri:x"}, 400, "invalid_request"),
        ({"scope": "openid identity:operate"}, 400, "invalid_scope"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": None}, 401, "invalid_client"),
    ],
)
async def test_a_bad_pushed_request_is_refused_in_oauths_own_shape(visitor, bins, more, status, error):
    form_fields = {**bins.request(), **bins.credentials, **more}
    response = await visitor.post(
        "/identity/par", data={k: v for k, v in form_fields.items() if v is not None}
    )
    assert (response.status_code, response.json()["error"]) == (status, error), response.text


async def test_a_service_that_was_revoked_gets_no_answer(app, visitor, database, client):
    service = await register(database)
    request = read_request_id(await ask(visitor, service))
    await sign_in(database, visitor, await create_person(database))
    async with database.writing() as session:
        await session.set_all_councils()
        await session.execute(
            text("UPDATE client SET revoked_at = now() WHERE id = :id"),
            {"id": ids.read(service.client_id)},
        )

    async def forgotten():
        return await app.state.provider.get_client(service.client_id) is None

    assert await eventually(forgotten, within=1.0)  # revoked clients are refused within a second
    is_a_page(await continue_request(visitor, request))


async def test_a_suspended_councils_service_gets_no_answer(visitor, resident, database):
    is_a_page(await ask(visitor, await register(database, "sleepton")))
