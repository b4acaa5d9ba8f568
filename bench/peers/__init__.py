"""What a user would pick instead, measured in the same run."""
