"""Why something is suspected, in plain sentences with their numbers; Chinese first. Pure.

Source: console.md ("the evidence as three plain lines"), HV-2.11.2.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from hub.missing.rules.plan import Phase, Stop
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


def percent(share: float) -> str:
    """A share as people read it; a small one is not none."""
    if share >= 0.01:
        return f"{share:.0%}"
    return f"{share:.1%}" if share >= 0.001 else "<0.1%"


@dataclass(frozen=True)
class Words:
    """Writes times in the local time of the site that they are about."""

    zone_of: Zone
    policy: MissingPolicy

    def time(self, site: str, at: datetime) -> str:
        """Local time with its distance from UTC, to the minute."""
        return at.astimezone(self.zone_of(site)).strftime("%Y-%m-%d %H:%M %z")

    def last_seen(self, watch: Watch) -> Sentence:
        """Where the last scan was."""
        last, at = watch.last, self.time(watch.last.site, watch.last.at)
        step_zh = _STEPS_ZH[watch.step] if watch.step else "扫描"
        step_en = watch.step.value.replace("_", " ") if watch.step else "scan"
        return (
            f"最后一次扫描：{at} 于 {last.site}（{step_zh}）",
            f"Last scan: {at} at {last.site} ({step_en})",
        )

    def overdue(self, stop: Stop, now: datetime) -> Sentence:
        """What was expected next, and how late it is."""
        by, late = self.time(stop.site, stop.by), _hours(now - stop.by)
        zh, en = _PHASES[stop.phase]
        return (
            f"按班次应于 {by} 前{zh} {stop.site}，已晚 {late} 小时",
            f"By schedule it should {en} {stop.site} by {by}: {late} hours late",
        )

    def odds(self, odds: float, p_lost: float) -> Sentence:
        """How rare such a silence is, and what the estimate stands on."""
        once_in = max(1, round(1 / odds)) if odds else 10**6
        budget, prior = self.policy.false_per_1000, self.policy.lost_per_10000
        return (
            f"未遗失的快件约每 {once_in} 次才有一次沉默这么久；遗失概率估计 {percent(p_lost)}"
            f"（先验万分之 {prior}，误报预算千分之 {budget}）",
            f"A parcel that is not lost is silent for so long once in {once_in} times; "
            f"estimated {percent(p_lost)} lost (prior {prior} in 10,000, budget of false alarms "
            f"{budget} in 1,000)",
        )

    def siblings(self, siblings: Siblings) -> Sentence:
        """What became of those that travelled with it."""
        seen = siblings.total - len(siblings.unseen)
        zh, en = container_words(siblings.ride)
        if seen == 0:
            return (
                f"{zh}的 {siblings.total} 件离开后均未被扫描",
                f"None of the {siblings.total} in {en} was scanned since it left",
            )
        return (
            f"{zh}的 {siblings.total} 件中 {seen} 件此后已被扫描，{len(siblings.unseen)} 件没有",
            f"{seen} of {siblings.total} in {en} were scanned since, {len(siblings.unseen)} not",
        )

    def unplanned(self, watch: Watch, now: datetime) -> Sentence:
        """Nobody has said where it goes, so only its silence counts."""
        silent = _hours(now - watch.last.at)
        return (
            f"没有登记路由，已 {silent} 小时没有任何扫描",
            f"No route is known; no scan at all for {silent} hours",
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


def _hours(span: timedelta) -> str:
    return f"{span / timedelta(hours=1):.1f}"
