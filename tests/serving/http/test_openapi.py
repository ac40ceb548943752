"""What is told of the routes is what they take and give."""

from typing import Any

import jsonschema

from tests.serving.fakes import FakeEngine
from tests.serving.http.asking import Application
from tests.serving.test_batching import in_loop
from topicsmith.serving.http.gate import ROUTES as PASSED
from topicsmith.serving.http.openapi import ROUTES


def schema(path: str, status: str) -> Any:
    return ROUTES[path]["responses"][status]["content"]["application/json"]["schema"]


def test_every_route_is_told() -> None:
    assert {*ROUTES, "/openapi.json"} == PASSED


@in_loop
async def test_answers_are_as_they_are_told() -> None:
    made = Application(FakeEngine(at_once=True))
    await made.service.start()
    _, _, found = await made.ask("POST", "/v1/classify", {"texts": ["x", ""]})
    jsonschema.validate(found, schema("/v1/classify", "200"))
    status, _, found = await made.ask("POST", "/v1/classify", {})
    jsonschema.validate(found, schema("/v1/classify", str(status)))
    _, _, told = await made.ask("GET", "/openapi.json")
    assert set(told["paths"]) == set(ROUTES)
    assert told["paths"]["/v1/classify"]["post"]["requestBody"]["required"]
