"""One file a command. The table of them stands in ``etlc.cli.app``."""
