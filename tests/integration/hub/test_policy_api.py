"""The policy in force as REST tells it. Source: domain.md (preamble)."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from hub.app import create_app
from hub.config import load_policy_and_own_keys
from tests.hub_parts import BEARER, HubHome
from tests.rest_parts import API, client_of

pytestmark = pytest.mark.anyio
OWN = "[incident]\nlost_h = 48\nself_check_min = 30\n"


@pytest.fixture
async def reader(hub: HubHome, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Who reads from a hub whose carrier has a policy file."""
    path = tmp_path / "policy.toml"
    path.write_text(OWN)
    policy, own_keys = load_policy_and_own_keys(path)
    app = create_app(replace(hub.web(), policy=policy, own_policy_keys=own_keys))
    async with client_of(app, **BEARER) as client:
        yield client


async def test_each_value_is_told_with_its_words_its_source_and_whether_it_is_confirmed(
    reader: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    theirs = (await reader.get(f"{API}/policy")).json()
    shipped = (await admin.get(f"{API}/policy")).json()
    found = {item["key"]: item for item in theirs["items"]}
    assert found["incident.lost_h"] == {
        "key": "incident.lost_h",
        "name_zh": "上报后多久未找到算遗失",
        "name_en": "an escalated parcel counts as lost after",
        "value": 48,
        "unit": "h",
        "rule": "HV-2.11.2",
        "source": "carrier",
        "unconfirmed": False,
    }
    assert found["acceptance.size_mm_max"]["value"] == [2500, 1500, 800]
    assert found["waybill.domestic.pattern"]["unconfirmed"] is True
    # The rules say the hour themselves: it was never open, whoever sets it.
    assert shipped["unconfirmed"] == theirs["unconfirmed"] + 1
