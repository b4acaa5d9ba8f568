"""Hardware: ports, framing, scanner protocols and feedback, symbology. No MQTT, no database."""
