"""Cameras of an edge without its station: what they tell of one that reads labels."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from msgspec.structs import replace

from edge.clock import SystemClock
from edge.metrics import Metrics
from edge.spool import Spool
from edge.spool_reader import SpoolReader
from edge.station_events import FootageLined, FootageLines
from edge.video.cameras import Cameras, House
from tests import samples
from wire.events import Camera, CameraFact
from wire.policy import RetentionPolicy
from wire.site_pack import PackChannel


class Told:
    """The station: every line of one camera that it was given."""

    def __init__(self) -> None:
        self.facts: list[Camera] = []
        self.metrics = Metrics()

    @property
    def skipped(self) -> float:
        """Pictures in which no label was looked for."""
        return float(self.metrics.label_pictures_skipped.labels("cam")._value.get())

    def of(self, fact: CameraFact) -> list[Camera]:
        return [each for each in self.facts if each.fact is fact]


@contextmanager
def recording(folder: Path, url: str, *, reads: bool = True) -> Iterator[Told]:
    """One camera of an edge; ``reads``: its site pack lets it read labels."""
    Spool(folder / "spool.sqlite", "5" * 32).close()
    retention = RetentionPolicy(days=1, area_days=2)
    house = House("755A", "dock", "ab" * 16, folder, retention, samples.POLICY.video)
    told = Told()

    def line(lines: FootageLines) -> None:
        told.facts += [each for each in lines.events if isinstance(each, Camera)]
        cameras.answer(FootageLined(lines.ids, "5" * 32, 9, None))

    with closing(SpoolReader(folder / "spool.sqlite")) as lines:
        cameras = Cameras(house, [("cam", url)], SystemClock(), told.metrics, lines, line)
    channel = PackChannel(camera="cam", footage_days=1, reads_labels=reads)
    cameras.adopt(replace(samples.PACK, channels=(channel,)))
    cameras.start()
    try:
        yield told
    finally:
        assert cameras.stop(10) == []
