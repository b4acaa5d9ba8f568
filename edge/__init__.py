"""The agent of one site: session, verdict, spool, publisher, station page."""
