"""Unit tests that users write."""
