"""All 16 operations of GOV.UK Pay's published API answer with its statuses and in its shapes.

``published_api.json`` is that of alphagov/pay-publicapi 1.0.3 (MIT licence), without its texts.
"""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from sqlalchemy import text

from services.payments.tests.conftest import Payer, new_payment

SPECIFICATION = json.loads(Path(__file__).with_name("published_api.json").read_text())
BASE = "/citytown/payments"
OPERATIONS = {
    (method.upper(), path): operation
    for path, methods in SPECIFICATION["paths"].items()
    for method, operation in methods.items()
}
# Where spec and wire differ: what theirs answers, by their code and their tests.
NOT_IN_THE_SPECIFICATION = {
    ("POST", "/v1/payments"): {403, 409},
    ("POST", "/v1/agreements"): set(),
    ("POST", "/v1/auth"): {409},
    ("GET", "/v1/payments"): {404},
    ("GET", "/v1/refunds"): {404},
    ("GET", "/v1/disputes"): {404},
    ("POST", "/v1/payments/{paymentId}/refunds"): {400, 422},
}
WRONG_IN_THE_SPECIFICATION = (
    ("ExternalMetadata", "metadata"),  # the wire is flat
    ("PaymentInstrument", "CardDetails"),  # the wire: card_details
    ("PostLink", "params"),  # the wire: texts
    ("PaymentLinksForSearch", "cancel"),  # the wire: null where there is none
    ("PaymentDetailForSearch", "authorisation_mode"),  # the wire: agreement too
)
# Members that no specification names: theirs on the wire, and the additions of ours.
ADDED = {
    "CreatePaymentResult": {
        "authorisation_mode", "agreement_id", "set_up_agreement", "agreement_payment_type", "lines",
        "card_brand", "authorisation_summary",
    },
    "PaymentWithAllLinks": {"agreement_id", "set_up_agreement", "lines"},
    "PaymentDetailForSearch": {"agreement_id", "set_up_agreement", "authorisation_mode"},
    "PaymentLinksForSearch": {"cancel"},
    "PostLink": {"params"},
    "DisputesSearchResults": {"_links"},
    "PaymentInstrument": {"card_details"},
    "PaymentState": {"can_retry"},
}  # fmt: skip
"""By schema."""


def close(name, schema):
    """Make a schema refuse members that neither it nor we name."""
    properties = {
        key: value
        for key, value in schema.get("properties", {}).items()
        if (name, key) not in WRONG_IN_THE_SPECIFICATION
    }
    if not properties:
        return {"type": "object"} if name == "ExternalMetadata" else schema
    added = {key: {} for key in ADDED.get(name, ())}
    return {**schema, "properties": {**properties, **added}, "additionalProperties": False}


SCHEMAS = {name: close(name, schema) for name, schema in SPECIFICATION["components"]["schemas"].items()}
REGISTRY = Registry().with_resource(
    "urn:pay", DRAFT202012.create_resource({"components": {"schemas": SCHEMAS}})
)


def list_faults(operation, response):
    """List what of a response is not as published."""
    status = response.status_code
    responses = OPERATIONS[operation]["responses"]
    if status >= 400:
        name = "RequestError"
        if str(status) not in responses and status not in NOT_IN_THE_SPECIFICATION.get(operation, ()):
            return [f"{status} is not published"]
    elif str(status) not in responses:
        return [f"{status} is not published"]
    else:
        content = responses[str(status)].get("content", {})
        if not content:
            return [] if status == 202 or not response.content else ["there is a body"]
        name = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
    schema = {"$ref": f"urn:pay#/components/schemas/{name}"}
    errors = Draft202012Validator(schema, registry=REGISTRY).iter_errors(response.json())
    return [f"{status} {error.json_path}: {error.message}"[:300] for error in errors]


class PublishedClient:
    """A client that holds every answer against the specification, and remembers which there were."""

    def __init__(self, client, key):
        self._client, self._key = client, key
        self.statuses = {}
        self.faults = []

    async def send(self, method, path, body=None, key=None, **ids):
        operation = (method, path.partition("?")[0])
        url = f"{BASE}{path.format(**ids)}"
        headers = self._key if key is None else key
        response = await self._client.request(method, url, json=body, headers=headers)
        self.statuses.setdefault(operation, set()).add(response.status_code)
        self.faults += [f"{method} {path}: {fault}" for fault in list_faults(operation, response)]
        return response

    async def create(self, path="/v1/payments", **members):
        response = await self.send("POST", path, members)
        assert response.status_code == 201, response.text
        return response.json()


@pytest.fixture(scope="module")
def settings(service, settings):
    return service.settings(**{**settings.model_dump(exclude_unset=True), "allows_moto_api": True})


@pytest.fixture
async def published(client, key, merchant, database):
    """A client of an account that allows everything and has a surcharge."""
    async with database.writing("citytown") as session:
        await session.execute(
            text("""UPDATE gateway_account SET settings = settings ||
                '{"allows_moto_api": true, "corporate_credit_surcharge": 250}'""")
        )
    return PublishedClient(client, key)


async def pay(published, payer, run_jobs, number, **members):
    payment = await published.create(**new_payment(**members))
    await payer.pay(payment, number)
    await run_jobs()
    return payment["payment_id"]


