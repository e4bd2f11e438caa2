"""A pipeline that only pretends: the same names as ``etlc.pipeline``, and answers that tests set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from etlc.diagnostics import Diagnostics
from etlc.ir.decision import Decisions, Kept
from etlc.ir.event import CheckResult, Event, ModelResult, OutputResult
from etlc.ir.plan import Plan


class Stop(Exception):
    def __init__(self, status: int, message: str = "", diagnostics: Diagnostics | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.diagnostics = status, message, diagnostics or Diagnostics()


class Interrupted(Exception):
    pass


@dataclass
class Project:
    root: Path

    @staticmethod
    def find(directory: Path | None) -> Project:
        root = directory or Path()
        if not (root / "etlc.yaml").is_file():
            raise Stop(2, "There is no etlc.yaml here or above.")
        return Project(root)


@dataclass(frozen=True)
class Options:
    params: Mapping[str, str]
    environment: str | None
    no_opt: tuple[str, ...]
    lock_timeout: float
    select: tuple[str, ...]
    exclude: tuple[str, ...]
    full_refresh: bool


@dataclass
class Validated:
    diagnostics: Diagnostics = field(default_factory=Diagnostics)
    models: int = 0
    sources: int = 0
    read: Callable[[str], bytes | None] = lambda path: b"project: shop\nproject: twice\n"


@dataclass
class Compiled:
    diagnostics: Diagnostics = field(default_factory=Diagnostics)
    files: list[str] = field(default_factory=list)


@dataclass
class Planned:
    diagnostics: Diagnostics = field(default_factory=Diagnostics)
    plan: Plan | None = None
    decisions: Decisions | None = None
    sql: Mapping[str, list[str]] = field(default_factory=dict)
    kept: Mapping[str, Kept] = field(default_factory=dict)


@dataclass
class Ran:
    run_id: str = "r1"
    status: str = "success"
    exit_status: int = 0
    diagnostics: Diagnostics = field(default_factory=Diagnostics)
    models: list[ModelResult] = field(default_factory=list)
    outputs: list[OutputResult] = field(default_factory=list)
    checks: list[CheckResult] = field(default_factory=list)


@dataclass
class Checked:
    diagnostics: Diagnostics = field(default_factory=Diagnostics)
    checks: list[CheckResult] = field(default_factory=list)


@dataclass
class Table:
    columns: list[str]
    types: list[str]
    rows: list[tuple[object, ...]]
    more: bool = False


@dataclass
class Locked:
    path: Path
    changes: list[str]
    diagnostics: Diagnostics = field(default_factory=Diagnostics)


@dataclass
class LineageColumn:
    type: str
    sources: list[str]
    kind: str
    tags: tuple[str, ...] = ()


@dataclass
class Lineage:
    name: str
    column: str | None
    upstream: list[str]
    downstream: list[str]
    columns: dict[str, LineageColumn]
    version: int | None = None


class Unset(Exception):
    """A test called what it did not prepare."""


def init_project(directory: Path) -> list[str]:
    raise Unset


def validate_files(directory: Path | None, options: Options, files: list[str], staged: bool, locked: bool) -> Validated:
    Project.find(directory)
    raise Unset


def compile_project(project: Project, options: Options) -> Compiled:
    raise Unset


def plan(project: Project, options: Options, explain: bool = False) -> Planned:
    raise Unset


def run(project: Project, options: Options, on_event: Callable[[Event], None]) -> Ran:
    raise Unset


def check(project: Project, options: Options) -> Checked:
    raise Unset


def show(project: Project, options: Options, name: str, limit: int) -> Table:
    raise Unset


def query(project: Project, options: Options, sql: str) -> Table:
    raise Unset


def lock(project: Project, options: Options) -> Locked:
    raise Unset


def lineage(project: Project, options: Options, name: str) -> Lineage:
    raise Unset


def interrupt() -> None:
    return None
