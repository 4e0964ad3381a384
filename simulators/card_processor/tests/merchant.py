"""A merchant that calls the processor, and a receiver of its webhooks."""

from standardwebhooks import Webhook


class Merchant:
    def __init__(self, http, key):
        self.http = http
        self.headers = {"Authorization": f"Bearer {key}"}

    async def call(self, verb, path, key=None, status=None, /, **members):
        headers = {**self.headers, **({"Idempotency-Key": key} if key else {})}
        response = await self.http.request(verb, path, json=members, headers=headers)
        assert status in {None, response.status_code}, response.text
        assert response.status_code < 500 or status, response.text
        return response.json()

    async def control(self, verb, path, status=None, /, **members):
        return await self.call(verb, f"/control/{path}", None, status, **members)

    async def get(self, path, status=200, **query):
        response = await self.http.get(path, params=query, headers=self.headers)
        assert response.status_code == status, response.text
        return response.json()

    async def authorise(self, method="visa-credit", amount=1000, key=None, status=201, **members):
        body = {"amount": amount, "currency": "GBP", "method": method, "reference": "R1", **members}
        return await self.call("POST", "/v1/authorisations", key, status, **body)

    async def pay(self, amount=1000, method="visa-credit", reference="R1", **members):
        """Authorise and capture."""
        return await self.authorise(method, amount, reference=reference, capture=True, **members)

    async def act(self, authorisation, action, key=None, status=None, **members):
        return await self.call("POST", f"/v1/authorisations/{authorisation}/{action}", key, status, **members)

    async def advance(self, seconds):
        return await self.control("POST", "clock/advance", 200, seconds=seconds)

    async def payout(self, *kinds, status=201, **members):
        faults = [{"kind": kind} if isinstance(kind, str) else kind for kind in kinds]
        return await self.control("POST", "payouts", status, faults=faults, **members)

    async def lines(self, payout):
        return (await self.get("/v1/balance_transactions", payout=payout["id"], limit=500))["data"]


class Receiver:
    """An ASGI application that checks each webhook by the library that merchants use."""

    def __init__(self, secret):
        self.webhook = Webhook(secret)
        self.messages = []
        self.ids = []
        self.status = 204

    @property
    def types(self):
        return [message["type"] for message in self.messages]

    async def __call__(self, scope, receive, send):
        body, more = b"", True
        while more:
            event = await receive()
            body, more = body + event.get("body", b""), event.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.messages.append(self.webhook.verify(body, headers))
        self.ids.append(headers["webhook-id"])
        await send({"type": "http.response.start", "status": self.status, "headers": []})
        await send({"type": "http.response.body", "body": b""})
