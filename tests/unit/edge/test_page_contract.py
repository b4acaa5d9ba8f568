"""The states that the browser tests show are ones that an edge can send, field by field."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from edge.page_state import PageState, encode_page
from edge.station_page import draw_page
from tests.browser import station_states as states
from tests.unit.edge.fakes import Desk

State = dict[str, Any]
MADE: list[Callable[[], State]] = [
    states.base,
    states.first_start,
    states.recorded,
    states.wanted,
    states.wanted_entry,
    states.stop,
    states.warn,
    states.no_effect,
    states.reject,
    states.not_recorded,
    states.command,
    states.handover,
    lambda: states.handover({}),
    states.handed_over,
    states.one_sided,
    states.with_search,
    states.with_searches,
    states.with_signers,
]


@pytest.mark.parametrize("make", MADE)
def test_a_shown_state_is_one_of_the_edge(make: Callable[[], State]) -> None:
    state = {"n": 1, **make()}
    read = msgspec.convert(state, PageState)
    sent: State = msgspec.json.decode(encode_page(read))
    assert sent == state


def test_every_field_of_a_state_is_shown_to_the_browser_tests() -> None:
    drawn: State = msgspec.json.decode(encode_page(draw_page(Desk().core, 1, Desk().clock)))
    assert set(drawn) == {"n", *states.base()}
