"""Hot reads: answered before routes are tried, for nobody whom the route would refuse."""

from dataclasses import replace
from typing import Annotated

import pytest
from fastapi import APIRouter, Request, Response
from opentelemetry import trace

from chassis.app import build, create_app
from chassis.auth import Caller, permission, public
from chassis.hot_reads import HotRead, ReadyResponse
from chassis.problems import Problem
from chassis.testing import running

SIGNED, OPEN = "/{council}/notes/v1/signed", "/{council}/notes/v1/open-to-all"
router = APIRouter()
calls: list[str] = []


@router.get(SIGNED)
async def read_signed(council: str, caller: Annotated[Caller, permission("notes:read")]) -> str:
    return f"route of {council} for {caller.subject}"


@router.get(OPEN)
async def read_open(council: str, _: Annotated[None, public]) -> str:
    return f"route of {council}"


@router.get("/{council}/notes/v1/unguarded")
async def read_unguarded(council: str) -> str:
    return council


async def answer(request: Request, caller: Caller | None) -> Response | None:
    calls.append(request.path_params["council"])
    if "decline" in request.query_params:
        return None
    if "refuse" in request.query_params:
        raise Problem(400, "hot-refusal", "The hot read refuses.")
    if "break" in request.query_params:
        raise ValueError("broken")
    name = "everybody" if caller is None else caller.subject
    trace_id = trace.get_current_span().get_span_context().trace_id
    return ReadyResponse(200, [(b"content-length", b"%d" % len(name)), (b"x-trace", b"%032x" % trace_id)],
                         name.encode())  # fmt: skip


def with_reads(service, *paths):
    reads = [HotRead(path, answer) for path in paths]
    return replace(service, routers=[*service.routers, router], hot_reads=reads)


@pytest.fixture(scope="module")
async def hot(service, settings):
    noted = with_reads(service, OPEN, SIGNED)
    async with running(create_app(noted, settings)) as client:
        yield client


@pytest.fixture(autouse=True)
def _forget():
    calls.clear()


def path_of(template, council="citytown"):
    return template.format(council=council)


async def test_a_hot_read_answers_with_the_caller_that_its_route_requires(hot, mint):
    key = mint(scopes=["notes:read"], sub="rosa")
    assert (await hot.get(path_of(SIGNED), headers={"X-Api-Key": key})).text == "rosa"
    assert (await hot.get(path_of(OPEN))).text == "everybody"
    assert calls == ["citytown", "citytown"]


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        (None, 401),
        ({"scopes": ["notes:write"]}, 403),
        ({"scopes": ["notes:read"], "councils": ["hillshire"]}, 403),
        ({"scopes": ["notes:read"], "exp": 1}, 401),
        ({"scopes": ["notes:read"], "act": {"sub": "ben"}, "mandate": "m", "theme": "waste"}, 403),
    ],
    ids=["stranger", "other scope", "other council", "expired", "delegate"],
)
async def test_whom_the_route_refuses_the_hot_read_never_sees(hot, mint, claims, status):
    headers = {} if claims is None else {"X-Api-Key": mint(**claims)}
    response = await hot.get(path_of(SIGNED), headers=headers)
    assert response.status_code == status
    assert response.json()["code"]
    assert not calls


async def test_a_council_that_is_not_known_is_left_to_the_route(hot):
    assert (await hot.get(path_of(OPEN, "nowhere"))).status_code == 404
    assert not calls


@pytest.mark.parametrize("word", ["break", "decline", "refuse"])
async def test_what_a_hot_read_does_not_answer_its_route_does(hot, word):
    response = await hot.get(path_of(OPEN), params={word: "1"})
    assert (response.status_code, response.json()) == (200, "route of citytown")
    assert calls == ["citytown"]


async def test_other_methods_are_for_routes(hot):
    assert (await hot.post(path_of(OPEN))).status_code == 405
    assert not calls


async def test_a_hot_read_is_measured_by_its_route_and_has_a_trace(hot):
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    first, second = await hot.get(path_of(OPEN)), await hot.get(path_of(OPEN))
    assert int(first.headers["x-trace"], 16)
    assert first.headers["x-trace"] != second.headers["x-trace"]
    followed = await hot.get(path_of(OPEN), headers={"traceparent": parent})
    assert followed.headers["x-trace"] == parent.split("-")[1]
    metrics = (await hot.get("/metrics")).text
    assert f'http_response_status_code="200",http_route="{OPEN}"' in metrics


@pytest.mark.parametrize(
    ("path", "fault"), [("/{council}/nothing", "no route"), ("/{council}/notes/v1/unguarded", "neither")]
)
async def test_a_hot_read_needs_a_route_that_says_who_may(service, settings, path, fault):
    noted = with_reads(service, path)
    with pytest.raises(ValueError, match=fault):
        async with running(create_app(noted, settings)):
            pass


def test_a_service_without_hot_reads_has_no_layer_for_them(service):
    names = [each.cls.__name__ for each in build(service).user_middleware]
    assert "HotReads" not in names
    assert "Telemetry" in names
