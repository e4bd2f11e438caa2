"""Engines: what runs SQL. ``base`` is the protocol, ``duckdb`` the one in use."""
