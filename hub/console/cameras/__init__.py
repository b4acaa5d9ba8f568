"""Cameras: what they show now, their footage by the day, and the player behind both."""
