"""The far end of real cables: scanners on a pty or TCP port, and the demo (design P6)."""
