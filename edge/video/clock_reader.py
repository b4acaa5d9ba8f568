"""Looks for the clock that a station page shows to a camera. Belongs to the camera's thread."""

import structlog

from devices.labels import read_level
from devices.pictures import Grey
from devices.symbology import Symbology
from edge.metrics import Metrics
from edge.video.shown_clock import Moment, Offset, ShownClock, measure, shown_ms

_WANTED = frozenset({Symbology.QR})
_logger = structlog.get_logger(__name__)


class ClockReader:
    """One camera's. Costs 1 to 3 ms a picture, and only of those that are looked at anyway."""

    def __init__(self, camera: str, metrics: Metrics) -> None:
        self._camera = camera
        self._doubted = metrics.clock_codes_doubted.labels(camera)
        self._clock = ShownClock()

    def look(self, picture: Grey, taken: Moment, at_s: float) -> Offset | None:
        """Look at a picture; what is to be told of the camera's clock now, if anything.

        Two codes of different times in one picture are not one screen: neither is believed.
        """
        said = shown_ms(label.frame.raw for label in read_level(picture, _WANTED))
        found = [measured for each in said if (measured := measure(each, taken)) is not None]
        if len(found) == len(said) == 1:
            self._clock.take(found[0], at_s)
        elif said:
            self._doubted.inc(len(said))
            _logger.warning("clock code not believed", camera=self._camera)
        return self._clock.tell(at_s)
