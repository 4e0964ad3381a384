"""The client in Python against the gateway: pages, a repeated POST, errors, and who asks."""

import secrets
from datetime import UTC, datetime

import httpx
import pytest
from joserfc.jwk import ECKey

from townhall_client import ApiKey, AsyncTownhall, ClientSecret, PrivateKeyJwt, RetryPolicy, Townhall
from townhall_client.api.casework.api.cases import list_cases, open_case
from townhall_client.api.casework.models.new_case import NewCase
from townhall_client.api.identity.api.clients import create_client, revoke_client
from townhall_client.api.identity.models.json_web_key_set import JsonWebKeySet
from townhall_client.api.identity.models.new_client import NewClient
from townhall_client.api.payments.api.payments import create_payment
from townhall_client.api.payments.models.create_payment_request import CreatePaymentRequest
from townhall_client.problems import InvalidRequest, NotAllowed

QUICK = RetryPolicy(first_wait=0.01)


class LosesFirstAnswer(httpx.HTTPTransport):
    """A way to the gateway on which the first answer to each address becomes a 503."""

    def __init__(self):
        super().__init__()
        self.paths = []

    def handle_request(self, request):
        response = super().handle_request(request)
        self.paths.append(request.url.path)
        if self.paths.count(request.url.path) > 1:
            return response
        response.read()
        return httpx.Response(503)


@pytest.fixture
def townhall(platform):
    with Townhall(platform.gateway, "citytown", ApiKey(platform.key()), retries=QUICK) as townhall:
        yield townhall


def make_case():
    today = datetime.now(UTC).date().isoformat()
    uprn = str(100_000_000_000 + secrets.randbelow(10**9))  # whose bin nobody has reported
    fields = {"uprn": uprn, "bin": "food", "collection_day": today}
    return NewCase.from_dict({"case_type": "missed-bin", "uprn": int(uprn), "fields": fields})


async def test_a_list_is_read_page_after_page(platform, townhall):
    case = make_case()
    references = {townhall.send(open_case(body=case)).reference for case in [case]}
    references.add(townhall.send(open_case(body=make_case())).reference)
    listed_references = {
        item.reference for item in townhall.items(list_cases(limit=1, case_type="missed-bin"))
    }
    assert references <= listed_references
    async with AsyncTownhall(platform.gateway, "citytown", ApiKey(platform.key())) as client:
        call = list_cases(limit=1, uprn=case.uprn)
        assert len([item async for item in client.items(call)]) == 1


def test_a_post_whose_answer_is_lost_takes_effect_once(platform):
    lossy = LosesFirstAnswer()
    http = httpx.Client(transport=lossy)
    case = make_case()
    with Townhall(platform.gateway, "citytown", ApiKey(platform.key()), retries=QUICK, http=http) as townhall:
        opened = townhall.send(open_case(body=case))
        assert len(lossy.paths) == 2
        cases = list(townhall.items(list_cases(uprn=case.uprn)))
        assert [item.reference for item in cases] == [opened.reference]
        request = CreatePaymentRequest(
            amount=500, reference="GW-1", description="Bins", return_url="https://a.example"
        )
        payment = townhall.send(create_payment(body=request))  # its second answer is a 200
        assert payment["state"]["status"] == "created"


def test_an_error_says_what_was_wrong_and_where(townhall):
    with pytest.raises(InvalidRequest) as caught:
        townhall.send(open_case(body=NewCase("No Such Type")))
    assert caught.value.code == "invalid-request"
    assert caught.value.detail
    assert [error.field for error in caught.value.errors] == ["body.case_type"]


def test_a_secret_and_a_key_pair_show_who_asks(platform):
    council = platform.sandbox["councils"]["citytown"]
    credential = ClientSecret(council["client_id"], council["client_secret"])
    key = ECKey.generate_key("P-256", {"kid": "k1", "use": "sig", "alg": "ES256"})
    jwks = JsonWebKeySet.from_dict({"keys": [key.as_dict(private=False)]})
    with Townhall(platform.gateway, "citytown", credential, retries=QUICK) as owner:
        name = f"Client in Python {secrets.token_hex(4)}"
        body = NewClient(name, ["casework:read"], jwks=jwks, mode="sandbox")
        client = owner.send(create_client(body=body))
        credential = PrivateKeyJwt(client.client_id, key.as_dict(private=True))
        with Townhall(platform.gateway, "citytown", credential, retries=QUICK) as townhall:
            townhall.send(list_cases(limit=1))
            with pytest.raises(NotAllowed):
                townhall.send(open_case(body=make_case()))
        owner.send(revoke_client(client.client_id))
