"""What an alert says, in both languages; Chinese first. Words are shown as text, never as markup.

Source: domain.md (glossary), console.md.
"""

from hub.alerts.rules import AlertKind, Finding

_TEXTS = {
    AlertKind.HV_PASSAGE: (
        "特殊安全产品(高价值)快件 {waybill} 经过 {site}",
        "High-value parcel {waybill} is passing {site}",
    ),
    AlertKind.WANTED: (
        "通缉快件 {waybill} 在 {site} 被扫描：{reason}",
        "Wanted parcel {waybill} was scanned at {site}: {reason}",
    ),
    AlertKind.STOP: (
        "禁止流转：{waybill} 在 {site} 被扫描：{reason}",
        "Stop: {waybill} was scanned at {site}: {reason}",
    ),
    AlertKind.WANTED_PAST: (
        "通缉快件 {waybill} 此前已在 {site} 被扫描（{at}），当时未报警：{reason}",
        "Wanted parcel {waybill} was already scanned at {site} ({at}), without alarm: {reason}",
    ),
    AlertKind.HOSTILE_LABEL: (
        "{subject} 扫到可疑标签，已记录并拒绝",
        "{subject} read a hostile label; it was recorded and rejected",
    ),
    AlertKind.SCANNER_REPROGRAMMED: (
        "扫描器 {subject} 的设置被改动：缺少 AIM 标识",
        "Scanner {subject} was reprogrammed: AIM ids are missing",
    ),
    AlertKind.DEVICE_LOST: ("扫描器 {subject} 失去连接", "Scanner {subject} is disconnected"),
    AlertKind.EDGE_SILENT: (
        "站点终端 {subject} 无音信，最后一次 {at}",
        "Edge {subject} is silent, last heard {at}",
    ),
    AlertKind.EDGE_REFUSED: (
        "拒收站点终端 {subject} 的数据：{problem}",
        "Data of edge {subject} was refused: {problem}",
    ),
    AlertKind.EDGE_CONFLICT: (
        "两台终端使用同一名称 {subject}，第二台已被拒绝",
        "Two edges use one name, {subject}; the second was refused",
    ),
    AlertKind.EDGE_REVOKED: (
        "已吊销的站点终端 {subject} 仍在发送，全部拒收，未保存任何数据",
        "Revoked edge {subject} still sends; all of it is refused, nothing is stored",
    ),
    AlertKind.EDGE_KEY_CHANGED: (
        "站点终端 {subject} 更换了签名密钥；若非本公司人员所为，请立即吊销",
        "Edge {subject} has changed its signing key; if nobody of yours did that, revoke it now",
    ),
    AlertKind.SPOOL_LOST: (
        "站点终端 {subject} 更换了磁盘，旧磁盘上未上传的记录已丢失：{what_zh}",
        "The disk of edge {subject} was replaced; what it had not sent is lost: {what_en}",
    ),
    AlertKind.BROKER_CERTIFICATE: (
        "消息服务器的证书将于 {at} 到期，届时所有终端断线：请运行 custos-hub broker 并重启它",
        "The broker's certificate ends at {at}, and then every edge is cut off: "
        "run custos-hub broker again and restart the broker",
    ),
    AlertKind.REVOCATION_UNTOLD: (
        "吊销名单无法写入消息服务器的目录 {subject}：{why}；中心已拒收，但消息服务器仍会放行",
        "The list of revoked certificates cannot be written to {subject}: {why}; "
        "the hub refuses them already, the broker does not yet",
    ),
    AlertKind.SPOOL_DIVERGED: (
        "站点终端 {subject} 与中心的记录不一致：{what_zh}（{spool}）",
        "Edge {subject} and the hub hold different records: {what_en} ({spool})",
    ),
    AlertKind.SPOOL_LINK: (
        "站点终端 {subject} 的新存储段 {spool} 与前一段接不上，中间可能缺少记录",
        "Spool {spool} of edge {subject} does not begin where the one before it ended: "
        "records may be missing",
    ),
    AlertKind.LINE_QUARANTINED: (
        "{subject} 的一条记录无法读取，原始字节已隔离保存",
        "A line of {subject} cannot be read; its raw bytes are kept in quarantine",
    ),
    AlertKind.PROJECTION_ERROR: (
        "{subject} 的事件已保存，但后续处理失败；程序修复后运行 custos-hub refold",
        "An event is stored, but working on it failed in {subject}; "
        "once the program is mended: custos-hub refold",
    ),
    AlertKind.ROLE_RESTARTED: (
        "中心进程 {subject} 已重启（{why}）",
        "Hub process {subject} was restarted ({why})",
    ),
    AlertKind.SUSPECTS_NOT_ASKED: (
        "{site} 的班次 {shift}（{day}）未查询疑似遗失件；最近一次查询：{who}，{at}",
        "{site}: nobody asked for suspected-lost parcels in shift {shift} ({day}); "
        "last asked by {who}, {at}",
    ),
    AlertKind.SUSPECT: (
        "疑似遗失：{what_zh}，{site} 请立即自查：{reason_zh}",
        "Probably lost: {what_en}; {site} must look for it now: {reason_en}",
    ),
    AlertKind.ESCALATED: (
        "{what_zh} 自查未找到，已上报区域营运联系人",
        "Not found by self-check, reported to the regional operations contact: {what_en}",
    ),
    AlertKind.LOST: ("{what_zh} 已判定遗失（{who}）", "Declared lost: {what_en} ({who})"),
    AlertKind.FOLLOW_UP_LATE: (
        "{what_zh}：{site} 责任人未按时跟进",
        "Not followed up in time by the responsible person of {site}: {what_en}",
    ),
    AlertKind.EXCEPTION: (
        "高价值快件 {waybill} 在 {site} 被报告{what_zh}（{who_zh}）；{then_zh}",
        "High-value parcel {waybill}, reported at {site} by {who_en}: {what_en}; {then_en}",
    ),
    AlertKind.PROBLEM_REPORTED: (
        "快件 {waybill} 在 {site} 被报告{what_zh}（{who_zh}）",
        "Parcel {waybill}, reported at {site} by {who_en}: {what_en}",
    ),
    AlertKind.MAIL_STUCK: (
        "邮件自 {at} 起未能发出，请检查邮件服务器",
        "Mail has been waiting since {at}: check the mail server",
    ),
    AlertKind.MAIL_REFUSED: (
        "邮件被拒收，不再重试：{subject}",
        "A mail was refused for good: {subject}",
    ),
    AlertKind.DISPATCH_UNSENT: (
        "{branch} 班次 {shift}（{day}）的高价值快件清单逾期未发送，应于 {at} 前发出",
        "{branch} has not sent its HV list of shift {shift}, {day}: it was due {at}",
    ),
    AlertKind.DISPATCH_UNFORWARDED: (
        "{site} 未转发 {branch} 班次 {shift}（{day}）的高价值快件清单，应于 {at} 前转发",
        "{site} has not forwarded the HV list of {branch}, shift {shift}, {day}: it was due {at}",
    ),
    AlertKind.DISPATCH_UNRECEIVED: (
        "{site} 未确认收到 {branch} 班次 {shift}（{day}）的高价值快件清单，{at} 已转发",
        "{site} has not confirmed the HV list of {branch}, shift {shift}, {day}: forwarded {at}",
    ),
    AlertKind.FLIGHT_UNREGISTERED: (
        "{site} 未按时登记航班 {flight} 的发运数据（清单），{at} 已离站",
        "{site} has not registered the dispatch data (manifest) of flight {flight}: it left {at}",
    ),
    AlertKind.SIGNED_RETURN_MISSING: (
        "{waybill} 已由 {site} 派送签收（{at}），签回单影像未按时上传或未核对通过",
        "{waybill} was delivered from {site} ({at}); no copy of its signed return was accepted",
    ),
    AlertKind.UNDECLARED: (
        "高价值快件 {waybill} 在 {site} 中转，没有申报资料可核对",
        "High-value parcel {waybill} is in transit at {site}, and no declaration is on record",
    ),
    AlertKind.SERIES_MISUSED: (
        "{waybill} 声明价值未超过标准，不得使用高价值运单（{site}）",
        "{waybill} at {site}: its declared value is too low for the high-value series",
    ),
    AlertKind.SERIES_MISSING: (
        "{waybill} 高价值未用专用运单且无说明，申报已被拒绝却仍在流转（{site}）",
        "{waybill} at {site}: a high value on an ordinary waybill was refused, and it travels",
    ),
    AlertKind.ABOVE_BAND: (
        "{waybill} 声明价值超过上限，申报已被拒绝却仍在流转（{site}）",
        "{waybill} at {site}: its declared value is above the band; it was refused, and it travels",
    ),
    AlertKind.OVERSIZE: (
        "高价值快件 {waybill} 超重或超尺寸，申报已被拒绝却仍在流转（{site}）",
        "{waybill} at {site}: too heavy or large for high value; it was refused, and it travels",
    ),
    AlertKind.SEVERAL_PIECES: (
        "高价值运单 {waybill} 不止一件，申报已被拒绝却仍在流转（{site}）",
        "{waybill} at {site}: several pieces on one high-value waybill; refused, and it travels",
    ),
    AlertKind.OPEN_HANDOVER: (
        "{waybill} 在 {site} 只有单方交接，无人确认接收",
        "{waybill} was handed over by one side only at {site}: nobody confirmed it",
    ),
    AlertKind.BAGGED_AT_BRANCH: (
        "分点部 {site} 将高价值快件 {waybill} 集包（包号 {what_zh}）",
        "Branch {site} bagged high-value parcel {waybill} (bag {what_en})",
    ),
    AlertKind.NO_HANDOVER: (
        "{waybill} 到达 {site} 时没有与承运人交接",
        "{waybill} was taken in at {site} without a handover",
    ),
    AlertKind.BAGGED_WITH_OTHERS: (
        "高价值快件 {waybill} 在 {site} 与普通快件混装（包号 {what_zh}）",
        "High-value parcel {waybill} was bagged with ordinary ones at {site} (bag {what_en})",
    ),
    AlertKind.LEFT_SIBLINGS: (
        "{waybill} 未随同批快件离开 {site}（{what_zh}）",
        "{waybill} did not leave {site} with the parcels packed or loaded with it ({what_en})",
    ),
    AlertKind.NOT_LOADED_FIRST: (
        "高价值快件 {waybill} 在 {site} 未优先装机，普通快件已先装（航班 {what_zh}）",
        "{waybill} was not loaded first at {site}: ordinary parcels were before it ({what_en})",
    ),
    AlertKind.PALLET_APART: (
        "高价值快件 {waybill} 在 {site} 未与同航班高价值快件同板（航班 {what_zh}）",
        "{waybill} was not on the pallet of the flight's other high-value parcels "
        "at {site} ({what_en})",
    ),
    AlertKind.VEHICLE_UNLISTED: (
        "{waybill} 在 {site} 装上未登记车辆（{what_zh}）",
        "{waybill} was loaded at {site} into a vehicle that is not recorded ({what_en})",
    ),
    AlertKind.VEHICLE_KIND: (
        "{waybill} 在 {site} 装上不合要求的车辆（{what_zh}）",
        "{waybill} was loaded at {site} into a vehicle that may not take its goods ({what_en})",
    ),
    AlertKind.NO_SIGNER: (
        "{waybill} 在 {site} 派送后未登记签收人证件",
        "{waybill} was delivered from {site} without the signer's ID",
    ),
    AlertKind.UNDELIVERED: (
        "{waybill} 从 {site} 派送，到规定时间仍未签收，请说明原因",
        "{waybill} went out from {site} and was not delivered by the day's hour: give the reason",
    ),
    AlertKind.STORAGE: (
        "{waybill} 在 {site} 的存放不合要求，缺少：{what_zh}",
        "{waybill} is stored at {site} without {what_en}",
    ),
    AlertKind.NO_CAMERA: (
        "{site} 未安装监控，却存放高价值快件",
        "{site} stores high-value parcels and has no camera",
    ),
    AlertKind.NOT_STORED: (
        "{waybill} 在 {site} 停留 {what_zh}，没有存放记录",
        "{waybill} lay at {site} for {what_en} with no storage recorded",
    ),
    AlertKind.WRONG_RECEIVER: (
        "{waybill} 到达中转场 {site}，由非指定人员接收",
        "{waybill} was taken in at hub {site} by somebody who is no designated receiver",
    ),
    AlertKind.WRONG_DELIVERER: (
        "{waybill} 在二级中转场 {site} 由非专职派送人员出仓派送",
        "{waybill} was taken out from level-2 hub {site} by somebody who is no dedicated deliverer",
    ),
    AlertKind.RETURN_UNSAID: (
        "{waybill} 退回 {site}，但没有退件扫描",
        "{waybill} came back to {site} without a return scan",
    ),
    AlertKind.STOPPED_MOVED: (
        "禁止流转的快件 {waybill} 在 {site} 被扫描出仓",
        "Stopped parcel {waybill} was scanned outbound at {site}",
    ),
    AlertKind.OLD_WAYBILL: (
        "{waybill} 已换新单 {what_zh}，却在 {site} 仍用旧单流转",
        "{waybill} goes on as {what_en} and was moved under its old waybill at {site}",
    ),
    AlertKind.CAMERA_LOST: (
        "{site} 的摄像头 {camera} 无信号",
        "Camera {camera} at {site} is lost: no picture comes",
    ),
    AlertKind.CAMERA_VIEW: (
        "{site} 的摄像头 {camera} 异常：{what_zh}",
        "Camera {camera} at {site} is {what_en}",
    ),
    AlertKind.FOOTAGE_GAP: (
        "{site} 的摄像头 {camera} 自 {since} 起有 {length} 秒没有录像",
        "No footage of camera {camera} at {site} for {length} s from {since} on",
    ),
    AlertKind.FOOTAGE_DAMAGED: (
        "{site} 摄像头 {camera} 的录像{what_zh}（保存于{where_zh}，文件 {file}）",
        "Footage of camera {camera} at {site} {what_en} (kept at {where_en}, file {file})",
    ),
    AlertKind.FOOTAGE_UNREAD: (
        "中心无法读取已保存的录像：{what_zh}（摄像头 {camera} 的文件 {file} 等）；请检查录像磁盘",
        "The hub cannot read stored footage: {what_en} (first file {file} of camera {camera}); "
        "check its disk",
    ),
    AlertKind.FOOTAGE_SHORT: (
        "站点终端 {subject} 的硬盘只够保存 {fit} 天录像，要求 {asked} 天",
        "The disk of edge {subject} holds {fit} days of footage; {asked} are asked for",
    ),
    AlertKind.FOOTAGE_ROOM: (
        "中心{what_zh}：剩余 {free} GiB，低于 {reserve} GiB 不再接收；请扩容",
        "The hub {what_en}: {free} GiB are free, below {reserve} GiB it takes none; add disk space",
    ),
    AlertKind.CHANNEL_FAULT: (
        "{site} 的高价值监控通道不合要求：{what_zh}",
        "The dedicated channel of {site} is not as required: {what_en}",
    ),
    AlertKind.PLAYBACK_MISSED: (
        "{site} {day} 无人查看监控回放",
        "Nobody viewed the playback of {site} on {day}",
    ),
    AlertKind.MONITORING_LOG_LATE: (
        "{site} 的监控记录（{period}）未按时送达上级部门，应于 {at} 前送达",
        "The monitoring log of {site} ({period}) has not gone to the department above: due {at}",
    ),
    AlertKind.SEEN_ELSEWHERE: (
        "{waybill} 在 {site} 被摄像头看到：{what_zh}",
        "{waybill} was seen by a camera at {site}: {what_en}",
    ),
    AlertKind.LIST_OVERTAKEN: (
        "站点终端 {subject} 持有中心没有的通缉名单（版本 {held}，中心 {version}）：请核对名单",
        "Edge {subject} held a wanted list that the hub does not know "
        "(version {held}, the hub's {version}): check the list's entries",
    ),
}
TEXT_CHARS_MAX = 500


class _Words(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "–"


def texts_of(finding: Finding) -> tuple[str, str]:
    """The alert's text in Chinese and in English; a missing word shows as a dash."""
    words = _Words(
        finding.words,
        subject=finding.subject,
        waybill=finding.waybill or "–",
        site=finding.site or "–",
    )
    chinese, english = (text.format_map(words) for text in _TEXTS[finding.kind])
    return chinese[:TEXT_CHARS_MAX], english[:TEXT_CHARS_MAX]
