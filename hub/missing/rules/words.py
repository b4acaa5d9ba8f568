"""Why something is suspected, in plain sentences with their numbers; Chinese first. Pure.

Source: console.md ("the evidence as three plain lines"), HV-2.11.2.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from hub.evidence import Bar, Line, LineKind, Look
from hub.missing.rules.plan import Phase, Stop
from hub.missing.rules.reads import OWED_MIN, Passing, Reads
from hub.missing.rules.scoring import Company
from hub.missing.rules.suspicion import Siblings
from hub.missing.rules.watch import Watch
from wire.names import Step
from wire.policy import MissingPolicy

Zone = Callable[[str], tzinfo]
Sentence = tuple[str, str]
"""Chinese, English."""

_STEPS_ZH = {
    Step.ACCEPT: "收件",
    Step.PACK: "装袋",
    Step.ARRIVE: "到达",
    Step.DEPART: "发车",
    Step.SORT: "分拣",
    Step.LOAD: "装车",
    Step.UNLOAD: "卸车",
    Step.STORE: "入库",
    Step.RETRIEVE: "出库",
    Step.HANDOVER: "交接",
    Step.OUT_FOR_DELIVERY: "派送",
    Step.DELIVER: "签收",
    Step.RETURN: "退回",
    Step.INSPECT: "检查",
    Step.COUNT: "清点",
}
_CONTAINERS_ZH = {"bag": "集包袋", "vehicle": "车辆", "flight": "航班", "pallet": "托盘"}
_PHASES = {
    Phase.IN: ("到达", "arrive at"),
    Phase.OUT: ("离开", "leave"),
    Phase.DELIVERED: ("签收于", "be delivered from"),
}
_NEXT_SCANS = {
    Phase.IN: ("到达", "on arriving at"),
    Phase.OUT: ("离开", "on leaving"),
    Phase.DELIVERED: ("签收于", "on delivery from"),
}
_PASSINGS = {
    Passing.IN: ("到达", "arriving"),
    Passing.OUT: ("离开", "leaving"),
    Passing.LAST_OUT: ("派送", "going out for delivery"),
}
SITES_NAMED_MAX = 3


@dataclass(frozen=True)
class Words:
    """Writes times in the local time of the site that they are about."""

    zone_of: Zone
    policy: MissingPolicy

    def time(self, site: str, at: datetime) -> str:
        """Local time with its distance from UTC, to the minute."""
        return at.astimezone(self.zone_of(site)).strftime("%Y-%m-%d %H:%M %z")

    def silence(self, watch: Watch, now: datetime, usual_h: float | None, upto_h: float) -> Line:
        """Where the last scan was, and by when it was expected where.

        Args:
            watch: what is known of the parcel; something is expected of it.
            now: aware UTC.
            usual_h: within so many hours of its last scan 99 of 100 such parcels are scanned;
                ``None``: not even within ``upto_h``.
            upto_h: so far it was looked.
        """
        stop, (seen_zh, seen_en) = watch.stops[0], self._last_seen(watch)
        by, (zh, en) = self.time(stop.site, stop.by), _PHASES[stop.phase]
        silent_h = hours(now - watch.last.at)
        mark_h = upto_h if usual_h is None else usual_h
        usual_zh = f"100 件同类快件中 99 件在 {mark_h} 小时内再次扫描"
        usual_en = f"99 of 100 such parcels are scanned within {mark_h} h"
        if usual_h is None:
            usual_zh = f"100 件同类快件中，{mark_h} 小时内再次扫描的不到 99 件"
            usual_en = f"fewer than 99 of 100 such parcels are scanned within {mark_h} h"
        return Line(
            LineKind.SILENCE,
            f"{seen_zh}，至今 {silent_h} 小时；应于 {by} 前{zh} {stop.site}",
            f"{seen_en}, {silent_h} h ago; it should {en} {stop.site} by {by}",
            _silence_bar(silent_h, mark_h, usual_zh, usual_en),
        )

    def unplanned(self, watch: Watch, now: datetime) -> tuple[Line, Line]:
        """Nobody has said where it goes: only its silence counts, and nothing tells how rare it is.

        ``unplanned_min`` of the policy is what its silence is held against.
        """
        silent_h, (seen_zh, seen_en) = hours(now - watch.last.at), self._last_seen(watch)
        limit_h = hours(timedelta(minutes=self.policy.unplanned_min))
        limit_zh = f"没有登记路由的高价值快件，{limit_h} 小时无扫描即为疑似"
        limit_en = f"a high-value parcel without a known route is a suspect after {limit_h} h"
        silence = Line(
            LineKind.SILENCE,
            f"{seen_zh}，至今 {silent_h} 小时；没有登记路由",
            f"{seen_en}, {silent_h} h ago; no route is known",
            _silence_bar(silent_h, limit_h, limit_zh, limit_en),
        )
        return silence, Line(
            LineKind.UNKNOWN,
            "没有登记路由，无法说这样的沉默有多少见",
            "No route is known, so nothing tells how rare such a silence is",
        )

    def rarity(self, odds: float, company: Company) -> Line:
        """How many parcels that are not lost stay silent for so long.

        Args:
            odds: S(t), 0 to 1.
            company: what the odds take into account of those that travelled with it.
        """
        of, silent = rarity_of(odds)
        like_zh, like_en = "同类快件", "parcels like this that are not lost"
        if company.has_come or company.is_opened:
            like_zh = "同行件已到的同类快件"
            like_en += " and whose company has come"
        elif company.is_left:
            like_zh = "与多件同留未走的同类快件"
            like_en += " and were left behind with others"
        many_zh, many_en = f"有 {silent} 件", f"{silent}"
        if silent == 0:
            many_zh, many_en = "不到 1 件", "fewer than 1"
        stay = "stays" if silent < 2 else "stay"
        return Line(
            LineKind.RARITY,
            f"{like_zh}若未遗失，每 {of:,} 件中{many_zh}会沉默这么久",
            f"Of {of:,} {like_en}, {many_en} {stay} silent so long",
            Bar(silent, of, f"每 {of:,} 件中{many_zh}", f"{many_en} of {of:,}"),
        )

    def company(self, company: Siblings, first: str | None) -> Line:
        """What became of those that travelled with it; ``first``: the site that is named first."""
        seen, total = company.total - len(company.unseen), company.total
        zh, en = container_words(company.ride)
        bar = Bar(seen, total, f"{total} 件中 {seen} 件", f"{seen} of {total}")
        if seen == 0:
            line_zh = f"{zh}的 {total} 件离开后均未被扫描"
            line_en = f"None of the {total} in {en} was scanned since it left"
            return Line(LineKind.COMPANY, line_zh, line_en, bar)
        where_zh, where_en = _where(company, seen, first)
        line_zh = f"{zh}的 {total} 件中 {seen} 件此后已{where_zh}扫描，这一件没有"
        line_en = f"{seen} of {total} in {en} were scanned {where_en}; this one was not"
        if len(company.unseen) > 1:
            line_zh += f"（共 {len(company.unseen)} 件没有）"
            line_en += f" ({len(company.unseen)} were not)"
        return Line(LineKind.COMPANY, line_zh, line_en, bar)

    def reads(self, site: str, passing: Passing, reads: Reads, days: int) -> Line:
        """It travels alone: how many of the scans that are due its next site makes."""
        zh, en = _PASSINGS[passing]
        if reads.is_thin:
            return Line(
                LineKind.UNKNOWN,
                f"没有同行快件可比；{site} 近 {days} 天应扫{zh}件只有 {reads.owed} 件，"
                f"不足 {OWED_MIN} 件，无法说它漏扫多少",
                f"Nothing travels with it; {site} owed only {reads.owed} scans of parcels {en} in "
                f"{days} days, and {OWED_MIN} are needed to tell how many it skips",
            )
        made, owed = reads.made, reads.owed
        of_100 = 100 if made == owed else min(99, round(100 * made / owed))
        may_zh, may_en = "这次扫描也可能只是漏扫", "this scan may simply be missing"
        if made == owed:
            may_zh, may_en = "这次扫描不像是漏扫", "this scan is hardly just missing"
        return Line(
            LineKind.READS,
            f"没有同行快件可比；{site} 每 100 件{zh}件扫到 {of_100} 件（近 {days} 天 {owed:,} 件中"
            f" {made:,} 件），{may_zh}",
            f"Nothing travels with it; {site} reads {of_100} of 100 parcels {en} ({made:,} of "
            f"{owed:,} in {days} days): {may_en}",
            Bar(made, owed, f"{owed:,} 件中扫到 {made:,} 件", f"{made:,} of {owed:,} read"),
        )

    def alone(self, watch: Watch) -> Line:
        """It travels alone, and nobody counts what is skipped of the scan that is due."""
        if not watch.stops:
            return Line(
                LineKind.UNKNOWN,
                "没有同行快件可比，也不知道下一个应扫描的网点",
                "Nothing travels with it, and no site is known that should scan it next",
            )
        site = watch.stops[0].site
        return Line(
            LineKind.UNKNOWN,
            f"没有同行快件可比；{site} 漏录多少签收，无人能知",
            f"Nothing travels with it; how many signatures {site} leaves out, nobody can see",
        )

    def self_check(self, sites: tuple[str, ...], until: datetime) -> Look:
        """The sites look for it themselves first (HV-2.11.2)."""
        return Look(
            until,
            f"{'、'.join(sites)} 自查，到时未找到即上报区域",
            f"{' and '.join(sites)} look for it; not found by then, it goes to the region",
        )

    def next_scan(self, stop: Stop) -> Look:
        """The next scan of the plan that can still show it."""
        zh, en = _NEXT_SCANS[stop.phase]
        return Look(
            stop.by,
            f"下一次应有的扫描：{zh} {stop.site}",
            f"Next scan that is due: {en} {stop.site}",
        )

    def second_look(self, at: datetime) -> Look:
        """A doubtful suspicion is worked out anew."""
        return Look(
            at,
            "存疑：按届时所知再看一次",
            "Looked at again, with what is known by then: it is doubtful",
        )

    def _last_seen(self, watch: Watch) -> Sentence:
        last, at = watch.last, self.time(watch.last.site, watch.last.at)
        step_zh = _STEPS_ZH[watch.step] if watch.step else "扫描"
        step_en = watch.step.value.replace("_", " ") if watch.step else "scan"
        return (
            f"最后一次扫描：{at} 于 {last.site}（{step_zh}）",
            f"Last scan {at} at {last.site} ({step_en})",
        )

    def quiet_site(self, site: str, since: datetime, due: int, odds: float) -> tuple[Sentence, ...]:
        """A whole site is silent."""
        at, once_in = self.time(site, since), max(1, round(1 / odds)) if odds else 10**9
        return (
            (
                f"{site} 自 {at} 起没有任何扫描，其间应扫描 {due} 件",
                f"No scan of anything at {site} since {at}; {due} parcels were due meanwhile",
            ),
            (
                f"正常作业的网点约每 {once_in} 次才有一次这样安静：可能断网或断电",
                f"A working site is as quiet once in {once_in} times: cut off, or without power",
            ),
        )


def container_words(ride: str) -> Sentence:
    """``vehicle:V-1@755A`` as people say it."""
    container, _, site = ride.partition("@")
    kind, _, name = container.partition(":")
    return f"{_CONTAINERS_ZH.get(kind, kind)} {name}（自 {site}）", f"{kind} {name} (from {site})"


def _silence_bar(silent_h: float, mark_h: float, mark_zh: str, mark_en: str) -> Bar:
    return Bar(
        silent_h,
        max(silent_h, mark_h),
        f"已沉默 {silent_h} 小时；竖线：{mark_zh}",
        f"silent for {silent_h} h; mark: {mark_en}",
        mark=mark_h,
    )


def hours(span: timedelta) -> float:
    """Hours as people read them, to a tenth; a silence is never less than that."""
    return max(0.1, round(span / timedelta(hours=1), 1))


def rarity_of(odds: float) -> tuple[int, int]:
    """Of how many that are not lost how many are silent: at least 1 of 1,000 to 1,000,000, else 0.

    What is rounded to all of them is one less, unless it is certain.
    """
    for of in (1_000, 10_000, 100_000, 1_000_000):
        if odds * of >= 1:
            return of, of if odds >= 1 else min(of - 1, round(odds * of))
    return 1_000_000, 0


def _where(company: Siblings, seen: int, first: str | None) -> Sentence:
    """Where those were scanned that were; of many sites some are named."""
    sites = sorted(company.seen_at, key=lambda site: (site != first, site))
    if not sites:
        return "", "since"
    more = len(sites) > SITES_NAMED_MAX
    named_zh = "、".join(sites[:SITES_NAMED_MAX]) + ("等地" if more else "")
    named_en = ", ".join(sites[:SITES_NAMED_MAX]) + (" and elsewhere" if more else "")
    if company.come == seen:
        return f"在 {named_zh} ", f"at {named_en}"
    # Some were seen by themselves where they left from: only when, not where, is true of all.
    return f"（部分在 {named_zh}）", f"since, some of them at {named_en}"
