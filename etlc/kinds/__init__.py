"""What multiplies: kinds of sources, checks and sinks, one file a kind. Layer 2."""
