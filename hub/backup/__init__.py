"""Back a hub up while it runs, and bring it back: docs/adr/0035."""
