"""Receive over MQTT, store each event once and in order. Source: design sections 3, 5."""
