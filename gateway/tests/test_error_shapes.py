"""Every own answer of the gateway, below every base of an outside contract, in that contract's shape.

The shapes are those the services declare in their contracts, and two of services to come.
"""

import json
import re
import time
from dataclasses import replace
from itertools import count

import pytest

from gateway.contracts import ContractError, Contracts, Operation, Policy, read_contract
from gateway.render.local_replies import REPLIES

JSON, XML = "application/json", "application/xml"
DETAILS = {reply.code: reply.detail for reply in REPLIES} | {
    "too-many-requests": "Wait as Retry-After says, then send fewer requests."
}
OPEN311 = "<errors><error><code>{}</code><description>{}</description></error></errors>"
PAY_CODES = {"429": "P0900", "4XX": "P0920", "5XX": "P0999"}
PLANTED = {
    "payments": [
        {
            "base": "payments/pay",
            "templates": [
                {"text": '{"code":$code,"description":$detail}', "media_type": JSON, "codes": PAY_CODES}
            ],
        }
    ],
    "casework": [
        {
            "base": "casework/open311/v2",
            "templates": [
                {
                    "text": '[{"code":$status,"description":$detail}]',
                    "media_type": JSON,
                    "where": r"^[^?]*\.json(\?|$)",
                },
                {
                    "text": OPEN311.format("$status", "$detail"),
                    "media_type": "text/xml",
                },
            ],
        }
    ],
}


def oauth(**codes):
    def write(status, detail, _):
        usual = "invalid_request" if status < 500 else "server_error"
        usual = "temporarily_unavailable" if status == 429 else usual
        return {"error": codes.get(f"s{status}", usual), "error_description": detail}

    return write


def pay(status, detail, _):
    return {"code": PAY_CODES.get(str(status), PAY_CODES[f"{status // 100}XX"]), "description": detail}


def mapit(status, detail, _):
    return {"error": detail, "code": status}


def scim(status, detail, _):
    return {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": str(status),
        "detail": detail,
    }


def os_places(status, detail, _):
    return {"error": {"statuscode": status, "message": detail}}


def postcodes_io(status, detail, code):
    return {"status": status, "error": "Resource not found" if code == "unknown-path" else detail}


AT_CLIENTS = oauth(s401="invalid_client")
# Base to media type and body, written here a second time and in another way.
BODIES = {
    "/citytown/address/search/places/v1": (JSON, os_places),
    "/citytown/address/postcodes-io": (JSON, postcodes_io),
    "/citytown/mapping/mapit": (JSON, mapit),
    "/citytown/identity/scim/v2": ("application/scim+json", scim),
    "/identity/token": (JSON, AT_CLIENTS),
    "/identity/par": (JSON, AT_CLIENTS),
    "/identity/introspect": (JSON, AT_CLIENTS),
    "/identity/revoke": (JSON, AT_CLIENTS),
    "/identity/userinfo": (JSON, oauth(s401="invalid_token", s403="insufficient_scope")),
    "/citytown/payments/pay": (JSON, pay),
    "/citytown/casework/open311/v2": (
        "text/xml",
        lambda status, detail, _: OPEN311.format(status, detail),
    ),
}
CLIENTS = count()


@pytest.fixture(scope="module")
def contracts(declared):
    """Plant below each base what the gateway can be made to refuse; ``away`` is at a service that is away."""
    documents = {name: {"paths": {}, **document} for name, document in declared.items()}
    for name, rows in PLANTED.items():
        documents[name] = {**documents[name], "x-error-shapes": rows}
    shapes = sum((read_contract(name, document) for name, document in documents.items()), Contracts())
    policy = Policy("address", public=False, body=1_048_576, timeout=10)
    operations = [Operation("GET", "/identity/v1/councils", policy)]  # for the fixture to wait by
    for base in BODIES:
        path = base.replace("/citytown/", "/{council}/")
        operations += [
            Operation("GET", f"{path}/thing", policy),
            Operation("GET", f"{path}/thing.json", policy),
            Operation("POST", f"{path}/thing", replace(policy, body=10)),
            Operation("GET", f"{path}/open", replace(policy, public=True)),
            Operation("GET", f"{path}/slow", replace(policy, timeout=0.2)),
            Operation("GET", f"{path}/away", replace(policy, service="mapping")),
        ]
    return replace(shapes, operations=tuple(operations))


