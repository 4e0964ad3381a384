"""How the simulator refuses: on a page, on the way back to the client, or to the client itself."""


class PageError(Exception):
    """A request that must not be redirected: the client or its redirect URI is not known."""


class WayBackError(Exception):
    """A request that is refused on the way back to the client (RFC 6749 section 4.1.2.1)."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


class TokenError(Exception):
    """What the token or userinfo endpoint refuses (RFC 6749 section 5.2)."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status
