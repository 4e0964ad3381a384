"""A small council with something of everything that identity keeps for it, and what its API reads of that."""

import json
import re
from dataclasses import dataclass, field

from chassis import ids
from identity.staff.actions import members
from services.identity.tests import mandate_steps, provider
from services.identity.tests.proofs.test_proofs import PASSPORT, desk_code_of, proof_body, token_of

SCOPES = [
    "identity:clients", "identity:keys", "identity:staff", "identity:scim", "identity:themes",
    "identity:read", "address:read", "address:write",
]  # fmt: skip
PERSON_SCOPES = ["openid", "email", "offline_access", "identity:self", "identity:mandates"]
SIGN_IN_SCOPE = " ".join(PERSON_SCOPES)
_UPSTREAM_URL = re.compile(r"/identity/upstream/[a-z]+/")


@dataclass
class CouncilData:
    """What a council has: ids of its objects, and its people's tokens."""

    council: str
    label: str  # in the names it chooses, instead of its slug
    service: provider.Service
    objects: dict[str, str] = field(default_factory=dict)  # parameters of the paths below
    tokens: dict = field(default_factory=dict)  # of rosa at the service
    browser: object = None
    rosa: object = None
    ben: object = None
    prover: str = ""  # the jti of a token of a member of staff who proves identities
    colleague: str = ""


def keeper_headers(mint, council):
    """The headers of somebody who may see and change all that is a council's."""
    token = mint(scopes=SCOPES, mode="live", councils=[council], client_id="keeper", sub="keeper")
    return {"Authorization": f"Bearer {token}"}


def prover_headers(mint, council, jti, subject):
    token = mint(scopes=["identity:prove"], councils=[council], jti=jti, sub=subject)
    return {"Authorization": f"Bearer {token}"}


async def create_data(app, client, database, mint, council, label, rosa, ben):
    """Create a council's data through the API, and the people's by the actions that pages call."""
    service = await provider.register(
        database,
        council,
        person_scopes=PERSON_SCOPES,
        backchannel_logout_uri="https://service.example/logout",
    )
    data = CouncilData(council, label, service, rosa=rosa, ben=ben)
    data.objects = await _create_objects(client, keeper_headers(mint, council), council, label)
    async with database.writing(council) as session:
        linked = await provider.create_person(database)
        assert await members.link_account(session, council, f"{label}-jo", linked)
    await _create_proof(client, database, mint, data)
    await _create_mandate(database, data)
    data.browser = provider.make_browser(app)
    await provider.sign_in(database, data.browser, rosa)
    data.tokens = await service.tokens(data.browser, scope=SIGN_IN_SCOPE, prompt="consent")
    return data


async def _create_objects(client, headers, council, label):
    url = f"/{council}/identity"

    async def send(method, path, body):
        answer = await client.request(method, f"{url}{path}", json=body, headers=headers)
        assert answer.status_code in {200, 201, 204}, (path, answer.text)
        return answer.json() if answer.content else {}

    registered = await send("POST", "/v1/services", {
        "name": f"Permits of {label}", "name_cy": "Trwyddedau", "mode": "sandbox",
        "redirect_uris": ["https://permits.example/back"],
    })  # fmt: skip
    await send(
        "POST", f"/v1/services/{registered['client_id']}/testers", {"email": f"{label}@people.example"}
    )
    await send("POST", "/v1/test-people", {"name": "Test Person"})
    for number in range(3):
        await send("POST", "/v1/clients", {
            "name": f"Machine {number} of {label}", "mode": "live", "scopes": ["address:read"],
        })  # fmt: skip
    await send(
        "POST", "/v1/api-keys", {"name": f"Key of {label}", "mode": "live", "scopes": ["address:read"]}
    )
    role = f"{label}-desk"
    await send("PUT", f"/v1/roles/{role}", {
        "title": "Desk", "scopes": ["address:write"], "groups": [f"{label} Desk"],
    })  # fmt: skip
    user = await send("POST", "/scim/v2/Users", {
        "userName": f"jo@{label}.example", "externalId": f"{label}-jo", "displayName": "Jo Example",
    })  # fmt: skip
    await send("PUT", f"/v1/staff/{user['id']}/roles/{role}", None)
    group = await send("POST", "/scim/v2/Groups", {
        "displayName": f"{label} Desk", "members": [{"value": user["id"]}],
    })  # fmt: skip
    await send("PUT", f"/v1/themes/{label}-allotments", {"title": "Allotments", "title_cy": "Rhandiroedd"})
    return {
        "client_id": registered["client_id"], "role": role, "user_id": user["id"], "staff_id": user["id"],
        "group_id": group["id"], "theme": f"{label}-allotments",
    }  # fmt: skip


async def _create_proof(client, database, mint, data):
    """Record a proof of rosa's identity, and one that waits for a second look."""
    staff = [await provider.create_person(database) for _ in range(2)]
    data.prover, data.colleague = [
        await token_of(database, person_, council=data.council) for person_ in staff
    ]
    resident = await provider.create_person(database)
    headers = prover_headers(mint, data.council, data.prover, f"{data.label}-clerk")
    for person, proof in ((data.rosa, {}), (resident, {"level": "P2", "evidence": [PASSPORT]})):
        body = proof_body(await desk_code_of(database, person), **proof)
        answer = await client.post(f"/{data.council}/identity/v1/proofs", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
    assert answer.json()["status"] == "waiting"
    data.objects["proof_id"] = answer.json()["id"]


async def _create_mandate(database, data):
    """Let rosa let ben act for her."""
    email, theme = f"{ids.show(data.ben)}@people.example", f"{data.label}-allotments"
    row = await mandate_steps.give(database, data.rosa, data.ben, email, council=data.council, theme=theme)
    data.objects["mandate_id"] = ids.show(row.id)


async def read_all(client, mint, paths, data, council, person_token):
    """Answer every path that reads something of the council, by the path's template."""
    headers = {
        "own-identity": {"Authorization": f"Bearer {person_token}"},
        "mandates": {"Authorization": f"Bearer {person_token}"},
        "proofs": prover_headers(mint, council, data.colleague, f"{data.label}-colleague"),
    }
    answers = {}
    for path in paths:
        url = path.format(council=council, **data.objects)
        kind = path.split("/")[4]
        query = {} if "scim" in path or "}" in path.rpartition("/")[2] else {"limit": 100}
        answer = await client.get(url, params=query, headers=headers.get(kind, keeper_headers(mint, council)))
        assert answer.status_code == 200, (url, answer.text)
        answers[path] = answer.json()
    return answers


def rename(answer, council, successor):
    """An answer as it must be after the merge: URLs that a provider has on file stay as they are."""
    text = json.dumps(answer)
    fixed = _UPSTREAM_URL.findall(text)
    renamed = re.sub(rf'(?<=[/"]){council}(?=[/"])', successor, text)
    for url in fixed:
        renamed = renamed.replace(f"/identity/upstream/{successor}/", url)
    return json.loads(renamed)
