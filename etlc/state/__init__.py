"""What is remembered between runs. ``base`` is the protocol, ``warehouse`` the one in use."""
