"""RTSP cameras over belts and cages: drawn, encoded, and served over real connections."""
