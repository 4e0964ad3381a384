"""The three ways in which the simulator refuses a request."""


class PageError(Exception):
    """Shown on a page: the client or its redirect URI is unknown, so a redirect would be unsafe."""


class AuthorizationError(Exception):
    """Sent to the client by redirect (RFC 6749 section 4.1.2.1)."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


class TokenError(Exception):
    """Answered by the token or userinfo endpoint (RFC 6749 section 5.2, RFC 6750 section 3)."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status
