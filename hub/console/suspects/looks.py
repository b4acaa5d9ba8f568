"""Which colour and picture a parcel on its lane has."""

from collections.abc import Mapping

from hub.console.looks import Meaning
from hub.console.suspects.views import Pace

PACE_MEANING: Mapping[Pace, Meaning] = {
    Pace.ON_TIME: Meaning.INFORMATION,
    Pace.LATE: Meaning.OPEN,
    Pace.SUSPECT: Meaning.STOP,
}
PACE_ICON: Mapping[Pace, str] = {
    Pace.ON_TIME: "parcel",
    Pace.LATE: "clock",
    Pace.SUSPECT: "suspects",
}
