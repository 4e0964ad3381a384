"""One-time codes: by e-mail, from an authenticator app, on paper."""

import hashlib
import hmac
import os
import secrets

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

DIGITS = 6
CODE_SECONDS = 600
TRIES = 5
RECOVERY_CODES = 10
_NONCE = 12
_STEP = 30  # seconds, RFC 6238
_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: none that look alike
_HALF = 5
_NOTHING = bytes(32)


def by_mail() -> str:
    """Six digits."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"


def digits(typed: str) -> str:
    """What was meant: people type blanks and hyphens between the digits."""
    return typed.replace(" ", "").replace("-", "")[: DIGITS + 1]


def digest(key: bytes, *parts: str | bytes) -> bytes:
    """HMAC: a code has too few values for a plain hash."""
    mac = hmac.new(key, digestmod=hashlib.sha256)
    for part in parts:
        raw = part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
        mac.update(len(raw).to_bytes(4) + raw)
    return mac.digest()


def same(shown: bytes, stored: bytes | None) -> bool:
    """Constant-time; a code that was never sent costs what a wrong one costs."""
    equal = hmac.compare_digest(shown, stored or _NOTHING)
    return equal and stored is not None


def recovery() -> list[str]:
    """Ten codes of 50 bits: ``7k2mq-x9w4d``."""
    return ["-".join(_half() for _ in range(2)) for _ in range(RECOVERY_CODES)]


def _half() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_HALF))


def recovery_as_meant(typed: str) -> str:
    """A code as it was shown, whatever was typed for the hyphen and for letters that look alike."""
    plain = typed.lower().replace(" ", "").replace("-", "")[: 2 * _HALF + 1]
    plain = plain.translate(str.maketrans("oil", "011"))
    return f"{plain[:_HALF]}-{plain[_HALF:]}"


def new_secret() -> str:
    """A shared secret for an authenticator app: 160 bits, base32 (RFC 4226 section 4)."""
    return pyotp.random_base32()


def seal(key: bytes, secret: str, owner: bytes) -> bytes:
    """AES-256-GCM, bound to the account, so that two rows cannot be exchanged."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, secret.encode(), owner)


def unseal(key: bytes, sealed: bytes, owner: bytes) -> str:
    """Raises ValueError when another master key sealed it."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], owner).decode()
    except InvalidTag as error:
        raise ValueError("the master key does not open an authenticator's secret") from error


def step_of(secret: str, code: str, now: float) -> int | None:
    """The time step whose code this is: the present one, or one beside it since clocks differ."""
    app = pyotp.TOTP(secret)
    found = None
    for step in range(int(now) // _STEP - 1, int(now) // _STEP + 2):
        if hmac.compare_digest(app.generate_otp(step).encode(), code.encode("utf-8", "surrogatepass")):
            found = step
    return found


def app_uri(secret: str, address: str, issuer: str) -> str:
    """What the QR code says."""
    return pyotp.TOTP(secret).provisioning_uri(name=address, issuer_name=issuer)
