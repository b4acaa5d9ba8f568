"""Every key of the policy in words: unit, rule, and whether the sources leave it open. Pure.

In the order of ``wire/policy.toml``, whose "confirm" marks say the same as ``is_open``: a test
holds both together. Source: domain.md ("Values a source leaves open").
"""

from hub.policy.rules.term import Term, Unit


def _said(key: str, rule: str, unit: Unit | None, zh: str, en: str) -> Term:
    return Term(key, rule, unit, False, zh, en)


def _open(key: str, rule: str, unit: Unit | None, zh: str, en: str) -> Term:
    return Term(key, rule, unit, True, zh, en)


_MISSING = "HV-2.11.2"
_VIDEO = "HV-2.11.3"

TERMS = (
    _open("waybill.pattern", "HV-2.11.1", None, "运单号格式", "form of a waybill"),
    _open("waybill.symbologies", "HV-2.11.1", None, "运单条码制式", "barcodes of a waybill"),
    _open("waybill.check", "HV-2.11.1", None, "运单校验位", "check digit of a waybill"),
    _said(
        "waybill.series_hv", "HV-2.11.1", None, "高价值运单号段", "series of high-value waybills"
    ),
    _open(
        "list.stale_age_s",
        "HV-2.4.1",
        Unit.S,
        "通缉名单多久未更新算过期",
        "a wanted list without news is stale after",
    ),
    _open(
        "scan.repeat_guard_ms",
        "HV-2.2.5",
        Unit.MS,
        "同一条码连读算一次的时间",
        "the same code within this is one scan",
    ),
    _open(
        "scan.resend_window_s",
        "HV-2.2.5",
        Unit.S,
        "扫描枪可能自行重发的时间",
        "a scanner may send a code again within",
    ),
    _open(
        "session.idle_min",
        "HV-2.2.5",
        Unit.MIN,
        "空闲多久后忘记人员与环节",
        "who and step are forgotten after idling",
    ),
    _open(
        "link.hub_silent_s",
        "HV-2.2.5",
        Unit.S,
        "中心多久无回执算断线",
        "without a receipt the hub counts as offline after",
    ),
    _open(
        "late.late_s",
        "HV-2.2.5",
        Unit.S,
        "记录后多久到达算迟到",
        "a record that arrives after this is late",
    ),
    _open(
        "late.future_max_h",
        "HV-2.2.5",
        Unit.H,
        "时间超前多少就不采信",
        "times further ahead are not believed",
    ),
    _open(
        "handover.open_min",
        "HV-2.2.6",
        Unit.MIN,
        "单方交接后交方仍负责的时间",
        "after a one-sided handover the giver answers for",
    ),
    _open(
        "handover.join_min",
        "HV-2.2.6",
        Unit.MIN,
        "两台设备扫描算同一次交接的时间",
        "two devices' scans within this are one handover",
    ),
    _open(
        "delivery.signer_min",
        "HV-2.6",
        Unit.MIN,
        "派送后录入签收人证件的时限",
        "the signer's ID is typed within",
    ),
    _said(
        "delivery.warn_at",
        "HV-2.6",
        Unit.CLOCK,
        "当日派送提醒时间",
        "people are warned of today's deliveries at",
    ),
    _said("delivery.due_at", "HV-2.6", Unit.CLOCK, "当日派送截止时间", "deliveries are done by"),
    _open(
        "delivery.signed_return_h",
        "HV-1.2.8",
        Unit.H,
        "签回单影像上传并核对通过的时限",
        "a signed return's copy is accepted within",
    ),
    _open(
        "storage.within_min",
        "HV-2.8",
        Unit.MIN,
        "停留超过此时间须有存放记录",
        "what lies longer at a site has a storage recorded",
    ),
    _said(
        "acceptance.hv_above_cny",
        "HV-1.2.1",
        Unit.CNY,
        "声明价值超过此数为高价值",
        "a declared value above this is high",
    ),
    _said(
        "acceptance.value_cny_max",
        "HV-1.2.2",
        Unit.CNY,
        "声明价值上限",
        "highest declared value that is accepted",
    ),
    _said(
        "acceptance.weight_kg_max",
        "HV-1.2.1",
        Unit.KG,
        "高价值快件单件最大重量",
        "greatest weight of a high-value piece",
    ),
    _said(
        "acceptance.size_mm_max",
        "HV-1.2.1",
        Unit.MM,
        "高价值快件单件最大尺寸",
        "greatest size of a high-value piece",
    ),
    _said(
        "acceptance.pieces_max",
        "HV-1.2.2",
        Unit.PIECES,
        "高价值运单最多件数",
        "pieces on one high-value waybill",
    ),
    _said("vehicle.kinds", "HV-X8", None, "高价值快件可用车型", "vehicles for high-value parcels"),
    _said(
        "vehicle.electronics_kinds", "HV-X8", None, "电子产品可用车型", "vehicles for electronics"
    ),
    _open(
        "missing.late_min",
        _MISSING,
        Unit.MIN,
        "无历史数据时预计的平均晚点",
        "mean lateness where nothing is learned",
    ),
    _open(
        "missing.samples_min",
        _MISSING,
        Unit.SCANS,
        "历史数据与预设等重所需扫描数",
        "past scans that weigh as much as that",
    ),
    _open(
        "missing.false_per_1000",
        _MISSING,
        Unit.PER_1000,
        "允许误报为疑似遗失的正常快件",
        "good parcels that may be suspected",
    ),
    _open(
        "missing.lost_per_10000",
        _MISSING,
        Unit.PER_10000,
        "预计遗失的快件",
        "parcels that are lost, as expected",
    ),
    _open(
        "missing.handle_min",
        _MISSING,
        Unit.MIN,
        "到件后最快离开网点的时间",
        "a parcel leaves a site no sooner than",
    ),
    _open(
        "missing.delivery_min",
        _MISSING,
        Unit.MIN,
        "派送截止前须出门的提前量",
        "deliveries go out so long before they are due",
    ),
    _open(
        "missing.unplanned_min",
        _MISSING,
        Unit.MIN,
        "无路由的高价值快件多久无音信算疑似",
        "silence of a high-value parcel without a route",
    ),
    _open(
        "missing.silent_max_min",
        _MISSING,
        Unit.MIN,
        "应扫未扫后最长等待",
        "longest wait after a scan was due",
    ),
    _open(
        "missing.site_silent_min",
        _MISSING,
        Unit.MIN,
        "网点多久无扫描算无音信",
        "a site without any scan is silent after",
    ),
    _open(
        "missing.site_odds",
        _MISSING,
        Unit.ONE_IN,
        "正常网点如此安静的概率",
        "odds that a working site is so quiet",
    ),
    _open(
        "missing.group_min",
        _MISSING,
        Unit.PARCELS,
        "同行多少件起算一组",
        "parcels that travel together are a group from",
    ),
    _open(
        "missing.group_pct",
        _MISSING,
        Unit.PCT,
        "一组中多少无音信算整组",
        "a group is silent as a whole from",
    ),
    _open(
        "missing.undeclared_cny",
        _MISSING,
        Unit.CNY,
        "未声明价值的普通快件按此计",
        "an ordinary parcel of undeclared value counts as",
    ),
    _open(
        "missing.doubtful_pct",
        _MISSING,
        Unit.PCT,
        "遗失概率低于此值的疑似件再看",
        "a suspicion is looked at again where P(lost) is below",
    ),
    _open(
        "missing.second_look_min",
        _MISSING,
        Unit.MIN,
        "存疑的疑似件多久再看一次",
        "a doubtful suspicion is looked at again after",
    ),
    _open("holiday.added", "HV-1.2.6", Unit.DATES, "增加的法定节假日", "added statutory holidays"),
    _open(
        "holiday.removed", "HV-1.2.6", Unit.DATES, "取消的法定节假日", "days that are no holidays"
    ),
    _said(
        "incident.self_check_min",
        _MISSING,
        Unit.MIN,
        "自查多久未果上报大区",
        "a self-check goes to the region after",
    ),
    _open(
        "incident.lost_h",
        _MISSING,
        Unit.H,
        "上报后多久未找到算遗失",
        "an escalated parcel counts as lost after",
    ),
    _open(
        "incident.follow_up_min",
        "HV-2.11.2.2",
        Unit.MIN,
        "责任人跟进时限",
        "the responsible person follows up within",
    ),
    _open(
        "mail.stuck_min",
        _MISSING,
        Unit.MIN,
        "邮件多久未发出报警",
        "a waiting mail is an alert after",
    ),
    _open(
        "mail.give_up_h", _MISSING, Unit.H, "邮件多久后停止重试", "a mail is not tried again after"
    ),
    _open("retention.days", _VIDEO, Unit.DAYS, "监控录像至少保存", "footage is kept at least"),
    _open(
        "retention.area_days",
        _VIDEO,
        Unit.DAYS,
        "存放区、专属区与柜台录像至少保存",
        "footage of storage places, dedicated areas and counters is kept at least",
    ),
    _open("video.margin_s", _VIDEO, Unit.S, "扫描前后取录像", "footage looked for around a scan"),
    _open(
        "video.certificate_min",
        _VIDEO,
        Unit.MIN,
        "多久后仍不明的录像写明“不明”",
        "what is not known of an event's footage is told after",
    ),
    _open("video.gap_s", _VIDEO, Unit.S, "录像缺口多长报警", "a gap in footage is an alert from"),
    _open(
        "video.sighting_s",
        _VIDEO,
        Unit.S,
        "面单离开画面多久后算再次经过",
        "a label out of view for so long passes anew",
    ),
    _open(
        "video.send_kbit_s",
        _VIDEO,
        Unit.KBIT_S,
        "录像上传速率上限",
        "footage is sent at up to",
    ),
    _open("video.still_s", _VIDEO, Unit.S, "监控画面更新间隔", "a camera's picture is sent every"),
    _open(
        "video.own_clock_s",
        _VIDEO,
        Unit.S,
        "画面时间误差多大算不准",
        "the time written in a picture is wrong from",
    ),
    _open(
        "monitoring.log_send_at",
        _VIDEO,
        Unit.CLOCK,
        "前一日监控记录发送时间",
        "the log of the day before is sent at",
    ),
    _said(
        "monitoring.log_due_at",
        _VIDEO,
        Unit.CLOCK,
        "前一日监控记录最迟送达上级部门",
        "the log of the day before is with the department above by",
    ),
    _said(
        "monitoring.month_day",
        _VIDEO,
        Unit.MONTH_DAY,
        "上月监控汇总最迟送达（次月几日）",
        "a month's summary is with the department above by this day of the next",
    ),
    _open(
        "manifest.window_h",
        "HV-2.4",
        Unit.H,
        "清单登记前多久的装载算本趟",
        "scans so long before a manifest are of its trip",
    ),
    _open(
        "manifest.flight_min",
        "HV-2.4.2",
        Unit.MIN,
        "航班起飞后登记清单的时限",
        "a flight's manifest comes after it left within",
    ),
    _said(
        "dispatch.list_min",
        "HV-2.7",
        Unit.MIN,
        "班次交接后发送登记表的时限",
        "the HV list is sent after a shift within",
    ),
    _open(
        "dispatch.receive_min",
        "HV-2.7",
        Unit.MIN,
        "目的调度中心接收的时限",
        "the destination's centre receives it within",
    ),
)
