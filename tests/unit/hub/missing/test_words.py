"""What the evidence says in words."""

import pytest

from hub.missing.rules.words import percent


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.37, "37%"), (0.01, "1%"), (0.0042, "0.4%"), (0.001, "0.1%"), (0.00001, "<0.1%")],
)
def test_a_small_share_is_not_called_none(share: float, said: str) -> None:
    assert percent(share) == said
