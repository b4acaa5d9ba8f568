"""Alembic's entry: works on the connection and in the transaction that ``db.upgrade`` opened."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
