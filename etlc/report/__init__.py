"""Renderers: what was found, planned and done, as text or JSON. Pure; the command line prints what they give."""
