"""What the video room decides, without tables and clocks."""