@pytest.fixture(scope="module")
def shaped(start_proxy, contracts):
    limits = {"credential_rate": 1, "credential_burst": 3, "any_rate": 100_000}
    return start_proxy(**limits, trusted_hops=1, away="mapping", contracts=contracts, revoked=("lost",))


def test_every_declared_shape_is_tested_here(contracts):
    """A service that mounts an outside contract adds its row to ``BODIES``."""
    for shape in contracts.shapes:
        assert [base for base in BODIES if re.fullmatch(shape.paths, base)], shape.paths
    assert len(contracts.shapes) == len(BODIES)


def send(proxy, path, method="GET", **options):
    """Send as another client each time, so that no limit is reached by chance."""
    headers = {"X-Forwarded-For": f"192.0.2.{next(CLIENTS) % 250}", **options.pop("headers", {})}
    return proxy.send(path, method, headers=headers, **options)


def key(proxy, **claims):
    return proxy.key(**{"client_id": f"client-{next(CLIENTS)}", **claims})


def exceed_limit(proxy, base):
    headers = key(proxy)
    return [send(proxy, f"{base}/thing", headers=headers) for _ in range(6)][-1]


REFUSALS = {
    "missing-credential": (401, lambda p, base: send(p, f"{base}/thing")),
    "expired-credential": (
        401,
        lambda p, base: send(p, f"{base}/thing", headers=key(p, exp=int(time.time()) - 100)),
    ),
    "invalid-credential": (401, lambda p, base: send(p, f"{base}/thing", headers={"X-Api-Key": "junk"})),
    "revoked-credential": (401, lambda p, base: send(p, f"{base}/thing", headers=key(p, jti="lost"))),
    "council-suspended": (
        403,
        lambda p, base: send(p, f"{base}/thing".replace("citytown", "oldtown"), headers=key(p)),
    ),
    "unknown-path": (404, lambda p, base: send(p, f"{base}/nothing", headers=key(p))),
    "body-too-large": (
        413,
        lambda p, base: send(p, f"{base}/thing", "POST", headers=key(p), content=b"x" * 11),
    ),
    "too-many-requests": (429, exceed_limit),
    "bad-request": (400, lambda p, base: send(p, f"{base}/thing%2Fother", headers=key(p))),
    "service-timeout": (504, lambda p, base: send(p, f"{base}/slow", headers=key(p))),
    "service-unavailable": (503, lambda p, base: send(p, f"{base}/away", headers=key(p))),
}


OF_COUNCILS = {"council-suspended", "gateway-starting"}


def list_cases(codes):
    """List bases and codes; what concerns a council is not refused where there is none in the path."""
    return [
        (base, code)
        for base in BODIES
        for code in codes
        if base.startswith("/citytown/") or code not in OF_COUNCILS
    ]


@pytest.mark.parametrize(("base", "code"), list_cases(REFUSALS))
def test_a_refusal_has_the_shape_of_the_contract(shaped, base, code):
    status, provoke = REFUSALS[code]
    assert_shape(provoke(shaped, base), base, status, code)


def assert_shape(response, base, status, code):
    media_type, write = BODIES[base]
    body = write(status, DETAILS[code], code)
    assert response.status_code == status
    assert response.headers["content-type"] == media_type
    assert (response.json() if "json" in media_type else response.text) == body
    if status == 401:
        assert response.headers["www-authenticate"].startswith("Bearer")
    if status in {429, 503}:
        assert int(response.headers["retry-after"]) >= 1


