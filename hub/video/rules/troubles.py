"""What can be wrong with what a camera shows, in words. Pure. Source: design section 8."""

from wire.events import CameraFact

_WORDS = {
    CameraFact.LOST: ("无信号", "no picture comes"),
    CameraFact.BLACK: ("画面全黑", "black"),
    CameraFact.COVERED: ("镜头被遮挡", "covered"),
    CameraFact.FROZEN: ("画面冻结", "frozen"),
    CameraFact.MOVED: ("镜头被移动", "moved"),
    CameraFact.DEFOCUSED: ("画面失焦", "out of focus"),
}
VIEW_FACTS = frozenset(_WORDS) - {CameraFact.LOST}


def words_of(fact: CameraFact) -> dict[str, str]:
    """What an alert says of it, in both languages."""
    chinese, english = _WORDS[fact]
    return {"what_zh": chinese, "what_en": english}