async def send_payments(published, payer, run_jobs):
    """Create, pay, capture, cancel and refund; each right and wrong."""
    full = {
        "metadata": {"case": "HF7", "number": 3, "is_new": True}, "email": "ann@payer.example",
        "prefilled_cardholder_details": {"cardholder_name": "Ann", "billing_address": {"city": "Citytown"}},
    }  # fmt: skip
    paid = await pay(published, payer, run_jobs, "4988080000000000", **full)
    declined = await pay(published, payer, run_jobs, "4000000000000002")
    delayed = await pay(published, payer, run_jobs, "4242424242424242", delayed_capture=True)
    unpaid = (await published.create(**new_payment()))["payment_id"]
    for wrong in ({"amount": "1"}, {**new_payment(), "amount": -1}, {}):
        await published.send("POST", "/v1/payments", wrong)
    await published.send("POST", "/v1/payments", new_payment(), key={})
    for payment_id in (paid, declined, delayed, unpaid, "0" * 26):
        for path in ("", "/events", "/refunds"):
            await published.send("GET", f"/v1/payments/{{paymentId}}{path}", paymentId=payment_id)
    for action in ("capture", "cancel"):
        for payment_id in (delayed, unpaid, paid, "0" * 26):
            await published.send("POST", f"/v1/payments/{{paymentId}}/{action}", paymentId=payment_id)
    await run_jobs()
    refunds = "/v1/payments/{paymentId}/refunds"
    refund = await published.send("POST", refunds, {"amount": 50}, paymentId=paid)
    await run_jobs()
    for amount in (0, 10_000_000):
        await published.send("POST", refunds, {"amount": amount}, paymentId=paid)
    await published.send("POST", refunds, {"amount": 1, "refund_amount_available": 1}, paymentId=paid)
    await published.send("POST", refunds, {"amount": 1}, paymentId="0" * 26)
    await published.send("GET", refunds, paymentId=paid)
    for refund_id in (refund.json()["refund_id"], "0" * 26):
        await published.send("GET", f"{refunds}/{{refundId}}", paymentId=paid, refundId=refund_id)


async def send_agreements(published, payer, run_jobs):
    agreement = await published.create(
        "/v1/agreements", reference="A", description="By instalments", user_identifier="user-1"
    )
    agreement_id = agreement["agreement_id"]
    await pay(published, payer, run_jobs, "4242424242424242", set_up_agreement=agreement_id)
    by = {"authorisation_mode": "agreement", "agreement_id": agreement_id}
    later = {name: value for name, value in new_payment(**by).items() if name != "return_url"}
    await published.create(**later)
    for wrong in ({}, {"reference": "x" * 256, "description": "A"}):
        await published.send("POST", "/v1/agreements", wrong)
    for each in (agreement_id, "0" * 26):
        await published.send("GET", "/v1/agreements/{agreementId}", agreementId=each)
    for each in (agreement_id, agreement_id, "0" * 26):
        await published.send("POST", "/v1/agreements/{agreementId}/cancel", agreementId=each)
    await published.send("GET", "/v1/agreements/{agreementId}", agreementId=agreement_id)


async def send_card_details(published, run_jobs):
    for number, status in (("4242424242424242", 204), ("4000000000000002", 402), ("4000000000000119", 500)):
        body = new_payment(authorisation_mode="moto_api")
        del body["return_url"]
        payment = await published.create(**body)
        card = {
            **payment["_links"]["auth_url_post"]["params"],
            "card_number": number, "cvc": "123", "expiry_date": "11/40", "cardholder_name": "Ann",
        }  # fmt: skip
        for wrong in ({**card, "one_time_token": "x"}, {**card, "cvc": "1"}, {}):
            await published.send("POST", "/v1/auth", wrong, key={})
        assert (await published.send("POST", "/v1/auth", card, key={})).status_code == status
        await published.send("POST", "/v1/auth", card, key={})
    await run_jobs()


async def send_searches(published):
    for subject in ("payments", "refunds", "disputes", "agreements"):
        for query in ("", "?page=1&display_size=2", "?page=9999", "?display_size=501"):
            response = await published.send("GET", f"/v1/{subject}{query}")
            if not query:
                assert response.json()["results"], subject
        await published.send("GET", f"/v1/{subject}", key={})


async def test_all_16_operations_answer_as_published(published, client, run_jobs, merchant, notify):
    client.cookies.clear()
    payer = Payer(client)
    assert len(OPERATIONS) == 16
    await send_payments(published, payer, run_jobs)
    await send_agreements(published, payer, run_jobs)
    await send_card_details(published, run_jobs)
    await pay(published, payer, run_jobs, "4000000000000259")
    await notify()
    await send_searches(published)
    assert published.faults == []
    assert published.statuses.keys() == OPERATIONS.keys()
    for operation, statuses in published.statuses.items():
        assert min(statuses) < 300 <= max(statuses), f"{operation} was not seen right and wrong"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, {"payment_id": 7}),
        (200, {"paymentId": "0" * 26}),
        (200, {"state": {"finished": "yes"}}),
        (200, {"_links": {"self": "https://a.example"}}),
        (418, {"code": "P0102", "description": "A teapot"}),
        (404, {"type": "urn:townhall:problem:not-found"}),
        (204, {}),
    ],
)
def test_an_answer_that_is_not_as_published_is_found(status, body):
    class Response:
        status_code, content = status, json.dumps(body).encode()

        @staticmethod
        def json():
            return body

    assert list_faults(("GET", "/v1/payments/{paymentId}"), Response) != []
