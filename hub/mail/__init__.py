"""Mail: what the hub writes to people outside, sent at least once and known by its Message-ID."""
