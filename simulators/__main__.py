"""``python -m simulators`` is ``custos-sim``."""

from simulators.cli import main

main()
