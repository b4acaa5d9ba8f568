"""Route of the policy. Source: interface (REST), domain.md ("Every number is a policy value")."""

from enum import StrEnum

from fastapi import APIRouter
from pydantic import BaseModel

from hub.policy import service
from hub.policy.service import PolicyLine, Unit, Value
from hub.web.context import Hub

router = APIRouter(prefix="/api/v1", tags=["policy"])


class Source(StrEnum):
    """Whose value it is."""

    CARRIER = "carrier"
    SHIPPED = "shipped"


class PolicyItem(BaseModel):
    """One value; ``rule`` is what it serves, ``unconfirmed``: the carrier has to confirm it.

    ``unit`` null: a text. Several texts or dates, and the three edges in mm, are a list.
    """

    key: str
    name_zh: str
    name_en: str
    value: Value
    unit: Unit | None
    rule: str
    source: Source
    unconfirmed: bool


class PolicyList(BaseModel):
    """The whole policy in force, in the order of its file; ``unconfirmed`` counts those."""

    items: list[PolicyItem]
    unconfirmed: int


@router.get("/policy")
def get_policy(hub: Hub) -> PolicyList:
    """Every number that a carrier may change, and which of them it has not confirmed."""
    lines = service.read_policy(hub.policy, hub.own_policy_keys)
    return PolicyList(
        items=[_item(line) for line in lines],
        unconfirmed=sum(line.is_unconfirmed for line in lines),
    )


def _item(line: PolicyLine) -> PolicyItem:
    return PolicyItem(
        key=line.key,
        name_zh=line.term.zh,
        name_en=line.term.en,
        value=line.value,
        unit=line.term.unit,
        rule=line.term.rule,
        source=Source.CARRIER if line.is_own else Source.SHIPPED,
        unconfirmed=line.is_unconfirmed,
    )
