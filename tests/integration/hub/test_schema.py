"""Every described route, asked with whatever its description allows and forbids: no 500.

The questions are schemathesis' own, made from the OpenAPI document; they go to the application
itself, in this process.
"""

import asyncio
import warnings
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable

with warnings.catch_warnings():
    # Its dependencies announce their own future; ours must stay errors.
    warnings.simplefilter("ignore", DeprecationWarning)
    import schemathesis

from tests.hub_parts import BEARER, HubHome
from tests.integration.hub.route_cases import furnish
from tests.rest_parts import client_of

EXAMPLES = 4
"""For each route and each kind of question, good and bad; the whole takes some twenty seconds."""
MODES = list(schemathesis.GenerationMode)


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


def operations(app: FastAPI) -> list[schemathesis.APIOperation]:
    schema = schemathesis.openapi.from_dict(app.openapi())
    return [found.ok() for found in schema.get_all_operations()]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("mode", MODES)
def test_no_route_fails_whatever_it_is_asked(
    hub: HubHome, app: FastAPI, runner: asyncio.Runner, mode: schemathesis.GenerationMode
) -> None:
    furnish(hub)
    asked = operations(app)
    assert len(asked) > 40
    client = client_of(app, **BEARER)
    statuses: dict[str, dict[int, str]] = {}
    for operation in asked:
        answers = statuses.setdefault(operation.label, {})
        ask(runner, client, operation, mode, answers)
    runner.run(client.aclose())
    statuses.pop("GET /readyz")  # Its 503 is an answer: no ingest runs here.
    assert not [found for each in statuses.values() for found in each.items() if found[0] >= 500]
    # Else it was never asked: the gate lets an administrator in everywhere, edges sign instead.
    refused = {label for label, found in statuses.items() if found.keys() & {401, 405}}
    assert not {label for label in refused if "/edge/" not in label}


def ask(
    runner: asyncio.Runner,
    client: httpx.AsyncClient,
    operation: schemathesis.APIOperation,
    mode: schemathesis.GenerationMode,
    answers: dict[int, str],
) -> None:
    @settings(
        max_examples=EXAMPLES,
        phases=[Phase.generate],
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def one(case: schemathesis.Case) -> None:
        answers[runner.run(send(client, case)).status_code] = case.as_curl_command()

    try:
        one()
    except Unsatisfiable:
        # A route without parameters cannot be asked wrongly.
        assert mode is schemathesis.GenerationMode.NEGATIVE


async def send(client: httpx.AsyncClient, case: schemathesis.Case) -> httpx.Response:
    """Send what was made for a library that names its arguments otherwise."""
    fields = case.as_transport_kwargs(base_url="http://hub")
    body = fields.pop("data", None)
    kept = {name: fields[name] for name in ("method", "url", "params") if name in fields}
    # It also makes up tokens; that the gate refuses them is asked elsewhere.
    kept["headers"] = {
        name: value for name, value in fields["headers"].items() if name.lower() != "authorization"
    }
    if body is not None:
        kept["data" if isinstance(body, dict) else "content"] = body
    return await client.request(json=fields.get("json"), **kept)
