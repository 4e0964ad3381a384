"""Errors, in the form that GoCardless's API has."""

from typing import Any


class ApiError(Exception):
    """A refusal. ``kind``: validation_failed, invalid_api_usage, invalid_state or gocardless."""

    def __init__(self, status: int, kind: str, reason: str, message: str, **links: str) -> None:
        super().__init__(message)
        self.status = status
        self._kind = kind
        self._reason = reason
        self._links = links

    def to_json(self) -> dict[str, Any]:
        """Return the body of the answer."""
        fault: dict[str, Any] = {"reason": self._reason, "message": str(self)}
        if self._links:
            fault["links"] = self._links
        return {
            "error": {
                "type": self._kind,
                "code": self.status,
                "message": str(self),
                "request_id": "simulated",
                "documentation_url": "https://developer.gocardless.com/api-reference#errors",
                "errors": [fault],
            }
        }


def not_found(kind: str) -> ApiError:
    """Make the refusal for something that this account does not have."""
    return ApiError(404, "invalid_api_usage", "resource_not_found", f"This account has no such {kind}")


def invalid(message: str) -> ApiError:
    """Make the refusal of a body that is not valid."""
    return ApiError(422, "validation_failed", "invalid_value", message)


def wrong_state(reason: str, message: str) -> ApiError:
    """Make the refusal of what the state of a thing does not allow."""
    return ApiError(422, "invalid_state", reason, message)
