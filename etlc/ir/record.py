"""What past runs left behind, and what the sources look like now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from etlc.ir.plan import Meaning


@dataclass(frozen=True, slots=True)
class Part:
    """A file of a source: path relative to the project (or absolute, under ``allow``), size in bytes, times in ns.

    ``token`` identifies the content: it stays the same for as long as the content is known to. ``trusted`` says that size
    and times tell whether the content is the same, because the file was older than its observation by more than a
    clock's tick. ``layout`` are the columns that the file has, in its order, as (name, type or ""); it is empty for
    formats without a header. ``digest`` is a hash of the content, "" where it is not known.
    """

    path: str
    size: int
    mtime: int
    changed: int
    token: str
    trusted: bool = True
    layout: tuple[tuple[str, str], ...] = ()
    digest: str = ""


@dataclass(frozen=True, slots=True)
class SourceState:
    """A source as it is now, or as a run saw it: its files, and a version that covers them and how they are read."""

    version: str
    parts: tuple[Part, ...] = ()
    landed: tuple[str, ...] = ()


ROWS = ""  # the entry of a state, or of tokens, that stands for the row set; the others are columns in lower case
State = Mapping[str, str]


@dataclass(slots=True)
class Standing:
    """What each relation's version and state are, or will be."""

    versions: dict[str, str] = field(default_factory=dict)
    states: dict[str, State] = field(default_factory=dict)

    def put(self, name: str, version: str, state: State | None = None) -> None:
        """A relation has this version; without a state, whatever is read of it has."""
        self.versions[name] = version
        self.states[name] = state or {ROWS: version}


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """What a run left of a model. ``placement`` is how and where it is kept (``decide.placement``).

    ``version`` names the state of its rows; ``inputs`` are the versions that it was built from. ``checked`` maps a
    check's name to the fingerprint that passed on these rows. ``consumed`` are the versions of the stored relations
    that its rows hold, through what is not stored. ``digest`` tells its bag of rows ("" where nobody asks);
    ``seconds`` is how long its last full build took. ``tokens`` and ``state`` are those of ``decide.states``, ``seen`` what
    was seen of the states of its inputs. ``partials`` tells what its partial aggregates are and stand for, "" where none
    are kept (``etlc.ir.partials``). ``history``: for strategies that were tried and what they took changes of, how many
    seconds that took, or far too many where it came to nothing.
    """

    name: str
    placement: str
    published: bool
    fingerprint: str
    version: str
    inputs: Mapping[str, str]
    columns: tuple[str, ...]
    rows: int
    seconds: float
    checked: Mapping[str, str]
    consumed: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""
    seen: Mapping[str, str] = field(default_factory=dict)
    tokens: Mapping[str, str] = field(default_factory=dict)
    state: Mapping[str, str] = field(default_factory=dict)
    partials: str = ""
    history: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Image:
    """A copy of a file of a source with the content ``token``: ``name`` is where it lies, below the folder of images.

    ``size`` and ``mtime`` are the copy's own, by which it is known when it is needed. ``shared``: it takes no space as
    long as the file stays as it is. ``layout`` is the file's, in an image that a delta needs.
    """

    path: str
    token: str
    name: str
    size: int
    mtime: int
    shared: bool
    layout: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Delta:
    """How a stored relation came from one version to the next: rows that came and rows that went, as bags.

    ``step`` numbers the deltas of a warehouse. ``plus`` and ``minus`` are how many rows came and went, -1 for some that
    nobody has counted. Of a source, ``fresh`` are the files whose rows came, and ``gone`` those whose rows went, with the
    ``images`` that are kept of them; of a model, the rows are kept.
    """

    relation: str
    step: int
    before: str
    after: str
    plus: int
    minus: int
    fresh: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    images: tuple[Image, ...] = ()


@dataclass(frozen=True, slots=True)
class OutputRecord:
    """What a run wrote: the version of the model, the fingerprint of the output, and each file's size and time."""

    name: str
    version: str
    fingerprint: str
    path: str
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Memory:
    """All that is remembered. ``relations`` are the tables and views of the warehouse: ``schema.name`` in
    lower case, to ``table`` or ``view``. ``meanings`` are those of models whose text is another now, ``deltas`` those
    of each relation that somebody has yet to take up, in their order. ``images`` are those of each source's files, by
    path; one whose token is another than the file's is of no use any more."""

    models: Mapping[str, ModelRecord] = field(default_factory=dict)
    sources: Mapping[str, SourceState] = field(default_factory=dict)
    source_checks: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    outputs: Mapping[str, OutputRecord] = field(default_factory=dict)
    relations: Mapping[str, str] = field(default_factory=dict)
    meanings: Mapping[str, Meaning] = field(default_factory=dict)
    deltas: Mapping[str, tuple[Delta, ...]] = field(default_factory=dict)
    images: Mapping[str, Mapping[str, Image]] = field(default_factory=dict)

    def published(self) -> frozenset[str]:
        """The tables and views in ``main`` that etlc made, in lower case."""
        return frozenset(
            name.lower()
            for name, record in self.models.items()
            if record.published and not record.placement.startswith("inline")
        )


@dataclass(frozen=True, slots=True)
class Observations:
    """What is there now: the sources' files, the files of each output (path to size and time), and the names of the
    images that may be needed and are as they were left."""

    sources: Mapping[str, SourceState] = field(default_factory=dict)
    files: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    images: frozenset[str] = frozenset()
