"""How the processor refuses a request."""


class ApiError(Exception):
    """A request that is refused: a status, a code for programs, and a reason for people."""

    def __init__(self, status: int, code: str, reason: str, field: str | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.code = code
        self.reason = reason
        self.field = field

    def to_json(self) -> dict[str, str]:
        """Return the body of the answer."""
        members = {"code": self.code, "reason": self.reason}
        return {**members, "field": self.field} if self.field else members
