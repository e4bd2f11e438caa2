"""Tests of the command line against a pipeline that only pretends."""
