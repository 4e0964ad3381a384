"""Counter staff, as tests of the cash office need them: what each sends, by the API."""

from chassis import ids

TAKINGS, APPROVE = "payments:takings", "payments:approve"
API = "/citytown/payments/takings/v1"
CHEQUE = {"number": "000123", "sort_code": "200000", "account_number": "55779911", "payer_name": "Ann Payer"}
COUNTED_35290 = {"2000": 17, "500": 2, "100": 2, "50": 1, "20": 2}  # pence: 352.90


class Cashier:
    """A member of staff at the counter."""

    def __init__(self, client, headers, office):
        self.client, self.headers, self.office = client, headers, office

    async def send(self, method, path, body=None, **headers):
        return await self.client.request(
            method, f"{API}{path}", json=body, headers={**self.headers, **headers}
        )

    async def get(self, path, **query):
        response = await self.client.get(f"{API}{path}", params=query, headers=self.headers)
        assert response.status_code == 200, response.text
        return response.json()

    async def open(self, opening_float=10_000, **members):
        body = {"office": self.office, "opening_float": opening_float, **members}
        response = await self.send("POST", "/tills", body)
        assert response.status_code == 201, response.text
        return response.json()

    async def take(self, till, lines, **members):
        return await self.send("POST", f"/tills/{till['id']}/receipts", {"lines": lines, **members})

    async def take_ok(self, till, lines, **members):
        response = await self.take(till, lines, **members)
        assert response.status_code == 201, response.text
        return response.json()

    async def read(self, till):
        return await self.get(f"/tills/{till['id']}")

    async def act(self, till, path, body=None, version=None):
        """Do something with a till at the version it has now, or at another."""
        version = version if version is not None else (await self.read(till))["version"]
        return await self.send("POST", f"/tills/{till['id']}/{path}", body, **{"If-Match": f'"{version}"'})

    async def count(self, till, counted, cheques=0, version=None):
        return await self.act(till, "count", {"counted": counted, "cheques": cheques}, version)

    async def balance(self, till, counted, cheques=0, reason="unknown"):
        """Count a till and, if it differs, say why."""
        response = await self.count(till, counted, cheques)
        assert response.status_code == 200, response.text
        if response.json()["status"] == "counted":
            response = await self.act(till, "difference", {"reason": reason})
            assert response.status_code == 200, response.text
        return response.json()

    async def bank(self, tills, number="500123", banked_on=None, **members):
        body = {
            "office": self.office,
            "number": number,
            "banked_on": banked_on or tills[0]["day"],
            "tills": [till["id"] for till in tills],
            **members,
        }
        return await self.send("POST", "/bags", body)


def pieces(pence):
    """Count an amount in pence pieces: 1p and 2,000p."""
    return {"2000": pence // 2_000, "1": pence % 2_000}


def changed(before, after):
    """What has moved, by role: the amounts of each account, sorted."""
    moved = {key: after[key] - before.get(key, 0) for key in after if after[key] != before.get(key, 0)}
    roles = {}
    for (role, *_), amount in moved.items():
        roles.setdefault(role, []).append(amount)
    return {role: sorted(amounts) for role, amounts in roles.items()}


def new_id():
    return ids.show(ids.new())
