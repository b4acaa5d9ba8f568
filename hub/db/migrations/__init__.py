"""Alembic migrations; run by ``hub.db.upgrade``."""
