"""Fakes for the stages' tests: scanners, a hub, children and a clock that only moves when told."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from simulators.answers import Answer
from simulators.captions import Caption
from simulators.children import ChildDiedError
from simulators.hub_rest import HubRestError
from simulators.scanner import Faults
from simulators.typist import TypistError
from wire.names import Signal

START = datetime(2026, 11, 23, 1, 20, tzinfo=UTC)
RATE = 60.0


class FakeScanner:
    def __init__(self, signal: Signal | None = Signal.OK, *, has_host: bool = True) -> None:
        self.faults = Faults(delay_ms=7)
        self.plugged = True
        self.scanned: list[tuple[bytes | str, str | None, Faults]] = []
        self.signal = signal
        self._has_host = has_host

    def wait_host(self, timeout_s: float) -> bool:
        return self._has_host

    def scan(self, code: bytes | str, aim: str | None = "C0") -> Answer | None:
        self.scanned.append((code, aim, self.faults))
        return Answer(self.signal, b"", 0) if self.signal else None

    def unplug(self) -> None:
        assert self.plugged
        self.plugged = False

    def replug(self) -> None:
        assert not self.plugged
        self.plugged = True


class FakeHub:
    def __init__(self, refusal: str | None = None) -> None:
        self.sent: list[tuple[str, str, Mapping[str, object] | None]] = []
        self.answers: dict[str, object] = {}
        self.asked: list[str] = []
        self.refusal = refusal

    def send(self, method: str, path: str, body: Mapping[str, object] | None) -> None:
        if self.refusal:
            raise HubRestError(self.refusal)
        self.sent.append((method, path, body))

    def get(self, path: str) -> object:
        if self.refusal:
            raise HubRestError(self.refusal)
        self.asked.append(path)
        return self.answers[path]


class FakeClock:
    """Moves by what :class:`FakeChildren` pause."""

    def __init__(self, rate: float = RATE) -> None:
        self.rate = rate
        self.at = START

    def now(self) -> datetime:
        return self.at

    def wait_s(self, until: datetime) -> float:
        return max(0.0, (until - self.at).total_seconds() / self.rate)


class FakeChildren:
    def __init__(self, clock: FakeClock | None = None, dies_after: int = 10_000) -> None:
        self.pauses: list[float] = []
        self._clock = clock
        self._dies_after = dies_after

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        if self._clock is not None:
            self._clock.at += timedelta(seconds=seconds * self._clock.rate)
        if len(self.pauses) >= self._dies_after:
            raise ChildDiedError("hub has ended")


class FakeTypist:
    def __init__(self, refusal: str | None = None) -> None:
        self.signed: list[tuple[str, str]] = []
        self.searched: list[tuple[str, int, bool]] = []
        self._refusal = refusal

    def sign(self, waybill: str, signer_id: str) -> None:
        self._refuse()
        self.signed.append((waybill, signer_id))

    def answer_search(self, device: str, incident: int, found: bool) -> None:
        self._refuse()
        self.searched.append((device, incident, found))

    def _refuse(self) -> None:
        if self._refusal:
            raise TypistError(self._refusal)


class FakePeople:
    """Whom a watcher or a clerk tells."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.announced: list[Caption] = []
        self.surprises: list[tuple[str, str]] = []
        self.searched: list[tuple[str, int]] = []

    def tell(self, site: str, words: str) -> None:
        self.told.append((site, words))

    def announce(self, site: str, words: Caption) -> None:
        self.announced.append(words)

    def surprise(self, site: str, words: str) -> None:
        self.surprises.append((site, words))

    def answer_search(self, site: str, incident: int) -> None:
        self.searched.append((site, incident))
