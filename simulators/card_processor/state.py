"""The state of the simulator: its database, its accounts, and the sessions in which they change."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx

from simulators.card_processor import timers
from simulators.card_processor.accounts import Account, account_id, open_account
from simulators.card_processor.clock import format_time
from simulators.card_processor.database import Database, dump
from simulators.card_processor.errors import ApiError
from simulators.card_processor.session import AccountSession

_MAX_ACCOUNTS = 10_000
_NEXT_TIMERS = "SELECT id, (SELECT min(due) FROM timer WHERE account = account.id) FROM account"


class SimulatorState:
    """The processor at ``url``, which a test may set once it knows the port.

    ``folder``: where the state outlives the process; without one it is in memory.
    ``now``: the real time, from which the clocks of accounts run.
    ``transport``: carries webhooks; a test may give the application that receives them.
    ``webhook_hosts``: the hosts that webhooks may go to.
    """

    def __init__(self, url: str = "http://localhost:8009", folder: Path | None = None) -> None:
        self.url = url
        self.database = Database(folder)
        self.now: Callable[[], float] = time.time
        self.transport: httpx.AsyncBaseTransport | None = None
        self.webhook_hosts = {"localhost", "127.0.0.1", "::1"}
        self.announced = asyncio.Event()

    def open_account(self, key: str) -> str:
        """Return the id of a secret key's account, which is made at its first use."""
        name = account_id(key)
        if self.database.row("SELECT 1 FROM account WHERE id = ?", name):
            return name
        with self.database.transaction():
            if self.count_accounts() >= _MAX_ACCOUNTS:
                raise ApiError(
                    429, "too_many_accounts", f"This simulator has {_MAX_ACCOUNTS} accounts already"
                )
            account = open_account(key, datetime.fromtimestamp(self.now(), UTC))
            body = dump(account.to_json())
            self.database.run("INSERT INTO account (id, body) VALUES (?, ?)", name, body)
        return name

    def count_accounts(self) -> int:
        """Return how many accounts there are."""
        return int(self.database.rows("SELECT count(*) FROM account")[0][0])

    def load_account(self, name: str) -> Account | None:
        """Return an account as it is now."""
        row = self.database.row("SELECT body FROM account WHERE id = ?", name)
        return Account(**json.loads(row[0])) if row else None

    @contextmanager
    def session(self, name: str) -> Iterator[AccountSession]:
        """Open a session of an account; what is due by its clock has happened, before and after.

        Raises ApiError if there is no such account.
        """
        with self.database.transaction():
            if (account := self.load_account(name)) is None:
                raise ApiError(404, "not_found", "There is no such account")
            before = dump(account.to_json())
            session = AccountSession(self.database, account, self._read_clock(account), self.url)
            timers.run_due(session)
            yield session
            session.now = self._read_clock(account)
            timers.run_due(session)
            if (after := dump(account.to_json())) != before:
                self.database.run("UPDATE account SET body = ? WHERE id = ?", after, name)
        if session.announced:
            self.announced.set()

    def _read_clock(self, account: Account) -> str:
        return format_time(account.read_clock(self.now()))

    def run_timers(self) -> None:
        """Let happen what is due by the clocks of all accounts."""
        for name, due in self.database.rows(_NEXT_TIMERS):
            account = self.load_account(name)
            if account and due and due <= self._read_clock(account):
                with self.session(name):
                    """Opening it is enough."""
