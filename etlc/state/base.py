"""What the runner needs of a memory. Every function works within the transaction of the session that it is given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from etlc.engines.base import Session
from etlc.ir.plan import Meaning
from etlc.ir.record import Delta, Image, ModelRecord, OutputRecord, SourceState


class Store(Protocol):
    """Remembers what runs left behind; the module :mod:`etlc.state.warehouse` is one."""

    def save_model(self, session: Session, record: ModelRecord, meaning: Meaning) -> None:
        """Put a model's record in place of the one before, with what its query means."""
        ...

    def forget_model(self, session: Session, name: str) -> None:
        """Forget a model that was dropped."""
        ...

    def save_delta(self, session: Session, delta: Delta) -> None:
        """Remember how a relation came to its new version."""
        ...

    def forget_deltas(self, session: Session, relation: str, until: int | None = None) -> None:
        """Forget the deltas of a relation, up to a step where one is given."""
        ...

    def stored_version(self, session: Session, name: str) -> str:
        """The version of a model that is committed, "" for none."""
        ...

    def save_source(self, session: Session, name: str, state: SourceState, checked: Mapping[str, str]) -> None:
        """Put a source's files and version in place of those before."""
        ...

    def forget_sources(self, session: Session, names: Iterable[str]) -> None:
        """Forget sources that the specs no longer have."""
        ...

    def save_images(self, session: Session, source: str, images: Iterable[Image]) -> None:
        """Put the images of a source's files in place of those before."""
        ...

    def save_output(self, session: Session, record: OutputRecord) -> None:
        """Remember what was written."""
        ...
