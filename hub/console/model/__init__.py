"""The model behind the early warning: whether it can be believed."""
