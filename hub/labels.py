"""Which labels people scan, and what stands beside the bars. Pure. Source: interface ("Labels").

The words are both languages' at once: who prints does not know who scans.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from hub.network import Network, Staff
from wire.names import Step, is_name


@dataclass(frozen=True, slots=True)
class Label:
    """One label: ``code`` is what the bars hold; ``note`` says whose or which."""

    code: str
    zh: str
    en: str
    note: str = ""


STEP_WORDS = {
    Step.ACCEPT: ("收件", "accept"),
    Step.PACK: ("装包", "pack"),
    Step.ARRIVE: ("到件", "arrive"),
    Step.DEPART: ("发件", "depart"),
    Step.SORT: ("分拣", "sort"),
    Step.LOAD: ("装车", "load"),
    Step.UNLOAD: ("卸车", "unload"),
    Step.STORE: ("入库", "store"),
    Step.RETRIEVE: ("出库", "retrieve"),
    Step.HANDOVER: ("交接", "handover"),
    Step.OUT_FOR_DELIVERY: ("派件", "out for delivery"),
    Step.DELIVER: ("签收", "deliver"),
    Step.RETURN: ("退回", "return"),
    Step.INSPECT: ("检查", "inspect"),
    Step.COUNT: ("盘点", "count"),
}
CONTAINER_WORDS = {
    "BAG": ("集包袋", "transport bag"),
    "VEH": ("车辆", "vehicle"),
    "FLT": ("航班", "flight"),
    "PAL": ("托盘", "pallet"),
}
END = Label("CX:END", "结束", "end")


def step_labels() -> list[Label]:
    """Every work step, and what ends a session."""
    return [*(Label(f"CX:STEP:{step}", *STEP_WORDS[step]) for step in Step), END]


def place_labels(network: Network, site: str) -> list[Label]:
    """The places of a site."""
    return [
        Label(f"CX:PLACE:{place.id}", "位置", "place", f"{place.id} · {place.kind}")
        for place in network.place
        if place.site == site
    ]


def container_labels(verb: str, ids: Iterable[str]) -> list[Label]:
    """Labels of bags (``BAG``), vehicles (``VEH``), flights (``FLT``) or pallets (``PAL``).

    Raises:
        ValueError: an id is none: 1 to 32 of ``A-Za-z0-9_-``.
    """
    labels = []
    for each in ids:
        if not is_name(each):
            raise ValueError(f"{each!r} is no container id: 1 to 32 of A-Z a-z 0-9 _ -")
        labels.append(Label(f"CX:{verb}:{each}", *CONTAINER_WORDS[verb], each))
    return labels


def badge_label(person: Staff, token: str) -> Label:
    """A person's badge; ``token`` is their plain number until a token is printed for them."""
    return Label(f"CX:BY:{token}", "工牌", "badge", f"{person.name} · {person.badge}")
