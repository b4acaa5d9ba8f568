"""What could not be read or was refused, with its raw bytes. Source: promise P4."""
