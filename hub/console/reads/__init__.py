"""The scans that sites skip: how many, where, and whether that gets better."""
