"""What is certified of footage is said in both languages, camera by camera."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hub.console.parcel.certified import earlier_said, share_said
from hub.console.wording import ZONE, Language, Words, load_words
from hub.video.service import CameraShare, CertificateState, Coverage, Issue, Missing, ToldTrouble
from hub.video.store.certificates import News

START = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
ZH, EN = (load_words(each, ZONE) for each in (Language.ZH, Language.EN))


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def share(*troubles: ToldTrouble, gaps: tuple[Missing, ...] = ()) -> CameraShare:
    state = CertificateState.GAP if gaps else CertificateState.PRESENT
    return CameraShare("dock-cam", Coverage(state, ("ab" * 32,), gaps, ()), troubles)


def test_a_moved_camera_is_told_beside_its_files_with_its_time() -> None:
    told = share(ToldTrouble("moved", at(5), at(65)))
    assert share_said(EN, told) == "files: 1 · moved from 09:00:05 to 09:01:05"
    assert share_said(ZH, told) == "1 个录像文件 · 09:00:05 至 09:01:05 镜头移位"


def test_a_trouble_without_end_says_so_and_how_much_earlier_it_may_have_begun() -> None:
    told = share(ToldTrouble("frozen", at(5), None, 12_000))
    assert share_said(EN, told).endswith(
        "frozen from 09:00:05 on, its end was not told (may have begun 12 s earlier)"
    )
    assert share_said(ZH, told).endswith(
        "09:00:05 起画面冻结，尚未上报恢复 (可能早 12 秒 就已开始)"
    )


@pytest.mark.parametrize("words", [ZH, EN])
@pytest.mark.parametrize("reason", ["black", "covered", "frozen", "damaged", "gone", "deleted"])
def test_every_reason_of_a_gap_has_its_words(words: Words, reason: str) -> None:
    assert words.name("player.gap", reason) != reason


def test_a_gap_is_said_with_its_length_and_reason() -> None:
    told = share(gaps=(Missing(at(1), at(8), "black"),))
    assert share_said(EN, told) == "files: 1 · No footage for 7 s: the picture was black"


def test_of_deleted_footage_no_cause_is_said_for_a_full_disk_deletes_before_its_days() -> None:
    told = share(gaps=(Missing(at(1), at(8), "deleted"),))
    assert share_said(EN, told).endswith("No footage for 7 s: its site deleted it")
    assert share_said(ZH, told).endswith("无录像 7 秒：网点已删除")


def test_a_camera_whose_recorders_clock_nobody_compared_says_so() -> None:
    told = replace(share(), is_clock_sure=False)
    assert share_said(EN, told) == "files: 1 · how far its recorder's clock was off is unknown"
    assert share_said(ZH, told) == "1 个录像文件 · 录像设备的时钟误差不明"


def issue(ended: float, news: str | None = None) -> Issue:
    return Issue(CertificateState.UNKNOWN, (), at(300), at(ended), news)


def test_what_was_certified_before_says_until_when_and_why() -> None:
    told = issue(18_300, News.FOOTAGE)
    said = "was: footage unknown, until 14:05:00 · then its site told more"
    assert earlier_said(EN, told, at(0)) == said
    assert earlier_said(ZH, told, at(0)) == "曾为：录像不明，至 14:05:00 · 此后站点补报了录像"


def test_an_end_on_another_day_is_said_with_its_day_and_no_cause_where_nobody_knows_it() -> None:
    said = earlier_said(EN, issue(86_400), at(0))
    assert said == "was: footage unknown, until 2026-11-23 09:00:00"


@pytest.mark.parametrize("words", [ZH, EN])
def test_everything_that_turns_a_certificate_has_its_words(words: Words) -> None:
    assert all(words.name("film.news", each) != each for each in News)
