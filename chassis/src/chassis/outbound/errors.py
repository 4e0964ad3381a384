"""What can be wrong with a call. Each error says what, where and what to do; none holds a secret."""


class OutboundError(Exception):
    """A call that did not succeed.

    The text says what is wrong, may be shown to whoever named the URI, and reads on after it ("jwks_uri must
    be https"). ``host`` says where. Neither holds a path, a query or a header.
    """

    outcome = "failed"
    """The error's name in metrics."""
    remedy = "Look at the host's own log and status page."
    is_temporary = False
    """Whether the same call may succeed later."""
    blames_host = False
    """Whether it counts towards the host's circuit breaker."""

    def __init__(self, reason: str, host: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.host = host
        self.retry_after = retry_after
        """Seconds after which the host, or its circuit breaker, wants to be asked again."""

    def explain(self) -> str:
        """Say in sentences what is wrong, where, and what to do: for a log."""
        return f"{self.host or 'The server'} {self}. {self.remedy}"


class ForbiddenTargetError(OutboundError):
    """The URI leads where this call may not go."""

    outcome = "forbidden"
    remedy = "Use an https URI of a host on the public internet."


class InvalidRequestError(OutboundError):
    """The request cannot be written as HTTP."""

    outcome = "invalid"
    remedy = "Correct the value of ours that went into a header."


class UnreachableError(OutboundError):
    """No connection: no such name, or nobody listens."""

    outcome = "unreachable"
    remedy = "Check its name in DNS, its port, and the firewalls between."
    is_temporary = True
    blames_host = True


class CertificateError(OutboundError):
    """The host's certificate is of another name, a stranger's, or out of date."""

    outcome = "certificate"
    remedy = "Check its name, its dates, and that OUTBOUND_CA or the system names its CA."


class TimedOutError(OutboundError):
    """The time for the whole call is over."""

    outcome = "timeout"
    remedy = "Try later; if it goes on, the host is too slow, or a firewall swallows the connection."
    is_temporary = True
    blames_host = True


class BrokenResponseError(OutboundError):
    """The response breaks off, or is not HTTP."""

    outcome = "broken"
    is_temporary = True
    blames_host = True


class TooLargeError(OutboundError):
    """The response is larger than the caller takes."""

    outcome = "too-large"
    remedy = "Publish a smaller document."


class TooManyRedirectsError(OutboundError):
    """The host redirects more often than the caller follows."""

    outcome = "redirects"
    remedy = "Use the URI that the redirects end at."


class StatusError(OutboundError):
    """The response is not a success. Its ``status`` says what it is."""

    outcome = "status"

    def __init__(self, status: int, host: str = "", *, retry_after: float | None = None) -> None:
        reason = f"answered {status}, not 200 (redirects are not followed)"
        super().__init__(reason, host, retry_after=retry_after)
        self.status = status


class CircuitOpenError(OutboundError):
    """The host failed so often in a row that it is left alone for a while."""

    outcome = "circuit-open"
    remedy = "Wait; one call is let through to see whether the host is back."
    is_temporary = True


class BusyError(OutboundError):
    """The time ran out behind other calls of this process."""

    outcome = "busy"
    remedy = "Find out which host is slow, or raise OUTBOUND_AT_ONCE."
    is_temporary = True
