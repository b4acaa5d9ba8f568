"""What is certified of a parcel's footage, in words. Pure. Source: design section 8, promise P5."""

from datetime import datetime, timedelta

from hub.console.wording import Words
from hub.video.service import CameraShare, Issue, ToldTrouble


def share_said(words: Words, share: CameraShare) -> str:
    """One camera's part: its files, what is missing and why, what was wrong with its picture."""
    coverage = share.coverage
    said = [words.say("film.files", n=len(coverage.segments))] if coverage.segments else []
    for gap in coverage.gaps:
        length, reason = words.span(gap.until - gap.since), words.name("player.gap", gap.reason)
        said.append(words.say("player.gap", age=length, reason=reason))
    if coverage.unknown:
        said.append(words.say("player.unknown"))
    said += [_trouble_said(words, each) for each in share.troubles]
    if not share.is_clock_sure:
        said.append(words.say("film.unsure.camera"))
    return " · ".join(said)


def earlier_said(words: Words, issue: Issue, occurred_at: datetime) -> str:
    """What was certified before, until when, and why no longer."""
    ended = words.clock_time(issue.ended_at)
    if words.day(issue.ended_at) != words.day(occurred_at):
        ended = f"{words.day(issue.ended_at)} {ended}"
    state = words.say(f"film.{issue.state}")
    said = words.say("film.was", state=state, until=ended)
    return said if issue.news is None else f"{said} · {words.name('film.news', issue.news)}"


def _trouble_said(words: Words, trouble: ToldTrouble) -> str:
    what, since = words.name("camera.trouble", trouble.fact), words.clock_time(trouble.since)
    if trouble.until is None:
        said = words.say("film.trouble.lasts", what=what, since=since)
    else:
        until = words.clock_time(trouble.until)
        said = words.say("film.trouble", what=what, since=since, until=until)
    if not trouble.doubt_ms:
        return said
    earlier = words.span(timedelta(milliseconds=trouble.doubt_ms))
    return f"{said} ({words.say('film.doubt', age=earlier)})"