@pytest.mark.parametrize(("base", "code"), list_cases(["issuer-unavailable", "gateway-starting"]))
def test_a_gateway_that_is_starting_says_so_in_the_shape_of_the_contract(starting, base, code):
    path = f"{base}/{'open' if code == 'gateway-starting' else 'thing'}"
    answer = starting.send_patiently(path, headers={} if path.endswith("open") else key(starting))
    assert_shape(answer, base, 503, code)


@pytest.fixture(scope="module")
def starting(start_proxy, contracts):
    """A gateway that knows no councils yet and finds no issuer."""
    return start_proxy(
        councils_known=False, ready=False, identity_url="http://127.0.0.1:1", contracts=contracts
    )


def test_a_gateway_short_of_memory_says_so_in_the_shape_of_each_contract(start_proxy, contracts, eventually):
    proxy = start_proxy(memory=1, ready=False, contracts=contracts)
    eventually(lambda: "more to do" in proxy.send_patiently("/health").text)
    for base in BODIES:
        assert_shape(proxy.send(f"{base}/thing"), base, 503, "gateway-overloaded")


@pytest.mark.parametrize("base", BODIES)
def test_two_hosts_are_refused_in_the_shape_too(shaped, send_raw, base):
    head = f"GET {base}/thing HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"
    media_type, write = BODIES[base]
    answer = send_raw(shaped, head.encode())
    content, body = answer.partition("\r\n\r\n")[2], write(400, DETAILS["bad-request"], "bad-request")
    assert answer.startswith("HTTP/1.1 400")
    assert f"content-type: {media_type}\r\n" in answer
    assert (json.loads(content) if "json" in media_type else content) == body


def test_a_template_for_some_requests_is_used_for_those_only(shaped):
    places = send(shaped, "/citytown/address/search/places/v1/thing?postcode=BA1&format=xml")
    assert places.headers["content-type"] == XML
    message = DETAILS["missing-credential"]
    assert places.text.endswith(f"<error><statuscode>401</statuscode><message>{message}</message></error>")
    open311 = send(shaped, "/citytown/casework/open311/v2/thing.json?a=.xml")
    assert (open311.headers["content-type"], open311.json()) == (
        JSON,
        [{"code": 401, "description": message}],
    )
    assert send(shaped, "/citytown/casework/open311/v2/thing?a=.json").text.startswith("<errors>")


@pytest.mark.parametrize(
    ("start", "headers", "status", "code"),
    [
        ("GET {} HTTP/1.1", "X-Long: " + "a" * 40_000, 431, "headers-too-large"),
        ("GET {}?" + "a" * 40_000 + " HTTP/1.1", "X: y", 431, "headers-too-large"),
        ("GET {} HTTP/1.1", "X_Api_Key: a", 400, "bad-request"),
        ("GET {} HTTP/1.0", "X: y", 426, "http-version"),
    ],
    ids=["long headers", "long URL", "underscore", "old version"],
)
def test_what_is_refused_before_its_path_is_known_is_a_problem_everywhere(
    shaped, send_raw, start, headers, status, code
):
    start = start.format("/citytown/address/postcodes-io/thing")
    answer = send_raw(shaped, f"{start}\r\nHost: a\r\n{headers}\r\n\r\n".encode())
    assert answer.startswith(f"HTTP/1.1 {status}")
    assert f'"code":"{code}"' in answer


def test_our_own_paths_have_problems(shaped):
    assert send(shaped, "/identity/v1/councils").json()["code"] == "missing-credential"
    assert send(shaped, "/identity/tokens").json()["code"] == "unknown-path"


def test_a_row_without_a_text_for_every_request_is_refused():
    row = {"base": "address/x", "templates": [{"text": "", "media_type": JSON, "where": "a"}]}
    with pytest.raises(ContractError, match="no text for every request below address/x"):
        read_contract("address", {"paths": {}, "x-error-shapes": [row]})
