"""What ``custos-sim`` refuses to do."""


class RefusedError(Exception):
    """The call cannot be carried out and nothing was started: one sentence, exit 2."""
