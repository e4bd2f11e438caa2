"""Which texts are known to have no mistakes of structure."""

from __future__ import annotations

from typing import Any, Protocol


class SoundTexts(Protocol):
    """Keeps what is known of texts, by a name for each."""

    def get(self, name: str) -> Any:
        """What was kept under a name; None where there is nothing."""
        ...

    def put(self, name: str, value: Any) -> None:
        """Keep a value."""
        ...
