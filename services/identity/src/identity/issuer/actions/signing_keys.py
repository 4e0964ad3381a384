"""The issuer in one process: its signing keys, kept up to date, and what it derives and signs with them."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row

from chassis.clock import unix_time
from chassis.database import Database, ReadSession, Session
from chassis.problems import Problem
from chassis.rates import ConcurrencyLimiter, LocalLimiter
from identity.issuer import store
from identity.settings import Settings
from identity.shared.outages import DATABASE_UNAVAILABLE
from identity.shared.rules import crypto, tokens

log = logging.getLogger(__name__)


def _master(settings: Settings) -> bytes:
    """Parse the master key. Raises ValueError, saying what to do, when it is missing or not 32 bytes."""
    text = settings.master_key.get_secret_value()
    if not text:
        raise ValueError("IDENTITY_MASTER_KEY is not set; give it 32 random bytes as URL-safe base64")
    return crypto.parse_master_key(text)


class Issuer:
    """Signs what this process issues. ``clock`` returns Unix seconds; tests pass their own."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = unix_time) -> None:
        master = _master(settings)
        self.settings = settings
        self.clock = clock
        self._sealing_key = crypto.derive_subkey(master, "signing keys")
        self._secret_key = crypto.derive_subkey(master, "client secrets")
        self.subject_key = crypto.derive_subkey(master, "pairwise subjects")
        self.keys: tuple[crypto.SigningKey, ...] = ()
        self.client_limiter = LocalLimiter(settings.limit_client, replicas=settings.replicas)
        self.sign_in_limiter = LocalLimiter(settings.limit_sign_in, replicas=settings.replicas)
        self.sign_in_slots = ConcurrencyLimiter(
            settings.pool_size, settings.limit_sign_in.quota
        )  # half of the pool's connections

    @property
    def url(self) -> str:
        return self.settings.issuer

    @property
    def is_local(self) -> bool:
        """Whether this runs on a laptop: anywhere else the issuer is at https."""
        return self.settings.issuer.startswith("http://")

    @property
    def token_url(self) -> str:
        return f"{self.settings.issuer}token"

    def list_published_keys(self) -> list[dict[str, Any]]:
        """List the public keys (JWKs) with which signatures are checked now."""
        in_use = crypto.list_published(self._require_keys(), self.clock(), tokens.ACCESS_SECONDS)
        return [key.public for key in in_use]

    def list_keys(self) -> list[dict[str, Any]]:
        """List the public keys of all our signatures since the rotation before last."""
        return [key.public for key in self._require_keys()]

    def select_key(self, algorithm: str = crypto.ES256) -> crypto.SigningKey:
        """Select the key that signs now."""
        return crypto.select_signer(self._require_keys(), self.clock(), algorithm)

    def get_key(self, kid: str) -> crypto.SigningKey:
        """Get a key by its id. Raises LookupError."""
        for key in self._require_keys():
            if key.kid == kid:
                return key
        raise LookupError(f"there is no signing key {kid}")

    def sign_token(self, key: crypto.SigningKey, token_type: str, grant: tokens.TokenContent) -> str:
        """Sign a token of a client, or an API key."""
        return tokens.sign_jwt(key, token_type, tokens.build_claims(grant, self.url, self.settings.audience))

    def derive_secret(self, client_id: str, generation: int) -> str:
        """Derive a client's secret, so that it need not be stored."""
        return crypto.derive_client_secret(self._secret_key, client_id, generation)

    @staticmethod
    def to_datetime(seconds: float) -> datetime:
        """Turn Unix seconds into a time in UTC."""
        return datetime.fromtimestamp(seconds, UTC)

    def now(self) -> datetime:
        """The time now in whole seconds, as tokens have it."""
        return self.to_datetime(int(self.clock()))

    async def load_keys(self, session: ReadSession) -> None:
        """Load the signing keys from the database.

        The session must see across councils. Raises WrongMasterKeyError.
        """
        loaded = {key.kid: key for key in self.keys}
        rows = await store.list_keys(session)
        self.keys = tuple(self._open_key(row, loaded.get(row.kid)) for row in rows)

    async def ensure_keys(self, session: Session) -> None:
        """Load the signing keys, and add the first of each algorithm if there is none."""
        await session.set_all_councils()
        await self.load_keys(session)
        if self._list_missing_algorithms():
            await store.lock_keys(session)
            await self.load_keys(session)
        for algorithm in self._list_missing_algorithms():  # signs at once, also where clocks are behind
            await self._add_key(session, algorithm, signs_after=-crypto.GRACE_SECONDS)

    async def rotate_keys(self, session: Session) -> bool:
        """Add the next keys, which sign after ``key_lead`` seconds, and delete those no longer needed.

        False, and nothing changes, while a next key is waiting already.
        """
        await session.set_all_councils()
        await store.lock_keys(session)
        await self.load_keys(session)
        now = self.clock()
        if crypto.find_pending(self.keys, now) is not None:
            return False
        await store.erase_private_keys(session, crypto.list_erasable(self.keys, now))
        in_use = crypto.list_published(self.keys, now, tokens.ACCESS_SECONDS)
        await store.delete_others(session, [key.kid for key in in_use])
        for algorithm in crypto.ALGORITHMS:
            await self._add_key(session, algorithm, signs_after=self.settings.key_lead)
        return True

    async def follow_keys(self, database: Database) -> None:
        """Load the keys again for ever; while the database is away, keep those there are.

        A new key is published long before it signs, so a look now and then is enough.
        """
        while True:
            await asyncio.sleep(self.settings.key_poll)
            try:
                async with database.writing() as session:
                    await self.ensure_keys(session)
            except (*DATABASE_UNAVAILABLE, crypto.WrongMasterKeyError) as error:
                log.warning("the signing keys cannot be read: %s", error)

    def _list_missing_algorithms(self) -> list[str]:
        """List the algorithms there is no key for yet."""
        return [
            algorithm
            for algorithm in crypto.ALGORITHMS
            if algorithm not in {key.algorithm for key in self.keys}
        ]

    async def _add_key(self, session: Session, algorithm: str, *, signs_after: float) -> None:
        kid, public, private = await asyncio.to_thread(crypto.generate_key, algorithm)
        sealed = crypto.seal_key(self._sealing_key, kid, private)
        now = self.to_datetime(self.clock())
        begins = now + timedelta(seconds=signs_after)
        await store.add_key(session, kid, public, sealed, now, begins, algorithm)
        await self.load_keys(session)

    def _open_key(self, row: Row[Any], loaded: crypto.SigningKey | None) -> crypto.SigningKey:
        private = None
        if row.sealed is not None:  # unsealed once in each process
            private = (loaded and loaded.private) or crypto.unseal_key(self._sealing_key, row.kid, row.sealed)
        until = row.api_keys_until and row.api_keys_until.timestamp()
        return crypto.SigningKey(
            row.kid, row.public, private, row.signs_from.timestamp(), until, row.algorithm
        )

    def _require_keys(self) -> Sequence[crypto.SigningKey]:
        if not self.keys:
            detail = "The issuer has no signing key yet: its database cannot be reached. Try again."
            raise Problem(503, "issuer-unavailable", detail, headers={"Retry-After": "2"})
        return self.keys
