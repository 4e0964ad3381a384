"""A council at the provider: what a test asks of it."""


class Creditor:
    def __init__(self, http, token):
        self.http = http
        self.headers = {"Authorization": f"Bearer {token}"}

    async def send(self, method, path, body=None, key=None, status=None):
        """Send a request; return the answer's body."""
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        response = await self.http.request(method, path, json=body, headers=headers)
        assert response.status_code == status if status else response.is_success, response.text
        return response.json()

    async def set_clock(self, now):
        await self.send("PUT", "/control/clock", {"now": now})

    async def sign(self, scenario="good"):
        """Have a payer sign; return the mandate's id."""
        body = {"billing_requests": {"mandate_request": {"scheme": "bacs"}}}
        request = (await self.send("POST", "/billing_requests", body))["billing_requests"]
        path = f"/control/billing_requests/{request['id']}/sign"
        signed = await self.send("POST", path, {"scenario": scenario})
        return signed["links"]["mandate_request_mandate"]

    async def collect(self, mandate, key=None, status=None, **members):
        """Ask for a payment."""
        payment = {"amount": 16_200, "currency": "GBP", "links": {"mandate": mandate}, **members}
        return await self.send("POST", "/payments", {"payments": payment}, key, status)

    async def get(self, kind, record_id):
        return (await self.send("GET", f"/{kind}/{record_id}"))[kind]

    async def list_actions(self, **query):
        """List what happened, oldest first: each action and its reason code."""
        text = "&".join(f"{name}={value}" for name, value in query.items())
        events = (await self.send("GET", f"/events?{text}"))["events"]
        return [(event["action"], event["details"].get("reason_code")) for event in events[::-1]]
