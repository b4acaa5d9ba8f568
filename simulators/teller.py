"""Tell a day's work to an onlooker: one line for each piece of it, Chinese first.

Pure. Pulls come one by one; what is said when ``CX:END`` ends a piece of work is who did what
where, to how many parcels, and how many of those are of high value.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from simulators.carrier.pulls import Pull
from simulators.carrier.world import Person
from wire.names import Signal, Step

HV_SERIES = "103"
_STEPS = {
    Step.ACCEPT: ("收件", "accepts"),
    Step.PACK: ("集包", "packs into a bag"),
    Step.ARRIVE: ("到件", "takes in"),
    Step.DEPART: ("发车", "leaves with"),
    Step.SORT: ("分拣", "sorts"),
    Step.LOAD: ("装车", "loads"),
    Step.UNLOAD: ("拆包", "takes out of a bag"),
    Step.STORE: ("入笼", "locks away"),
    Step.RETRIEVE: ("出笼", "takes out of the cage"),
    Step.HANDOVER: ("交接", "hands over"),
    Step.OUT_FOR_DELIVERY: ("派件", "takes out for delivery"),
    Step.DELIVER: ("签收", "delivers"),
    Step.RETURN: ("退件", "returns"),
    Step.INSPECT: ("查验", "inspects"),
    Step.COUNT: ("盘点", "counts"),
}


@dataclass(slots=True)
class _Work:
    by: str = "?"
    step: Step | None = None
    to: str | None = None
    parcels: int = 0
    high_value: int = 0
    units: int = 0


@dataclass(slots=True)
class Teller:
    """What has been heard of each scanner's work so far."""

    names: dict[str, str]
    works: dict[tuple[str, str], _Work] = field(default_factory=dict)

    @classmethod
    def of(cls, people: Iterable[Person]) -> "Teller":
        """A teller who knows everybody's name."""
        return cls({person.badge: person.name for person in people})

    def is_working(self, pull: Pull) -> bool:
        """Say whether this pull goes on with a piece of work."""
        return (pull.site, pull.device) in self.works

    def expects(self, pull: Pull) -> tuple[Signal, ...]:
        """What the scanner may answer (HV-2.11.1); ask before :meth:`hear`.

        A handover's first half, the giver's alone, is warned of at its end: the receiver confirms
        at another scanner. A parcel that comes late may have been missed, and is wanted then.
        """
        work = self.works.get((pull.site, pull.device))
        if pull.code == "CX:END" and work is not None:
            is_half = work.step is Step.HANDOVER and work.to is None
            return (Signal.WARN if is_half else Signal.OK,)
        if pull.code.startswith("CX:"):
            return (Signal.OK,)
        return (Signal.WANTED,) if _is_high_value(pull.code) else (Signal.OK, Signal.WANTED)

    def hear(self, pull: Pull) -> str | None:
        """One pull more; the line to say once a piece of work has ended."""
        work = self.works.setdefault((pull.site, pull.device), _Work())
        if not pull.code.startswith("CX:"):
            work.parcels += 1
            work.high_value += _is_high_value(pull.code)
            return None
        verb, _, value = pull.code.removeprefix("CX:").partition(":")
        match verb:
            case "BY" if work.step is None:
                work.by = self.names.get(value, value)
            case "BY":
                work.to = self.names.get(value, value)
            case "STEP":
                work.step = Step(value)
            case "BAG" | "PAL" if work.step not in (Step.PACK, Step.UNLOAD):
                work.units += 1
            case "END":
                del self.works[pull.site, pull.device]
                return _line(work)
        return None


def _is_high_value(code: str) -> bool:
    return code.startswith(HV_SERIES)


def _line(work: _Work) -> str | None:
    if work.step is None:
        return None
    zh, en = _STEPS[work.step]
    to_zh, to_en = (f" → {work.to}", f" to {work.to}") if work.to else ("", "")
    bags = f" + {work.units} 包 bags" if work.units else ""
    return (
        f"{work.by} {zh}{to_zh} {en}{to_en}: {work.parcels} 件 parcels "
        f"({work.high_value} 高价值 HV){bags}"
    )
