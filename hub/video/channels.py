"""Tell of sites whose dedicated channel is not as it must be. Source: HV-2.11.3."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from hub.alerts.service import AlertKind, Finding, close_alert, raise_alert
from hub.network import Network
from hub.video.rules.channels import ChannelFault, FoundFault, channel_faults

_WORDS = {
    ChannelFault.NO_AREA: ("没有专属区域", "the site has no dedicated area"),
    ChannelFault.NO_CHANNEL: (
        "有监控设备而没有专属通道“{detail}”",
        "cameras are installed, and none of them is “{detail}”",
    ),
    ChannelFault.BLIND_SPOT: (
        "专属通道看不到专属区域 {detail}",
        "it does not see the dedicated area {detail}",
    ),
    ChannelFault.NAME: ("通道名称应为“{detail}”", "its name must be “{detail}”"),
}


@dataclass(slots=True)
class ChannelDuty:
    """Judges every site's channels once: the network file changes only at a start."""

    network: Network
    name = "channels"
    _is_done: bool = False

    def run(self, tx: Connection, now: datetime) -> None:
        """One alert for each site, with its first fault; it closes when all are mended."""
        if self._is_done:
            return
        for site in self.network.sites:
            faults = channel_faults(self.network, site)
            # The words may have changed with the file.
            close_alert(tx, AlertKind.CHANNEL_FAULT, site, now)
            if faults:
                raise_alert(tx, _finding(site, faults[0], now), now)
        self._is_done = True


def _finding(site: str, found: FoundFault, now: datetime) -> Finding:
    chinese, english = (words.format(detail=found.detail) for words in _WORDS[found.fault])
    words = {"what_zh": chinese, "what_en": english}
    return Finding(AlertKind.CHANNEL_FAULT, site, now, site=site, words=words)
