"""The runner, attacked."""
