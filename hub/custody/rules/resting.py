"""How long a parcel lay at a site while nothing was recorded that shows it stored. Pure.

It is told afterwards, when a scan shows that the parcel moves on: until then its storing may still
be waiting to arrive. "No storage recorded" is all that is said, for the scan may have been missed.
Source: HV-2.3, HV-2.4.1, HV-2.5.3, HV-2.8.
"""

from datetime import timedelta

from hub.custody.rules.chain import Ground, Holder
from hub.custody.rules.records import Record
from hub.network import DEDICATED_KIND, STORAGE_KINDS
from wire.names import Step

_MOVING_ON = frozenset({Step.PACK, Step.LOAD, Step.DEPART, Step.OUT_FOR_DELIVERY, Step.DELIVER})
_LOOKING = frozenset({Step.INSPECT, Step.COUNT})
_RESTING_KINDS = STORAGE_KINDS | {DEDICATED_KIND}


class Rest:
    """Follows one parcel's rest at a site; ``None`` while it is not known to lie there.

    Only its own label counts: what is in a closed bag waits with the bag and is not stored by
    itself (ours).
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._within = timedelta(minutes=ground.storage.within_min)
        self._came: Record | None = None

    def see(self, scan: Record) -> timedelta | None:
        """Look at a scan of the parcel or of its bag.

        Returns:
            How long it lay there with no storage recorded, where it moves on and that is longer
            than ``[storage] within_min``.
        """
        if self._came is not None and scan.site != self._came.site:
            self._came = None
        if scan.unit is not None:
            return None
        too_long = None
        if scan.step in _MOVING_ON:
            is_told = scan.step is not Step.DELIVER or self._is_at_home(scan)
            too_long = self.end(scan) if is_told else None
            self._came = None
        elif self._is_stored(scan):
            self._came = None
        elif self._comes_in(scan):
            self._came = scan
        return too_long

    def end(self, record: Record) -> timedelta | None:
        """It moves on by this record; see :meth:`see` for what is returned."""
        came, self._came = self._came, None
        lay = timedelta() if came is None or record.unit is not None else record.at - came.at
        return lay if lay > self._within else None

    def _comes_in(self, scan: Record) -> bool:
        """Whether the parcel is at the site by this scan, and was not before.

        Whoever drives carries it: his acceptance is none at the site, his handover is.
        """
        if scan.step is Step.ARRIVE:
            return True
        if scan.step is Step.ACCEPT:
            return self._is_at_home(scan)
        is_sign = scan.step is Step.UNLOAD or (
            scan.step is Step.HANDOVER and self._ground.drives(self._by(scan))
        )
        return is_sign and self._came is None

    def _is_stored(self, scan: Record) -> bool:
        if scan.step in _LOOKING and scan.place is not None:
            place = self._ground.network.places.get((scan.site, scan.place))
            return place is not None and place.kind in _RESTING_KINDS
        return scan.step in (Step.STORE, Step.RETRIEVE)

    def _is_at_home(self, scan: Record) -> bool:
        """Whether who scanned is known and drives nothing: then it is done at the site."""
        by = self._by(scan)
        is_known = by is not None and by.badge in self._ground.network.people
        return is_known and not self._ground.drives(by)

    def _by(self, scan: Record) -> Holder | None:
        return self._ground.person(scan.site, scan.by)
