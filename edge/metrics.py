"""The few figures that an operator acts on, for Prometheus. Source: style ("Logging")."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.001, 0.002, 0.005, 0.010, 0.025, 0.050, 0.100, 0.250, 1.0)


class Metrics:
    """One edge's figures, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.scans = Counter(
            "custos_edge_scans", "Recorded scans", ["result"], registry=self.registry
        )
        self.not_recorded = Counter(
            "custos_edge_not_recorded", "Scans that the disk refused", registry=self.registry
        )
        self.answer_seconds = Histogram(
            "custos_edge_answer_seconds",
            "From a scan's last byte to its answer handed to the port's thread, commit inside",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.depth = Gauge(
            "custos_edge_spool_depth", "Lines without a receipt", registry=self.registry
        )
        self.connected = Gauge(
            "custos_edge_connected", "1 while the broker holds us", registry=self.registry
        )
        self.refused_messages = Counter(
            "custos_edge_refused_messages", "Messages not believed", registry=self.registry
        )
        self.dropped_messages = Counter(
            "custos_edge_dropped_messages",
            "Messages and touches dropped because their queue was full",
            registry=self.registry,
        )
        self.forgotten_early = Counter(
            "custos_edge_forgotten_early",
            "Receipted lines forgotten before their seven days, the spool being crowded",
            registry=self.registry,
        )
        self.noise_bytes = Gauge(
            "custos_edge_noise_bytes",
            "Bytes off a scanner's cable that were no code",
            ["device"],
            registry=self.registry,
        )
        self.port_crashes = Gauge(
            "custos_edge_port_crashes",
            "Errors that nobody foresaw in a port's thread",
            ["device"],
            registry=self.registry,
        )
        self.crashes = Counter(
            "custos_edge_thread_crashes",
            "Errors that nobody foresaw, by thread",
            ["thread"],
            registry=self.registry,
        )
        self._count_footage()

    def _count_footage(self) -> None:
        self.footage_files = Counter(
            "custos_edge_footage_files",
            "Ordered files by what became of them: sent, gone, refused by the hub",
            ["outcome"],
            registry=self.registry,
        )
        self.footage_days = Gauge(
            "custos_edge_footage_days",
            "Days of footage that the disk holds at the last day's rate, at most those asked for",
            registry=self.registry,
        )
        self.footage_bytes = Counter(
            "custos_edge_footage_bytes", "Bytes of ordered files sent", registry=self.registry
        )
        self.pictures_sent = Counter(
            "custos_edge_pictures_sent", "Stills sent to the hub", registry=self.registry
        )
        self.label_pictures_skipped = self._of_cameras(
            "label_pictures_skipped",
            "Pictures in which no labels were looked for because reading was behind",
        )
        self.picture_times_mended = self._of_cameras(
            "picture_times_mended",
            "Pictures whose own time was not after that of the picture before",
        )
        self.clock_codes_doubted = self._of_cameras(
            "clock_codes_doubted",
            "Clock codes before a camera that no screen of this edge can have shown",
        )
        self.own_clock_failures = Counter(
            "custos_edge_own_clock_failures",
            "Times that a camera was asked for its own time in vain, and why",
            ["camera", "failure"],
            registry=self.registry,
        )

    def _of_cameras(self, name: str, what: str) -> Counter:
        return Counter(f"custos_edge_{name}", what, ["camera"], registry=self.registry)
