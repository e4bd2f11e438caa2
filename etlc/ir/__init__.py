"""The frozen data that travels between the stages. Layer 3."""
