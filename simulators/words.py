"""What a signal means, in plain words for an onlooker, Chinese first. Pure."""

from wire.names import Signal

_MEANINGS = {
    Signal.OK: ("已记录", "recorded"),
    Signal.WARN: ("不是运单", "not a parcel"),
    Signal.WANTED: ("特殊警报，核对数量与外包装", "alarm: check count, seal and condition"),
    Signal.STOP: ("禁止流转", "stop: it must not move"),
    Signal.REJECT: ("标签可疑，已存证，勿重扫", "suspicious label, stored, do not rescan"),
    Signal.NOT_RECORDED: ("未记录，请重扫", "NOT RECORDED, scan again"),
}
_SILENCE = ("无应答", "no answer")


def meaning(signal: Signal | None) -> str:
    """A signal's meaning in both languages; None is the scanner's own error tone."""
    return " ".join(_SILENCE if signal is None else _MEANINGS[signal])
