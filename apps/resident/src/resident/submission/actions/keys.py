"""Keys of submissions, and where their pages are."""

from urllib.parse import urlsplit
from uuid import UUID

from chassis.encryption import derive_key, parse_key
from chassis.settings import Settings
from resident.shared.pages import PATH
from resident.submission.rules import make_token, read_token


def seal_key(settings: Settings) -> bytes:
    """Derive the key under which answers wait for casework."""
    return _derive(settings, "submission answers")


def make_path(settings: Settings, council: str, service: str, submission: UUID) -> str:
    """Make the path of a submission's page: who has it may see it, and it says nothing personal."""
    token = make_token(_derive(settings, "submission pages"), submission)
    return f"/{council}/{PATH}/{service}/submissions/{token}"


def make_url(settings: Settings, path: str) -> str:
    """Make the whole address of a path, as people reach the gateway: at the issuer's origin."""
    issuer = urlsplit(str(settings.issuer))
    return f"{issuer.scheme}://{issuer.netloc}{path}"


def find_submission(settings: Settings, token: str) -> UUID:
    """Read which submission a page is of. Raises ValueError for a token that we did not give out."""
    return read_token(_derive(settings, "submission pages"), token)


def _derive(settings: Settings, purpose: str) -> bytes:
    key = parse_key(settings.sealing_key.get_secret_value(), "SEALING_KEY")
    return derive_key(key, purpose)
