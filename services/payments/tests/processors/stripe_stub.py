"""A recording stub of Stripe's API, by its published shapes: a page, payments, refunds, disputes, payouts.

It keeps idempotency keys as Stripe does: the first answer again, another body refused. A test says what
payers and banks do, and what goes wrong on the way.
"""

import asyncio
import json
import time
from collections import deque
from itertools import count
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

LIVE_KEY = "sk_live_forTestsOnly0000000000000000"
ACCOUNT = "acct_townhall"
START = 1_790_000_000
CARD = {"brand": "visa", "funding": "credit", "last4": "4242", "exp_month": 11, "exp_year": 2040}
PERSON = {
    "email": "ann@payer.example",
    "name": "Ann Payer",
    "address": {"line1": "1 High Street", "line2": None, "city": "Citytown", "postal_code": "BA1 1LJ",
                "country": "GB", "state": None},
}  # fmt: skip


class RefusalError(Exception):
    """An error as Stripe answers it."""

    def __init__(self, status, code, type_="invalid_request_error", **members):
        super().__init__(code)
        self.status = status
        self.body = {"error": {"type": type_, "code": code, "message": f"No: {code}", **members}}


class StripeStub:
    """What Stripe knows, and what it was asked."""

    def __init__(self):
        self.merchants = {LIVE_KEY: ACCOUNT}
        self.objects = {}
        self.requests = []
        self.keys = {}
        self.faults = deque()
        self.livemode = True
        self.currency = "gbp"
        self.decline = None
        self._numbers = count(1)
        self.app = Starlette(routes=[Route("/v1/{path:path}", self._serve, methods=["GET", "POST"])])

    # What tests do ---------------------------------------------------------------------------------------

    def break_next(self, method, path, fault):
        """Have the next request whose path ends so fail: lost, broken, before."""
        self.faults.append((method, path, fault))

    def list_all(self, kind):
        return [item for item in self.objects.values() if item["object"] == kind]

    def list_requests(self, method, path):
        return [item for item in self.requests if item["method"] == method and item["path"].endswith(path)]

    def pay(self, session_id):
        """Pay on the page: the session is complete, and its money is held."""
        session = self.objects[session_id]
        if session["status"] != "open":
            raise AssertionError("the page is closed")
        customer = self._add("customer", "cus")["id"] if session["_params"].get("customer_creation") else None
        session |= {"status": "complete", "url": None, "customer": customer, "customer_details": PERSON}
        if session["mode"] == "setup":
            method = self._add("payment_method", "pm", card=CARD, billing_details=PERSON)
            intent = self._add("setup_intent", "seti", status="succeeded", customer=customer,
                               payment_method=method["id"])  # fmt: skip
            session["setup_intent"] = intent["id"]
            return intent
        members = session["_params"]["payment_intent_data"]
        amount = int(session["_params"]["line_items"]["0"]["price_data"]["unit_amount"])
        intent = self._hold(amount, customer, members["metadata"])
        session["payment_intent"] = intent["id"]
        return intent

    def expire(self, session_id):
        self.objects[session_id] |= {"status": "expired", "url": None}

    def add_dispute(self, intent_id, status="needs_response", **members):
        lines = [{"id": "txn_d", "object": "balance_transaction", "fee": 2_000, "currency": "gbp",
                  "created": START, "amount": -1, "net": -2_001}]  # fmt: skip
        return self._add("dispute", "du", payment_intent=intent_id, status=status, amount=1_450,
                         reason="fraudulent", balance_transactions=lines, **members)  # fmt: skip

    def add_payout(self, lines, **members):
        """Pay lines out: (reporting_category, amount, fee, source id)."""
        at = int(time.time()) + len(self.list_all("payout"))
        amount = sum(line[1] - line[2] for line in lines)
        payout = self._add("payout", "po", amount=amount, currency="gbp", status="paid", automatic=True,
                           reconciliation_status="completed", created=at, arrival_date=at,
                           statement_descriptor="STRIPE", trace_id=None)  # fmt: skip
        payout |= members
        for category, gross, fee, source in [*lines, ("payout", -amount, 0, payout["id"])]:
            self._add("balance_transaction", "txn", reporting_category=category, amount=gross, fee=fee,
                      net=gross - fee, currency=payout["currency"], source=source, created=at,
                      _payout=payout["id"])  # fmt: skip
        return payout

    # The API -----------------------------------------------------------------------------------------------

    async def _serve(self, request):
        params = nest(parse_qsl((await request.body()).decode() or request.url.query, keep_blank_values=True))
        record = {
            "method": request.method,
            "path": request.url.path,
            "params": params,
            "key": request.headers.get("idempotency-key"),
            "version": request.headers["stripe-version"],
            "secret": request.headers["authorization"].removeprefix("Bearer "),
        }
        self.requests.append(record)
        fault = self._take_fault(record)
        if fault == "before":
            return JSONResponse({"error": {"type": "api_error", "message": "not now"}}, 503)
        status, body = self._answer(record)
        if fault == "lost":
            await asyncio.sleep(30)
        if fault == "broken":
            return JSONResponse({"error": {"type": "api_error", "message": "sorry"}}, 500)
        return JSONResponse(body, status)

    def _take_fault(self, record):
        for fault in self.faults:
            if record["method"] == fault[0] and record["path"].endswith(fault[1]):
                self.faults.remove(fault)
                return fault[2]
        return None

    def _answer(self, record):
        scope = (record["secret"], record["key"])
        body = json.dumps([record["path"], record["params"]], sort_keys=True)
        if record["method"] == "POST" and record["key"] and scope in self.keys:
            first, answer = self.keys[scope]
            if first != body:
                return 400, RefusalError(400, None, "idempotency_error").body
            return answer
        try:
            answer = 200, self._act(record)
        except RefusalError as refusal:
            answer = refusal.status, refusal.body
        if record["method"] == "POST" and record["key"]:
            self.keys[scope] = body, answer
        return answer

    def _act(self, record):
        if record["secret"] not in self.merchants:
            raise RefusalError(401, "api_key_expired")
        parts = record["path"].removeprefix("/v1/").split("/")
        if parts[0] == "checkout":
            parts = ["_".join(parts[:2]), *parts[2:]]
        params = record["params"]
        expanded = list(params.pop("expand", {}).values())
        name = "_".join([record["method"].lower(), parts[0], *parts[2:]])
        if len(parts) == 1 and record["method"] == "GET":
            name = f"list_{parts[0]}"
        act = getattr(self, f"_{name}", None)
        if act is None and len(parts) == 2 and record["method"] == "GET":
            item = self._get(parts[1])
        elif act is None:
            raise RefusalError(404, "resource_missing")
        else:
            item = act(*parts[1:2], params)
        return self._show(item, expanded)

    def _list_account(self, _):
        return {"id": self.merchants[self.requests[-1]["secret"]], "object": "account",
                "default_currency": self.currency}  # fmt: skip

    def _list_balance(self, _):
        return {"object": "balance", "livemode": self.livemode}

    def _post_checkout_sessions(self, params):
        session_id = f"cs_live_{next(self._numbers)}"
        return self._add("checkout.session", session_id, mode=params["mode"], status="open",
                         url=f"https://checkout.stripe.test/c/pay/{session_id}#fid", payment_intent=None,
                         setup_intent=None, customer=None, customer_details=None, _params=params)  # fmt: skip

    def _post_checkout_sessions_expire(self, session_id, _):
        if self._get(session_id)["status"] != "open":
            raise RefusalError(400, None)
        self.expire(session_id)
        return self.objects[session_id]

    def _post_payment_intents(self, params):
        if self.decline:
            intent = self._add("payment_intent", "pi", status="requires_payment_method", latest_charge=None,
                               customer=params["customer"], payment_method=None,
                               metadata=params["metadata"],
                               last_payment_error={"decline_code": self.decline})  # fmt: skip
            raise RefusalError(402, "card_declined", "card_error", decline_code=self.decline,
                          payment_intent={"id": intent["id"], "object": "payment_intent"})  # fmt: skip
        return self._hold(int(params["amount"]), params["customer"], params["metadata"])

    def _list_payment_intents(self, params):
        newest_first = reversed(self.list_all("payment_intent"))
        return self._page([item for item in newest_first if item["customer"] == params["customer"]], params)

    def _post_payment_intents_capture(self, intent_id, params):
        intent = self._get(intent_id)
        if intent["status"] != "requires_capture":
            raise RefusalError(400, "payment_intent_unexpected_state")
        if int(params["amount_to_capture"]) != intent["amount"]:
            raise AssertionError("a part of a payment is captured")
        line = self._add("balance_transaction", "txn", reporting_category="charge", amount=intent["amount"],
                         fee=42, net=intent["amount"] - 42, currency="gbp", source=intent["latest_charge"],
                         created=int(time.time()))  # fmt: skip
        self.objects[intent["latest_charge"]]["balance_transaction"] = line["id"]
        return self._set(intent_id, status="succeeded")

    def _post_payment_intents_cancel(self, intent_id, _):
        if self._get(intent_id)["status"] in {"succeeded", "canceled"}:
            raise RefusalError(400, "payment_intent_unexpected_state")
        return self._set(intent_id, status="canceled")

    def _post_refunds(self, params):
        intent = self._get(params["payment_intent"])
        amount = int(params["amount"])
        refunded = sum(refund["amount"] for refund in self.list_all("refund")
                    if refund["payment_intent"] == intent["id"])  # fmt: skip
        if intent["status"] != "succeeded" or refunded + amount > intent["amount"]:
            raise RefusalError(400, "charge_already_refunded")
        return self._add("refund", "re", status="succeeded", amount=amount, payment_intent=intent["id"],
                         metadata=params["metadata"])  # fmt: skip

    def _list_refunds(self, params):
        return self._page(
            [item for item in self.list_all("refund") if item["payment_intent"] == params["payment_intent"]],
            params,
        )

    def _list_payouts(self, params):
        since = int(params.get("created", {}).get("gte", 0))
        newest_first = [item for item in reversed(self.list_all("payout")) if item["created"] >= since]
        return self._page(newest_first, params)

    def _list_balance_transactions(self, params):
        lines = [item for item in self.list_all("balance_transaction")
                 if item.get("_payout") == params["payout"]]  # fmt: skip
        return self._page(lines, params)

    # Objects -----------------------------------------------------------------------------------------------

    def _hold(self, amount, customer, metadata):
        charge = self._add("charge", "ch", payment_method_details={"type": "card", "card": CARD},
                           billing_details=PERSON, balance_transaction=None)  # fmt: skip
        intent = self._add("payment_intent", "pi", amount=amount, status="requires_capture",
                           customer=customer, payment_method="pm_kept" if customer else "pm_once",
                           latest_charge=charge["id"], metadata=metadata)  # fmt: skip
        charge["payment_intent"] = intent["id"]
        return intent

    def _add(self, kind, prefix, **members):
        item_id = prefix if prefix.startswith("cs_") else f"{prefix}_{next(self._numbers)}"
        item = {"id": item_id, "object": kind, "livemode": self.livemode, "created": START, **members}
        self.objects[item_id] = item
        return item

    def _get(self, item_id):
        if item_id not in self.objects:
            raise RefusalError(404, "resource_missing")
        return self.objects[item_id]

    def _set(self, item_id, **members):
        self.objects[item_id].update(members)
        return self.objects[item_id]

    def _page(self, items, params):
        limit, names = int(params.get("limit", 10)), [item["id"] for item in items]
        start, end = 0, limit
        if "starting_after" in params:
            start = names.index(params["starting_after"]) + 1
            end = start + limit
        if "ending_before" in params:
            end = names.index(params["ending_before"])
            start = max(end - limit, 0)
        has_more = start > 0 if "ending_before" in params else end < len(items)
        return {"object": "list", "url": "/v1/x", "data": items[start:end], "has_more": has_more}

    def _show(self, item, expanded):
        members = {name: value for name, value in item.items() if not name.startswith("_")}
        for path in expanded:
            first, _, rest = path.partition(".")
            below = [rest] if rest else []
            if first == "data":
                members["data"] = [self._show(each, below) for each in members["data"]]
            elif isinstance(members.get(first), str):
                members[first] = self._show(self.objects[members[first]], below)
        return members


def nest(pairs):
    """Read Stripe's form encoding: ``a[b][0]=c``."""
    nested = {}
    for name, value in pairs:
        first, *rest = name.replace("]", "").split("[")
        place = nested
        for part in (first, *rest)[:-1]:
            place = place.setdefault(part, {})
        place[(first, *rest)[-1]] = value
    return nested
