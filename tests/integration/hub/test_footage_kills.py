"""Footage from edges, with a kill anywhere: no byte that was told to be there is lost.

Source: design section 8, promise P2.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection

from hub.access.service import find_edge
from hub.db.engine import Database
from hub.video import media_shelf, receiving
from hub.video.media import (
    FileStatus,
    path_of,
)
from hub.video.media_shelf import MediaShelf, PartFile
from hub.video.receiving import take_part
from ledger.signing import open_sealed
from tests.hub_parts import HubHome, SigningEdge
from tests.integration.hub.footage_uploads import (
    FILM,
    FILM_SHA256,
    order,
    sealed_part,
    state_of,
)
from wire.limits import FOOTAGE_MESSAGE_BYTES_MAX
from wire.messages import FootagePart

HALF = len(FILM) // 2


def film_at(hub: HubHome) -> Path:
    return path_of(hub.data_dir, FILM_SHA256)


def footage_files(hub: HubHome) -> list[str]:
    folder = hub.data_dir / "footage"
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


class KilledError(BaseException):
    """The program ends here: what is on disk and in the database stays as it is."""


class Deaths:
    """Lets a request die before, or after, the n-th of the acts that others can see."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: int, *, after: bool) -> None:
        self._left, self._after = at, after
        for owner, name in (
            (PartFile, "append"),
            (PartFile, "take_name"),
            (PartFile, "discard"),
            (receiving, "note_have"),
            (receiving, "note_stored"),
            (receiving, "note_wrong"),
        ):
            as_it_is: Callable[..., object] = getattr(owner, name)
            monkeypatch.setattr(owner, name, self._dying(as_it_is))

    def _dying(self, act: Callable[..., object]) -> Callable[..., object]:
        def dies(*given: object, **named: object) -> object:
            self._left -= 1
            if self._left == 0 and not self._after:
                raise KilledError
            done = act(*given, **named)
            if self._left == 0:
                raise KilledError
            return done

        return dies


ACTS = 5
"""Of a file in two parts: write, record; write, name, record."""


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", range(1, ACTS + 1))
def test_a_kill_anywhere_costs_no_byte_that_was_told_to_be_there(
    hub: HubHome, edge: SigningEdge, monkeypatch: pytest.MonkeyPatch, at: int, after: bool
) -> None:
    order(hub)
    told = 0
    with monkeypatch.context() as patched:
        Deaths(patched, at, after=after)
        with pytest.raises(KilledError):
            for part in parts_of(FILM):
                told = receive(hub, edge, part)
    # What was said to be here is here, whatever else is.
    have = receive(hub, edge, (b"", 0))
    assert told <= have
    while have < len(FILM):
        have = receive(hub, edge, (FILM[have:], have))
    assert film_at(hub).read_bytes() == FILM
    assert state_of(hub).status is FileStatus.STORED
    assert footage_files(hub) == [f"{FILM_SHA256}.mp4"]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", [2, 3])
def test_a_kill_while_a_wrong_file_is_thrown_away_never_lets_it_pass(
    hub: HubHome, edge: SigningEdge, monkeypatch: pytest.MonkeyPatch, at: int, after: bool
) -> None:
    order(hub)
    with monkeypatch.context() as patched:
        Deaths(patched, at, after=after)
        with pytest.raises(KilledError):
            receive(hub, edge, (FILM[:-1] + b"!", 0))
    assert receive(hub, edge, (b"", 0)) == 0
    assert not film_at(hub).exists()
    assert receive(hub, edge, (FILM, 0)) == len(FILM)


def parts_of(content: bytes) -> Iterator[tuple[bytes, int]]:
    yield content[:HALF], 0
    yield content[HALF:], HALF


def receive(hub: HubHome, edge: SigningEdge, part: tuple[bytes, int]) -> int:
    raw, offset = part
    sealed = sealed_part(edge, raw, offset)
    opened = open_sealed(sealed, FootagePart, edge.key.public_key, FOOTAGE_MESSAGE_BYTES_MAX)
    with hub.database.reading() as tx:
        key = find_edge(tx, edge.site, edge.edge)
    assert key is not None
    shelf = MediaShelf(hub.data_dir)
    return take_part(hub.database, shelf, key, opened.message, raw, hub.clock.now())


def test_a_write_that_failed_and_one_that_failed_but_happened_are_both_made_good(
    hub: HubHome, edge: SigningEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    order(hub)
    for happens in (False, True):
        with monkeypatch.context() as patched:
            patched.setattr(Database, "writing", failing_commit(happens))
            with pytest.raises(OSError, match="the commit"):
                receive(hub, edge, (FILM[:HALF], 0))
        have = receive(hub, edge, (b"", 0))
        assert have == (HALF if happens else 0)
    assert receive(hub, edge, (FILM[HALF:], HALF)) == len(FILM)
    assert film_at(hub).read_bytes() == FILM


def failing_commit(happens: bool) -> Callable[[Database], AbstractContextManager[Connection]]:
    as_it_is = Database.writing

    @contextmanager
    def writing(self: Database) -> Iterator[Connection]:
        if not happens:
            with as_it_is(self) as tx:
                yield tx
                raise OSError("the commit")
        with as_it_is(self) as tx:
            yield tx
        raise OSError("the commit")

    return writing


def test_bytes_that_the_disk_has_lost_are_asked_for_again(hub: HubHome, edge: SigningEdge) -> None:
    order(hub)
    receive(hub, edge, (FILM[:HALF], 0))
    film_at(hub).with_suffix(".part").write_bytes(FILM[:10])
    assert receive(hub, edge, (b"", 0)) == 10
    assert receive(hub, edge, (FILM[10:], 10)) == len(FILM)
    assert film_at(hub).read_bytes() == FILM


def test_what_somebody_wrote_behind_the_bytes_that_came_is_cut_off(
    hub: HubHome, edge: SigningEdge
) -> None:
    order(hub)
    receive(hub, edge, (FILM[:HALF], 0))
    with film_at(hub).with_suffix(".part").open("ab") as coming:
        coming.write(b"!" * len(FILM))
    assert receive(hub, edge, (FILM[HALF:], HALF)) == len(FILM)
    assert film_at(hub).read_bytes() == FILM


def test_a_file_that_somebody_put_under_the_name_is_not_believed(
    hub: HubHome, edge: SigningEdge
) -> None:
    order(hub)
    film_at(hub).parent.mkdir(parents=True)
    film_at(hub).write_bytes(FILM[:-1] + b"!")
    assert receive(hub, edge, (b"", 0)) == 0
    assert receive(hub, edge, (FILM, 0)) == len(FILM)
    assert film_at(hub).read_bytes() == FILM


def test_bytes_and_names_are_on_the_disk_before_the_record_says_so(
    hub: HubHome, edge: SigningEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    order(hub)
    receive(hub, edge, (b"", 0))
    seen: list[str] = []

    def watch(owner: object, name: str) -> None:
        as_it_is: Callable[..., object] = getattr(owner, name)

        def watched(*given: object, **named: object) -> object:
            seen.append(name)
            return as_it_is(*given, **named)

        monkeypatch.setattr(owner, name, watched)

    for name in ("pwrite", "fsync"):
        watch(media_shelf.os, name)
    watch(Path, "replace")
    for name in ("note_have", "note_stored"):
        watch(receiving, name)
    for part in parts_of(FILM):
        receive(hub, edge, part)
    assert seen == [
        *("pwrite", "fsync", "note_have"),
        *("pwrite", "fsync", "replace", "fsync", "note_stored"),
    ]
