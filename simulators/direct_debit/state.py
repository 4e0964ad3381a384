"""The state of the simulator: its accounts, their clocks, and the sessions in which they change."""

import asyncio
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from simulators.direct_debit import scheme
from simulators.direct_debit.database import Database, Record, dump
from simulators.direct_debit.errors import ApiError
from simulators.direct_debit.session import AccountSession

_TOKEN = re.compile(r"Bearer (sim_[A-Za-z0-9_-]{1,100})")
_MAX_ACCOUNTS = 1_000


class SimulatorState:
    """The provider at ``url``, which a test may set once it knows the port.

    ``folder``: where the state outlives the process; without one it is in memory. ``now``: the real time.
    ``transport`` carries webhooks: a test may give the application that receives them. ``slow_seconds``: how
    long an answer takes that is to come too late.
    """

    def __init__(self, url: str = "http://localhost:8010", folder: Path | None = None) -> None:
        self.url = url
        self.database = Database(folder)
        self.now: Callable[[], float] = time.time
        self.transport: httpx.AsyncBaseTransport | None = None
        self.webhook_hosts = {"localhost", "127.0.0.1", "::1"}
        self.slow_seconds = 60.0
        self.announced = asyncio.Event()

    def list_accounts(self) -> list[str]:
        """List the accounts by name."""
        return [name for (name,) in self.database.rows("SELECT id FROM account ORDER BY id")]

    def clear_records(self) -> None:
        """Forget what accounts have had: the accounts stay, with their clocks and webhooks."""
        with self.database.transaction():
            self.database.run("DELETE FROM record")
            self.database.run("DELETE FROM answer")

    def open_account(self, authorization: str) -> str:
        """Return the account of an access token; its first use makes it. Raises ApiError."""
        match = _TOKEN.fullmatch(authorization)
        if match is None:
            reason = "Send an access token of the form sim_..."
            raise ApiError(401, "invalid_api_usage", "access_token_not_found", reason)
        name = match[1]
        with self.database.transaction():
            if not self.database.rows("SELECT 1 FROM account WHERE id = ?", name):
                if len(self.list_accounts()) >= _MAX_ACCOUNTS:
                    reason = f"This simulator has {_MAX_ACCOUNTS} accounts already"
                    raise ApiError(429, "invalid_api_usage", "rate_limit_exceeded", reason)
                account: Record = {"sequence": 0, "offset": 0.0, "fixed": None, "webhook": None}
                account |= {"faults": [], "webhook_faults": []}
                self.database.run("INSERT INTO account (id, body) VALUES (?, ?)", name, dump(account))
        return name

    def find_owner(self, kind: str, record_id: str) -> str | None:
        """Find the account that has a record."""
        statement = "SELECT account FROM record WHERE kind = ? AND id = ?"
        rows = self.database.rows(statement, kind, record_id)
        return str(rows[0][0]) if rows else None

    def load_account(self, name: str) -> Record:
        """Return an account. Raises ApiError if there is none of this name."""
        rows = self.database.rows("SELECT body FROM account WHERE id = ?", name)
        if not rows:
            raise ApiError(404, "invalid_api_usage", "resource_not_found", "There is no such account")
        return dict(json.loads(rows[0][0]))

    @contextmanager
    def session(self, name: str) -> Iterator[AccountSession]:
        """Open a session of an account, in which all that is due by its clock has happened."""
        with self.database.transaction():
            account = self.load_account(name)
            session = AccountSession(self.database, name, account, self._read_clock(account))
            scheme.run_due(session)
            yield session
            session.now = self._read_clock(account)
            scheme.run_due(session)
            self.database.run("UPDATE account SET body = ? WHERE id = ?", dump(account), name)
        if session.announced:
            self.announced.set()

    def _read_clock(self, account: Record) -> datetime:
        if account["fixed"]:
            return datetime.fromisoformat(account["fixed"]).astimezone(UTC)
        return datetime.fromtimestamp(self.now(), UTC) + timedelta(seconds=account["offset"])

    def close(self) -> None:
        """Close the state's file."""
        self.database.close()
