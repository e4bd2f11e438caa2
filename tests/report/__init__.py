"""Tests of the renderers, each against a text that says how it looks."""
