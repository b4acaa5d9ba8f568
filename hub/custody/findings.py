"""Tell people of breaches, and take an alert back with the last breach behind it."""

from datetime import datetime

from sqlalchemy import Connection

from hub.alerts.service import AlertKind, Finding, close_alert, raise_alert, restate_alert
from hub.custody import store
from hub.custody.rules.chain import Breach, BreachKind
from hub.custody.rules.storage import CAMERA, CONTAINER, KEEPER, LOCKED_PLACE
from hub.network import UNLISTED
from wire.policy import GoodsClass, VehicleKind

ALERT_OF = {
    BreachKind.SERIES_MISUSED: AlertKind.SERIES_MISUSED,
    BreachKind.SERIES_MISSING: AlertKind.SERIES_MISSING,
    BreachKind.ABOVE_BAND: AlertKind.ABOVE_BAND,
    BreachKind.OVERSIZE: AlertKind.OVERSIZE,
    BreachKind.SEVERAL_PIECES: AlertKind.SEVERAL_PIECES,
    BreachKind.OPEN_HANDOVER: AlertKind.OPEN_HANDOVER,
    BreachKind.BAGGED_AT_BRANCH: AlertKind.BAGGED_AT_BRANCH,
    BreachKind.NO_HANDOVER: AlertKind.NO_HANDOVER,
    BreachKind.BAGGED_WITH_OTHERS: AlertKind.BAGGED_WITH_OTHERS,
    BreachKind.LEFT_SIBLINGS: AlertKind.LEFT_SIBLINGS,
    BreachKind.NO_SIGNER: AlertKind.NO_SIGNER,
    BreachKind.UNDELIVERED: AlertKind.UNDELIVERED,
    BreachKind.STORAGE: AlertKind.STORAGE,
    BreachKind.NO_CAMERA: AlertKind.NO_CAMERA,
    BreachKind.NOT_STORED: AlertKind.NOT_STORED,
    BreachKind.WRONG_RECEIVER: AlertKind.WRONG_RECEIVER,
    BreachKind.WRONG_DELIVERER: AlertKind.WRONG_DELIVERER,
    BreachKind.RETURN_UNSAID: AlertKind.RETURN_UNSAID,
    BreachKind.STOPPED_MOVED: AlertKind.STOPPED_MOVED,
    BreachKind.NOT_LOADED_FIRST: AlertKind.NOT_LOADED_FIRST,
    BreachKind.PALLET_APART: AlertKind.PALLET_APART,
    BreachKind.VEHICLE_UNLISTED: AlertKind.VEHICLE_UNLISTED,
    BreachKind.VEHICLE_KIND: AlertKind.VEHICLE_KIND,
    BreachKind.OLD_WAYBILL: AlertKind.OLD_WAYBILL,
    BreachKind.SEEN_ELSEWHERE: AlertKind.SEEN_ELSEWHERE,
}
_WORDS = {
    KEEPER: ("保管人", "a named keeper"),
    CONTAINER: ("可上锁容器", "a lockable container"),
    LOCKED_PLACE: ("固定上锁场所", "a fixed lockable place"),
    CAMERA: ("监控覆盖", "camera coverage"),
    f"vehicle:{VehicleKind.CONTAINER}": ("集装箱货车", "container truck"),
    f"vehicle:{VehicleKind.CLOSED_BOX_LOCKED}": ("全封闭上锁厢式货车", "closed locked box truck"),
    f"vehicle:{VehicleKind.HALF_CLOSED_BOX_LOCKED}": (
        "半封闭上锁厢式货车",
        "half-closed locked box truck",
    ),
    f"vehicle:{VehicleKind.OTHER}": ("其他车型", "another kind of vehicle"),
    f"vehicle:{UNLISTED}": ("不在车辆名单中", "not on the list of vehicles"),
    f"goods:{GoodsClass.ELECTRONICS}": ("电子产品", "electronics"),
    f"goods:{GoodsClass.OTHER}": ("其他物品", "other goods"),
}


def tell(tx: Connection, breach: Breach, now: datetime) -> None:
    """Raise the breach's alert, or count it in the one that is open."""
    raise_alert(tx, _finding(breach), now)


def untell(tx: Connection, breach: Breach, now: datetime) -> None:
    """A breach was withdrawn: its alert says what is left of it, or closes with the last one."""
    span = store.told_span(tx, breach.kind, breach.waybill, breach.site)
    if span is None:
        close_alert(tx, ALERT_OF[breach.kind], _subject(breach), now)
    else:
        first, last = span
        restate_alert(tx, _finding(last), first.at, now)


def _finding(breach: Breach) -> Finding:
    return Finding(
        ALERT_OF[breach.kind],
        _subject(breach),
        breach.at,
        breach.evidence.late,
        waybill=breach.waybill,
        site=breach.site,
        words=_words(breach),
    )


def what_zh(breach: Breach) -> str:
    """What is missing or meant, in Chinese."""
    if breach.kind is BreachKind.NOT_STORED:
        return "{} 小时 {} 分钟".format(*_hours_minutes(breach))
    if breach.kind is BreachKind.SEEN_ELSEWHERE:
        return "{}，记录在 {}".format(*breach.words)
    return "、".join(_WORDS.get(word, (word, word))[0] for word in breach.words)


def what_en(breach: Breach) -> str:
    """What is missing or meant, in English."""
    if breach.kind is BreachKind.NOT_STORED:
        return "{} h {} min".format(*_hours_minutes(breach))
    if breach.kind is BreachKind.SEEN_ELSEWHERE:
        return "{}, on record at {}".format(*breach.words)
    return ", ".join(_WORDS.get(word, (word, word))[1] for word in breach.words)


def _hours_minutes(breach: Breach) -> tuple[int, int]:
    return divmod(int(breach.words[0]), 60)


def _subject(breach: Breach) -> str:
    return breach.waybill or breach.site


def _words(breach: Breach) -> dict[str, str]:
    return {"what_zh": what_zh(breach), "what_en": what_en(breach)}
