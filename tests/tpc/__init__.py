"""Every TPC-H and TPC-DS query through etlc."""
