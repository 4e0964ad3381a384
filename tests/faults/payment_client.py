"""A council's service and its payers under kills: each repeats what was not answered, under the same key."""

import collections
import itertools
import re
import threading
import time
from dataclasses import dataclass, field

import httpx

API = "/citytown/payments/v1/payments"
PAUSE = 0.1  # seconds before a request is repeated
FORM = {
    "cardNo": "4242424242424242",
    "expiryMonth": "11",
    "expiryYear": "40",
    "cardholderName": "Ann Payer",
    "cvc": "123",
    "addressLine1": "1 High Street",
    "addressCity": "Citytown",
    "addressPostcode": "BA1 1LJ",
    "addressCountry": "GB",
    "email": "ann@payer.example",
}


class StoppedError(Exception):
    """The test is over while something was under way."""


@dataclass
class Record:
    """What the processes of this council acknowledged: ids by Idempotency-Key."""

    payments: dict = field(default_factory=lambda: collections.defaultdict(set))
    refunds: dict = field(default_factory=lambda: collections.defaultdict(set))
    failures: collections.Counter = field(default_factory=collections.Counter)
    journeys: int = 0


class PaymentClient(threading.Thread):
    """Has one payment after another created, paid and partly refunded."""

    def __init__(self, url, key, record, name):
        super().__init__(daemon=True, name=name)
        self.http = httpx.Client(base_url=url, timeout=10, trust_env=False)
        self.headers, self.record = {"X-Api-Key": key}, record
        self.stopping, self.finishing = threading.Event(), threading.Event()
        self.error = None

    def run(self):
        try:
            for number in itertools.count():
                if self.finishing.is_set():
                    return
                self.make_journey(f"{self.name}-{number}")
                self.record.journeys += 1
        except StoppedError:
            return
        except Exception as error:  # noqa: BLE001 - the test raises it
            self.error = error
        finally:
            self.http.close()

    def make_journey(self, key):
        body = {
            "amount": 1_000,
            "reference": key,
            "description": "A lost book",
            "return_url": "https://library.example/paid",
        }
        payment = self.ask("POST", API, key, body)["payment_id"]
        self.record.payments[key].add(payment)
        # The same answer again, as a client does that has forgotten the first.
        self.record.payments[key].add(self.ask("POST", API, key, body)["payment_id"])
        while self.ask("GET", f"{API}/{payment}")["refund_summary"]["status"] != "available":
            self.pay(payment)
        refund = {"amount": 300}
        for _ in range(2):
            answer = self.ask("POST", f"{API}/{payment}/refunds", f"{key}-refund", refund)
            self.record.refunds[f"{key}-refund"].add(answer["refund_id"])

    def ask(self, method, path, key=None, body=None):
        """Ask until there is an answer."""
        headers = {**self.headers, **({"Idempotency-Key": key} if key else {})}
        while True:
            response = self.send(method, path, headers=headers, json=body)
            if response is not None and response.status_code < 300:
                return response.json()
            assert response is None or response.status_code in {429, 500, 502, 503, 504}, response.text
            time.sleep(PAUSE)

    def send(self, method, path, **options):
        """Send a request once; None if nobody answered."""
        if self.stopping.is_set():
            raise StoppedError
        try:
            response = self.http.request(method, path, **options)
        except httpx.TransportError as error:
            self.record.failures[type(error).__name__] += 1
            return None
        if response.status_code >= 500:
            self.record.failures[response.status_code] += 1
        return response

    def pay(self, payment):
        """Do the payer's next step, as far as the pages answer."""
        body = self.ask("GET", f"{API}/{payment}")
        link = body["_links"].get("next_url")
        if body["state"]["finished"] or link is None:
            time.sleep(PAUSE)  # it is captured meanwhile
            return
        path = "/" + link["href"].split("/", 3)[3]
        page = self.send("GET", path, follow_redirects=True)
        card_page = f"/citytown/payments/card_details/{payment}"
        if page is not None and (token := find_token(page)) and "cardNo" in page.text:
            page = self.send("POST", card_page, data={"csrf": token, **FORM}, follow_redirects=True)
        if page is not None and (token := find_token(page)) and f"{card_page}/confirm" in page.text:
            self.send("POST", f"{card_page}/confirm", data={"csrf": token})
        time.sleep(PAUSE)


def find_token(page):
    """Find the token of a page's form."""
    match = re.search(r'name="csrf" value="([^"]+)"', page.text)
    return match and match[1]
