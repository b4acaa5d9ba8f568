"""A channel gives every viewer all pictures from a key frame on, and waits for none of them."""

import asyncio

import pytest

from simulators.cameras.channel import BACKLOG_UNITS_MAX, Channel, RtpUnit, Viewer
from simulators.cameras.clip import Clip
from simulators.cameras.encoder import AccessUnit, ParameterSets
from simulators.cameras.faults import Fault
from simulators.cameras.orders import OrderError, Orders
from simulators.cameras.source import LoopedSource

SETS = ParameterSets(b"\x67sps", b"\x68pps")
KEY_EVERY = 5
FRAGMENT_BYTES_MAX = 1_400


class CountingSource:
    """Pictures as fast as they are asked for, every fifth a key frame, each holding its number."""

    interval_s = 0.0
    parameter_sets = SETS

    def __init__(self, first: int = 0) -> None:
        self.taken = first

    def check(self, orders: Orders) -> None:
        """Follows all."""

    async def next_unit(self, at_ms: int, orders: Orders) -> AccessUnit:
        number, self.taken = self.taken, self.taken + 1
        return AccessUnit((b"\x65%d" % number,), number % KEY_EVERY == 0, number)


async def watch(channel: Channel, viewer: Viewer, count: int) -> list[int]:
    channel.join(viewer)
    units = [await viewer.units.get() for _ in range(count)]
    channel.leave(viewer)
    return [unit.at_ms for unit in units]


async def running(channel: Channel, work: "asyncio.Future[list[int]]") -> list[int]:
    task = asyncio.create_task(channel.run())
    try:
        return await work
    finally:
        task.cancel()


def seen(channel: Channel, count: int) -> list[int]:
    async def both() -> list[int]:
        watching = asyncio.ensure_future(watch(channel, Viewer(lambda: None), count))
        return await running(channel, watching)

    return asyncio.run(both())


def test_a_viewer_sees_every_picture_from_the_next_key_frame_on() -> None:
    assert seen(Channel("a", CountingSource(first=3)), 20) == list(range(5, 25))


def test_no_two_pictures_are_of_one_moment_however_late_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Taken in one millisecond, and the machine's clock is set back in the middle.
    clock = iter([7_000, 7_000, 7_000, 5_000, 5_000, 9_000])
    monkeypatch.setattr("simulators.cameras.channel.now_ms", lambda: next(clock, 9_000))
    units = tuple(AccessUnit((b"\x65%d" % n,), n == 0, n * 40) for n in range(3))
    times = seen(Channel("a", LoopedSource(Clip(units, SETS, 0.0))), 6)
    assert times == [7_000, 7_001, 7_002, 7_003, 7_004, 9_000]


def test_a_viewer_who_does_not_keep_up_is_cut_off_and_the_other_sees_all() -> None:
    channel = Channel("a", CountingSource())
    cut: list[str] = []
    count = BACKLOG_UNITS_MAX * 2

    async def both() -> list[int]:
        channel.join(Viewer(lambda: cut.append("sleeper")))
        quick = asyncio.ensure_future(watch(channel, Viewer(lambda: cut.append("quick")), count))
        return await running(channel, quick)

    assert asyncio.run(both()) == list(range(count))
    assert (cut, channel.cut_off_count) == (["sleeper"], 1)


def test_a_backlog_is_full_only_above_its_bound() -> None:
    cut: list[str] = []
    viewer = Viewer(lambda: cut.append("cut"))
    unit = RtpUnit((), True, 0)
    assert all(viewer.offer(unit) for _ in range(BACKLOG_UNITS_MAX))
    assert not cut
    assert not viewer.offer(unit)
    assert cut == ["cut"]


def test_nothing_is_drawn_while_nobody_looks_or_nothing_can_be_sent() -> None:
    source = CountingSource()
    channel = Channel("a", source)

    async def alone() -> int:
        task = asyncio.create_task(channel.run())
        for _ in range(20):
            await asyncio.sleep(0)
        channel.order(("stall",))
        channel.join(Viewer(lambda: None))
        for _ in range(20):
            await asyncio.sleep(0)
        task.cancel()
        return source.taken

    assert asyncio.run(alone()) == 0


def test_what_a_clip_cannot_do_is_refused_and_changes_nothing() -> None:
    units = tuple(AccessUnit((b"\x65%d" % n,), n == 0, n * 40) for n in range(3))
    channel = Channel("a", LoopedSource(Clip(units, SETS, 120.0)))
    channel.order(("stall",))
    for words in [("black",), ("lights", "off"), ("clock", "5")]:
        with pytest.raises(OrderError, match="a looped clip"):
            channel.order(words)
    assert channel.orders == Orders(fault=Fault.STALL)


def test_a_clip_begins_again_at_its_end_and_freezes_on_its_last_key_frame() -> None:
    units = tuple(AccessUnit((b"\x65%d" % n,), n % 2 == 0, n * 40) for n in range(4))
    source = LoopedSource(Clip(units, SETS, 160.0))

    async def ask(orders: Orders, count: int) -> list[bytes]:
        return [(await source.next_unit(9, orders)).nal_units[0] for _ in range(count)]

    good, frozen = Orders(), Orders(fault=Fault.FREEZE)
    assert asyncio.run(ask(good, 5)) == [b"\x650", b"\x651", b"\x652", b"\x653", b"\x650"]
    assert asyncio.run(ask(frozen, 2)) == [b"\x650", b"\x650"]
    assert asyncio.run(ask(good, 2)) == [b"\x651", b"\x652"]
    assert asyncio.run(ask(frozen, 1)) == [b"\x652"]


def test_a_large_picture_is_cut_into_packets_and_only_the_last_is_marked() -> None:
    class Large(CountingSource):
        async def next_unit(self, at_ms: int, orders: Orders) -> AccessUnit:
            return AccessUnit((SETS.sps, b"\x65" + b"\xab" * 5_000), True, at_ms)

    async def one() -> list[tuple[bytes, int]]:
        channel, viewer = Channel("a", Large()), Viewer(lambda: None)
        channel.join(viewer)
        task = asyncio.create_task(channel.run())
        unit = await viewer.units.get()
        task.cancel()
        return list(unit.payloads)

    payloads = asyncio.run(one())
    assert [payload for payload, _ in payloads[:2]] == [SETS.sps, SETS.pps]
    assert [marker for _, marker in payloads] == [0] * (len(payloads) - 1) + [1]
    assert max(len(payload) for payload, _ in payloads) <= FRAGMENT_BYTES_MAX
    assert b"".join(payload[2:] for payload, _ in payloads[2:]) == b"\xab" * 5_000
