"""Pipelines over data as the world has it."""
