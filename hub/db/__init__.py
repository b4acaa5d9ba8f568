"""The hub's database: engine, transactions, types, outbox, migrations. Source: design section 5."""
