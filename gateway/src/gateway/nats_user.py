"""The gateway's user at NATS, by its NKey (`python -m chassis.broker key` makes one)."""

import base64
import binascii

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nats.aio.client import Client

_SEED_LENGTH = 58
_USER = b"\xa0"  # the prefix of a user's public key, which makes its first character a U


class UserClient(Client):
    """A client that logs in as the user of a seed; without a seed, at a server without accounts."""

    def __init__(self, seed: str) -> None:
        super().__init__()
        self._key = _read_seed(seed) if seed else None
        if self._key is not None:
            data = _USER + self._key.public_key().public_bytes_raw()
            checksum = binascii.crc_hqx(data, 0).to_bytes(2, "little")
            self._public_nkey = base64.b32encode(data + checksum).decode()

    def sign(self, nonce: str) -> bytes:
        """Sign what the server sent. Raises RuntimeError without a seed."""
        if self._key is None:
            raise RuntimeError("NATS asks for a key: set GATEWAY_NATS_SEED")
        return base64.b64encode(self._key.sign(nonce.encode()))


def _read_seed(seed: str) -> Ed25519PrivateKey:
    text = seed.strip()
    if len(text) != _SEED_LENGTH or not text.startswith("SU"):
        raise ValueError(
            "GATEWAY_NATS_SEED is not the seed of a user: it begins with SU and has 58 characters"
        )
    return Ed25519PrivateKey.from_private_bytes(base64.b32decode(text + "======")[2:34])
