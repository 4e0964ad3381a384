"""Bank account details in text that people typed: they belong to the provider's page and are not stored."""

import re

_GAP = r"[ ./_-]{0,3}"
_SORT_CODE = rf"\d{{2}}{_GAP}\d{{2}}{_GAP}\d{{2}}"
_ACCOUNT = re.compile(
    rf"(?<!\d)(?:{_SORT_CODE}[ ,;:/_-]{{1,3}}\d{{8}}|GB{_GAP}\d{{2}}(?:{_GAP}[A-Z0-9]){{18}})(?![\dA-Z])",
    re.IGNORECASE,
)


def has_bank_details(text: str) -> bool:
    """Check whether a text has a UK sort code with an account number, or a UK IBAN."""
    return _ACCOUNT.search(text) is not None
