"""The gateway's own answers, and their bodies: a problem, or the text of an outside contract's error."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from string import Template
from xml.sax.saxutils import escape

from gateway.contracts import ErrorTemplate
from gateway.render.protos import Json

_STATUS_OF_ENVOY = "%RESPONSE_CODE%"


@dataclass(frozen=True, slots=True)
class LocalReply:
    """An answer of the gateway. ``when`` are its conditions, of which the first is on the status.

    ``keeps_status``: Envoy chose the status, of the same class as ``status``.
    """

    when: list[Json]
    status: int
    code: str
    detail: str
    headers: tuple[tuple[str, str], ...] = ()
    keeps_status: bool = False


def build_problem(reply: LocalReply) -> Json:
    """Build the body of a problem (RFC 9457). Envoy writes the JSON, for the path is a stranger's."""
    content = {
        "type": f"urn:townhall:problem:{reply.code}",
        "title": "Refused by the gateway" if reply.keeps_status else HTTPStatus(reply.status).phrase,
        "status": _STATUS_OF_ENVOY if reply.keeps_status else reply.status,
        "detail": reply.detail,
        "code": reply.code,
        "instance": "%PATH(NQ)%",
    }
    return {"json_format": content, "content_type": "application/problem+json"}


def build_text(reply: LocalReply, template: ErrorTemplate) -> Json:
    """Build the body of an outside contract's error. No word of the request gets into it."""
    quote = _choose_quotes(template.media_type)
    text = Template(_double_percents(template.text)).substitute(
        status=_STATUS_OF_ENVOY if reply.keeps_status else reply.status,
        detail=_double_percents(quote(template.details.get(reply.code, reply.detail))),
        code=_double_percents(quote(find_code(template, reply))),
    )
    return {"text_format_source": {"inline_string": text}, "content_type": template.media_type}


def find_code(template: ErrorTemplate, reply: LocalReply) -> str:
    """Find the contract's own code for an answer: by its status, by the class of statuses, or the house's."""
    by_class = template.codes.get(f"{reply.status // 100}XX", reply.code)
    return template.codes.get(str(reply.status), by_class)


def _choose_quotes(media_type: str) -> Callable[[str], str]:
    return escape if media_type.endswith("xml") else json.dumps


def _double_percents(text: str) -> str:
    """Keep Envoy from taking a percent sign for the beginning of a value."""
    return text.replace("%", "%%")
