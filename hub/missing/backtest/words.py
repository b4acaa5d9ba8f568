"""What a backtest says, in Chinese and English. Pure.

Source: docs/backtest.md; console.md (plain words, figures with their baseline).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hub.missing.backtest.history import GONE_H, Past
from hub.missing.backtest.judging import PLANNED_MIN, Reason, Split, Thin, Verdict
from hub.missing.backtest.rows import CLOCK_AHEAD_MAX, PLAN_MAX, YEAR_MIN, Doubt, Fault, Finding
from hub.missing.learning.contest import Against, Row, Sureness

Sentence = tuple[str, str]
"""Chinese, English."""

FILE_FAULTS: Mapping[str, Sentence] = {
    "no_file": ("{value} 不是文件", "{value} is no file"),
    "unreadable": ("无法读取：{value}", "cannot be read: {value}"),
    "empty": ("文件是空的", "the file is empty"),
    "stranger": (
        "这不是 CSV，而是 {value}：请另存为“CSV UTF-8（逗号分隔）”",
        "this is no CSV but {value}: save it as “CSV UTF-8 (comma delimited)”",
    ),
    "gb18030": (
        "文件编码是 GB18030（GBK），不是 UTF-8：请另存为“CSV UTF-8”，"
        "或运行 iconv -f GB18030 -t UTF-8",
        "the file is in GB18030 (GBK), not in UTF-8: save it as “CSV UTF-8”, "
        "or run iconv -f GB18030 -t UTF-8",
    ),
    "not_utf8": ("文件编码不是 UTF-8", "the file is not in UTF-8"),
    "header": (
        "第一行缺少列 {value}；必须有 waybill,site,step,at，以逗号分隔。第一行是：{more}",
        "the first line has no column {value}; there must be waybill,site,step,at, set apart by "
        "commas. It reads: {more}",
    ),
    "twice": ("第一行中列 {value} 出现两次", "the first line has the column {value} twice"),
    "no_csv": ("第一行不是 CSV：{value}", "the first line is no CSV: {value}"),
    "rows_max": (
        "超过 {value} 行（或超过 {more} 个站点）：请给出较短的时间段",
        "more than {value} rows (or {more} sites): give a shorter time",
    ),
    "bytes_max": (
        "文件超过 {value} GiB：请给出较短的时间段",
        "the file is longer than {value} GiB: give a shorter time",
    ),
    "no_rows": ("没有一行可用", "there is no row that can be used"),
}
FINDINGS: Mapping[Fault | Doubt, Sentence] = {
    Fault.LINE_LONG: ("这一行太长", "the line is too long"),
    Fault.NOT_UTF8: ("不是 UTF-8", "not UTF-8"),
    Fault.NO_CSV: ("引号未闭合或格式错误：{value}", "a quote is not closed: {value}"),
    Fault.FIELDS: ("有 {value} 列，应为 {more} 列", "{value} columns where {more} are due"),
    Fault.EMPTY: ("空", "empty"),
    Fault.ODD: ("太长，或含不可见字符：{value}", "too long, or has hidden characters: {value}"),
    Fault.NO_ZONE: (
        "{value} 没有时区（例如 +08:00）",
        "no time zone in {value} (write it with +08:00, say)",
    ),
    Fault.NO_TIME: (
        "{value} 不是时间（应如 2026-11-22T09:30:00+08:00）",
        "{value} is no time (like 2026-11-22T09:30:00+08:00)",
    ),
    Fault.TOO_OLD: (f"{{value}} 早于 {YEAR_MIN} 年", f"{{value}} is before the year {YEAR_MIN}"),
    Fault.FUTURE: (
        f"{{value}} 在未来（超过 {CLOCK_AHEAD_MAX.seconds // 60} 分钟）",
        f"{{value}} is in the future (by more than {CLOCK_AHEAD_MAX.seconds // 60} minutes)",
    ),
    Fault.PLAN_FAR: (
        f"{{value}} 与扫描相差超过 {PLAN_MAX.days} 天",
        f"{{value}} is more than {PLAN_MAX.days} days from the scan",
    ),
    Fault.UNKNOWN_SITE: (
        "{value} 不在网络文件中",
        "{value} is not in the network file",
    ),
    Fault.UNKNOWN_STEP: (
        "没有作业步骤 {value}；有：{more}",
        "no step {value}; there are {more}",
    ),
    Fault.UNKNOWN_OUTCOME: ("没有结果 {value}；有：{more}", "no outcome {value}; there are {more}"),
    Fault.DUPLICATE: ("与第 {more} 行相同", "the same as row {more}"),
    Doubt.OTHER_ZONE: (
        "{value} 的时区与站点的时区 {more} 不符；按所写时刻采用",
        "the offset of {value} is not that of the site's zone, {more}; taken as written",
    ),
    Doubt.UNSORTED: (
        "比第 {more} 行晚，却在其之前；已按时间排序",
        "later than row {more}, but stands before it; put in order of time",
    ),
    Doubt.TWO_OUTCOMES: (
        "运单 {value} 既已签收又已丢失；按丢失计",
        "waybill {value} is both delivered and lost; counted as lost",
    ),
}
METHODS: Mapping[str, Sentence] = {
    "fixed hours": ("固定时长", "fixed hours"),
    "lane 95 % quantile": ("线路 95 % 分位数", "lane 95 % quantile"),
    "late against schedule": ("晚于计划", "late against schedule"),
    "custos": ("Custos 模型", "Custos' model"),
}
VERDICTS: Mapping[str, Sentence] = {
    "better": ("更好", "better"),
    "not worse": ("不差", "not worse"),
    "WORSE": ("更差", "WORSE"),
}
COLUMNS: Mapping[str, Sentence] = {
    "product": ("产品", "product"),
    "value_class": ("价值等级", "value class"),
}
THIN: Mapping[Thin, Sentence] = {
    Thin.LEARN: (
        "历史太少：可供学习的运单只有 {found} 个，至少需要 {needed} 个",
        "too little history: parcels to learn from: {found}, at least {needed} are needed",
    ),
    Thin.JUDGE: (
        "历史太少：可供检验的运单只有 {found} 个，至少需要 {needed} 个",
        "too little history: parcels to judge by: {found}, at least {needed} are needed",
    ),
    Thin.BUDGET: (
        "每千件 {budget:g} 次误报无法检验：需要 {needed} 个运单供学习，只有 {found} 个",
        "{budget:g} of 1,000 cannot be judged: that needs {needed} parcels to learn from, there "
        "are {found}",
    ),
}


@dataclass(frozen=True)
class Tongue:
    """Speaks one of the two languages."""

    is_chinese: bool

    def say(self, sentence: Sentence, **words: object) -> str:
        """One sentence with its figures."""
        return sentence[0 if self.is_chinese else 1].format(**words)

    def file_fault(self, what: str, value: str = "", more: str = "") -> str:
        """Why a file is not read."""
        return self.say(FILE_FAULTS[what], value=value, more=more)

    def finding(self, found: Finding) -> str:
        """One row's trouble."""
        what = self.say(FINDINGS[found.what], value=found.value or '""', more=found.more)
        where = self.say(("第 {row} 行", "row {row}"), row=found.row)
        return ": ".join(filter(None, (where, found.column, what)))

    def counted(self, what: Fault | Doubt, count: int) -> str:
        """How many rows had one trouble."""
        kind = ("未采用", "left out") if isinstance(what, Fault) else ("已采用", "taken")
        name = self.say(FINDINGS[what], value="…", more="…")
        sentence = ("{kind} {count} 行：{name}", "{kind}, {count} x: {name}")
        return self.say(sentence, count=f"{count:,}", kind=self.say(kind), name=name)

    def reading(self, rows: int) -> str:
        """That a long file is being read."""
        return self.say(("已读 {rows} 行", "{rows} rows read"), rows=f"{rows:,}")

    def learning(self, done: int, of: int) -> str:
        """That parts of it have been learned from."""
        return self.say(
            ("学习并检验：{done}/{of}", "learning and judging: {done} of {of} done"),
            done=done,
            of=of,
        )

    def reason(self, why: Reason) -> str:
        """Why there is no judgement."""
        found, needed = f"{why.found:,}", f"{why.needed:,}"
        return self.say(THIN[why.what], found=found, needed=needed, budget=why.budget)

    def past(self, past: Past, rows: int, unread: tuple[str, ...]) -> Iterator[str]:
        """What was read."""
        sentence = (
            "读入 {rows} 次扫描：{whole} 段沉默，其中 {open} 段尚未结束；{gone} 个运单在超过 "
            "{gone_h:g} 小时前断了线索，既不算完好也不算丢失；{lost} 个运单记为丢失",
            "Scans read: {rows}. Silences: {whole}, not over yet: {open}. Parcels last seen more "
            "than {gone_h:g} h before the end, which count as neither good nor lost: {gone}. Told "
            "as lost: {lost}.",
        )
        yield self.say(
            sentence, rows=f"{rows:,}", whole=f"{past.of_all:,}", open=f"{past.open:,}",
            gone=f"{past.gone:,}", gone_h=GONE_H, lost=f"{len(past.lost):,}",
        )  # fmt: skip
        if len(past.silences) < past.of_all:
            drawn = (
                "采用随机抽取的整个运单，共 {count} 段沉默",
                "whole parcels were drawn from them: {count} silences",
            )
            yield self.say(drawn, count=f"{len(past.silences):,}")
        if past.planned_share < PLANNED_MIN:
            sentence = (
                "只有 {share:.0%} 的沉默有计划时间：不与“晚于计划”比较",
                "only {share:.0%} of the silences have a plan: not compared with hours late",
            )
            yield self.say(sentence, share=past.planned_share)
        if unread:
            sentence = ("未使用的列：{names}", "columns that were not used: {names}")
            yield self.say(sentence, names=", ".join(unread))

    def verdict(self, found: Verdict) -> Iterator[str]:
        """The whole table."""
        yield self._how(found)
        for budget in dict.fromkeys(each.budget for each in found.contest.rows):
            sentence = (
                "每 1,000 个完好运单允许误报 {budget:g} 个：",
                "{budget:g} of 1,000 good parcels may alarm wrongly:",
            )
            yield self.say(sentence, budget=budget)
            for row in (each for each in found.contest.rows if each.budget == budget):
                yield "  " + self._row(row)
            for against in (each for each in found.contest.against if each.budget == budget):
                yield "  " + self._against(against)
        for sure in found.contest.sureness:
            yield self._sureness(sure)
        yield from self._groups(found)
        yield from self._real(found)
        for reason in found.skipped:
            yield self.reason(reason)

    def _how(self, found: Verdict) -> str:
        ways: Mapping[Split, Sentence] = {
            Split.TIME: (
                "检验的是最后四分之一首次出现的运单；学习只用此前的扫描",
                "Judged: the quarter of the parcels that was seen first last; learned from: scans "
                "before",
            ),
            Split.PARCELS: (
                "检验的是随机抽取的四分之一运单，共三次；学习用其余运单",
                "Judged: a quarter of the parcels, drawn by chance, three times; learned from: the "
                "others",
            ),
        }
        sentence = (
            "{way}（{learned} 个运单供学习，{judged} 个供检验）。每段沉默中均匀地设想丢失；"
            "时间从丢失算起，到报警为止。",
            "{way} ({learned} parcels to learn from, {judged} to judge by). In each silence a loss "
            "is imagined, evenly over it; hours count from the loss to the alarm.",
        )
        way = self.say(ways[found.split])
        return self.say(sentence, way=way, learned=f"{found.learned:,}", judged=f"{found.judged:,}")

    def _row(self, row: Row) -> str:
        sentence = (
            "{name}：平均 {mean_h:.1f} 小时，半数在 {median_h:.1f} 小时内，九成在 {p90_h:.1f} "
            "小时内；24/48/72 小时内发现 {within_24_h:.0%}/{within_48_h:.0%}/{within_72_h:.0%}；"
            "实际误报每千件 {false_per_1000:.2f}（为预算的 {realised_over_nominal:.2f} 倍）",
            "{name}: {mean_h:.1f} h on the mean, half within {median_h:.1f} h, nine of ten within "
            "{p90_h:.1f} h; found within 24/48/72 h: {within_24_h:.0%}/{within_48_h:.0%}/"
            "{within_72_h:.0%}; false alarms {false_per_1000:.2f} per 1,000 "
            "({realised_over_nominal:.2f} of the budget)",
        )
        return self.say(sentence, name=self.say(METHODS[row.method]), **row.figures)

    def _against(self, against: Against) -> str:
        gain = against.difference
        sentence = (
            "Custos 模型比“{other}”{verdict}：平均{way} {gain:.1f} 小时"
            "（95 %：早 {low:+.1f} 至 {high:+.1f}）",
            "Custos' model is {verdict} than {other}: {gain:.1f} h {way} on the mean "
            "(95 %: {low:+.1f} to {high:+.1f} earlier)",
        )
        return self.say(
            sentence, other=self.say(METHODS[against.other]),
            verdict=self.say(VERDICTS[against.verdict]), gain=abs(gain.gain_h),
            way=self.say(("早", "earlier") if gain.gain_h >= 0 else ("晚", "later")),
            low=gain.low_h, high=gain.high_h,
        )  # fmt: skip

    def _sureness(self, sure: Sureness) -> str:
        sentence = ("{name}：PR-AUC {area:.3f}", "{name}: PR-AUC {area:.3f}")
        told = self.say(sentence, name=self.say(METHODS[sure.method]), area=sure.pr_auc)
        if sure.error is None or sure.alarm_error is None:
            return told
        sentence = (
            "；所说概率与实际平均相差 {error:.4f}，高于 0.2 者相差 {alarm:.3f}",
            "; what it says as a probability is off by {error:.4f} on the mean, by {alarm:.3f} "
            "above 0.2",
        )
        return told + self.say(sentence, error=sure.error, alarm=sure.alarm_error)

    def _groups(self, found: Verdict) -> Iterator[str]:
        sentence = (
            "{column} {name}（{parcels} 个运单，每千件 {budget:g} 次误报）：平均 {mean:.1f} 小时，"
            "实际误报每千件 {false:.2f}",
            "{column} {name} ({parcels} parcels, at {budget:g} per 1,000): {mean:.1f} h on the "
            "mean, false alarms {false:.2f} per 1,000",
        )
        for each in found.groups:
            yield self.say(
                sentence, column=self.say(COLUMNS[each.column]), name=each.name,
                parcels=f"{each.parcels:,}", budget=found.groups_at, mean=each.mean_h,
                false=each.false_per_1000,
            )  # fmt: skip

    def _real(self, found: Verdict) -> Iterator[str]:
        if found.real is None:
            return
        sentence = (
            "{parcels} 个真正丢失的运单：每千件 {budget:g} 次误报时，半数在最后一次扫描后 "
            "{median:.1f} 小时内报警",
            "{parcels} parcels that were truly lost: at {budget:g} per 1,000, half of them alarmed "
            "within {median:.1f} h of their last scan",
        )
        for budget, median in found.real.median_h.items():
            yield self.say(sentence, parcels=found.real.parcels, budget=budget, median=median)
