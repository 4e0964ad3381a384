"""One-time codes: by e-mail and SMS, from an authenticator app, and recovery codes on paper."""

import hashlib
import hmac
import secrets

import pyotp

from chassis import encryption

DIGITS = 6
CODE_SECONDS = 600
MAX_ATTEMPTS = 5
RECOVERY_CODES = 10
_STEP = 30  # seconds, RFC 6238
_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: none that look alike
_HALF = 5
_NOTHING = bytes(32)


def create_code() -> str:
    """Create six random digits."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"


def read_digits(typed: str) -> str:
    """Read the digits of a code: people type spaces and hyphens between them."""
    return typed.replace(" ", "").replace("-", "")[: DIGITS + 1]


def compute_hmac(key: bytes, *parts: str | bytes) -> bytes:
    """Compute an HMAC of some parts: a code has too few values for a plain hash."""
    mac = hmac.new(key, digestmod=hashlib.sha256)
    for part in parts:
        raw = part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
        mac.update(len(raw).to_bytes(4) + raw)
    return mac.digest()


def is_same(typed: bytes, code_hmac: bytes | None) -> bool:
    """Compare two HMACs in constant time; None, of a code that was never sent, takes as long."""
    equal = hmac.compare_digest(typed, code_hmac or _NOTHING)
    return equal and code_hmac is not None


def create_recovery_codes() -> list[str]:
    """Create ten codes of 50 bits: ``7k2mq-x9w4d``."""
    return ["-".join(_half() for _ in range(2)) for _ in range(RECOVERY_CODES)]


def _half() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_HALF))


def read_recovery_code(typed: str) -> str:
    """Read a recovery code, whatever was typed for the hyphen and for letters that look alike."""
    plain = typed.lower().replace(" ", "").replace("-", "")[: 2 * _HALF + 1]
    plain = plain.translate(str.maketrans("oil", "011"))
    return f"{plain[:_HALF]}-{plain[_HALF:]}"


def create_secret() -> str:
    """Create the secret that an authenticator app shares: 160 bits, base32 (RFC 4226 section 4)."""
    return pyotp.random_base32()


def seal(key: bytes, secret: str, owner: bytes) -> bytes:
    """Seal a secret, bound to its owner, so that two rows cannot be exchanged."""
    return encryption.seal(key, secret.encode(), owner)


def unseal(key: bytes, sealed: bytes, owner: bytes) -> str:
    """Open a sealed secret. Raises ValueError when another master key sealed it."""
    try:
        return encryption.unseal(key, sealed, owner).decode()
    except encryption.WrongKeyError as error:
        raise ValueError("the master key does not open an authenticator's secret") from error


def find_time_step(secret: str, code: str, now: float) -> int | None:
    """Find the time step whose code this is: the present one, or one beside it since clocks differ."""
    app = pyotp.TOTP(secret)
    matching = None
    for step in range(int(now) // _STEP - 1, int(now) // _STEP + 2):
        if hmac.compare_digest(app.generate_otp(step).encode(), code.encode("utf-8", "surrogatepass")):
            matching = step
    return matching


def build_app_uri(secret: str, address: str, issuer: str) -> str:
    """Build the URI in the QR code that sets up an authenticator app."""
    return pyotp.TOTP(secret).provisioning_uri(name=address, issuer_name=issuer)
