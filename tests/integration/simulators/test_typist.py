"""Somebody types on a station page: a form, and the station's word about it."""

import gc
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from websockets.sync.server import ServerConnection, serve

from edge.forms import DeliverForm, SelfCheckForm, parse_page_message
from simulators.typist import FRAMES_MAX, Typist, TypistError

WAYBILL = "103000000001"


@contextmanager
def station(talk: Callable[[ServerConnection], None]) -> Iterator[Typist]:
    before = set(threading.enumerate())
    with serve(talk, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        port = server.socket.getsockname()[1]
        try:
            yield Typist(f"http://127.0.0.1:{port}/")
        finally:
            server.shutdown()
            for each in set(threading.enumerate()) - before:
                each.join(5)  # those of the connections, too
            gc.collect()  # the server leaves its selector to the collector


def answer(recorded: bool, reason: str | None = None) -> Callable[[ServerConnection], None]:
    def talk(page: ServerConnection) -> None:
        page.send(json.dumps({"type": "state"}))
        key = json.loads(page.recv())["key"]
        page.send(json.dumps({"type": "answer", "key": "another's", "recorded": False}))
        told = {"type": "answer", "key": key, "recorded": recorded, "reason": reason}
        page.send(json.dumps(told))

    return talk


def test_forms_are_those_that_a_station_reads_and_a_search_has_all_its_lines_ticked() -> None:
    forms: list[object] = []
    checks = [{"id": "dock"}, {"id": "cage"}]

    def talk(page: ServerConnection) -> None:
        page.send(json.dumps({"type": "state", "tasks": []}))
        tasks = [{"incident": 6, "checks": []}, {"incident": 7, "checks": checks}]
        page.send(json.dumps({"type": "state", "tasks": tasks}))
        form = parse_page_message(str(page.recv()))
        forms.append(form)
        assert isinstance(form, DeliverForm | SelfCheckForm)
        page.send(json.dumps({"type": "answer", "key": form.key, "recorded": True}))

    with station(talk) as typist:
        typist.sign(WAYBILL, "ID-00000001")
        typist.answer_search("desk-1", 7, found=False)
    sign, search = forms
    assert isinstance(sign, DeliverForm)
    assert (sign.waybill, sign.signer_id) == (WAYBILL, "ID-00000001")
    assert isinstance(search, SelfCheckForm)
    assert (search.device, search.incident, search.found) == ("desk-1", 7, False)
    assert search.checks == ("dock", "cage")


def test_a_form_that_is_not_recorded_is_an_error_with_its_reason() -> None:
    with station(answer(recorded=True)) as typist:
        typist.sign(WAYBILL, "ID-1")
    with (
        station(answer(recorded=False, reason="not_delivered")) as typist,
        pytest.raises(TypistError, match="not_delivered"),
    ):
        typist.sign(WAYBILL, "ID-1")


def test_a_page_that_only_shows_states_is_given_up() -> None:
    def talk(page: ServerConnection) -> None:
        for _ in range(FRAMES_MAX):
            page.send(json.dumps({"type": "state"}))

    with station(talk) as typist, pytest.raises(TypistError, match="never answered"):
        typist.sign(WAYBILL, "ID-1")


def test_a_page_that_is_not_there_is_an_error() -> None:
    with pytest.raises(TypistError, match="did not answer"):
        Typist("http://127.0.0.1:1/").sign(WAYBILL, "ID-1")


def test_a_page_that_hangs_up_is_an_error() -> None:
    with (
        station(lambda page: page.close()) as typist,
        pytest.raises(TypistError, match="did not answer"),
    ):
        typist.sign(WAYBILL, "ID-1")
