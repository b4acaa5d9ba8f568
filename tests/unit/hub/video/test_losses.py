"""Is a segment's file still to be had? A good copy at the hub outweighs all else."""

from itertools import product
from typing import Any

import pytest

from hub.video.rules.losses import DAMAGED, DELETED, GONE, loss_of

WELL: dict[str, Any] = {
    "is_stored": False,
    "is_damaged_here": False,
    "gone_reason": None,
    "is_damaged_there": False,
    "is_deleted": False,
}


def test_what_nobody_told_anything_bad_of_is_to_be_had() -> None:
    assert loss_of(**WELL) is None


@pytest.mark.parametrize(
    ("told", "loss"),
    [
        ({"is_damaged_here": True}, DAMAGED),
        ({"is_damaged_there": True}, DAMAGED),
        ({"gone_reason": "changed"}, DAMAGED),
        ({"gone_reason": "missing"}, DAMAGED),
        ({"gone_reason": "not_kept"}, DAMAGED),
        ({"gone_reason": "deleted"}, DELETED),
        ({"is_deleted": True}, DELETED),
        ({"is_deleted": True, "is_damaged_there": True}, DAMAGED),
        ({"gone_reason": "no_cameras"}, GONE),
        ({"gone_reason": "whatever an edge says"}, GONE),
    ],
)
def test_each_loss_has_its_reason(told: dict[str, Any], loss: str) -> None:
    assert loss_of(**{**WELL, **told}) == loss


def test_a_good_copy_at_the_hub_is_a_good_copy_whatever_became_of_the_edges() -> None:
    for here, there, deleted in product((True, False), repeat=3):
        for gone in (None, "changed", "deleted"):
            told = {"is_damaged_here": here, "is_damaged_there": there, "is_deleted": deleted}
            assert loss_of(**{**WELL, **told, "gone_reason": gone, "is_stored": True}) is None
