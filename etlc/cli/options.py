"""The options that several commands share, each defined once, and what they become."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, TypedDict

import typer

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "ms": 0.001}
LOCK_TIMEOUT = "10s"


def seconds(text: str) -> float:
    """A time to wait: ``10s``, ``2m``, ``1h``, ``500ms``, or plain seconds such as ``0.5``."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*(ms|s|m|h|)\s*", text)
    value = float(found[1]) * _UNITS[found[2]] if found else math.inf
    if math.isinf(value):
        raise typer.BadParameter(f"'{text}' is no time; write for instance 10s, 2m or 0.5")
    return value


def _params(given: list[str] | None) -> list[str] | None:
    for text in given or ():
        if not text.partition("=")[1] or not text.partition("=")[0].strip():
            raise typer.BadParameter(f"'{text}' is not of the form NAME=VALUE")
    return given


def _environment(given: str | None) -> str | None:
    if given is not None:
        raise typer.BadParameter("environments are not supported yet")
    return given


def _wait(given: str) -> str:
    seconds(given)
    return given


Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but results and errors.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Print more.")]
NoColor = Annotated[bool, typer.Option("--no-color", help="Print without colours, as with NO_COLOR set.")]
Staged = Annotated[
    bool, typer.Option("--staged", help="Look at what is staged in git, not at the files on disk; for hooks.")
]
Param = Annotated[
    list[str] | None,
    typer.Option("--param", metavar="NAME=VALUE", callback=_params, help="Set a parameter. May be repeated."),
]
Env = Annotated[
    str | None,
    typer.Option("--env", metavar="NAME", callback=_environment, help="The environment (not supported yet)."),
]
NoOpt = Annotated[
    list[str] | None,
    typer.Option("--no-opt", metavar="NAME", help="Switch an optimizer rule or a strategy off. May be repeated."),
]
Select = Annotated[
    list[str] | None,
    typer.Option(
        "--select",
        "-s",
        metavar="SEL",
        help="Only these models: name, +name, name+, tag:x, pipeline:x, owner:x, path:glob, changed. "
        "A comma means 'and', a repeat 'or'.",
    ),
]
Exclude = Annotated[list[str] | None, typer.Option("--exclude", metavar="SEL", help="But not these models.")]
LockTimeout = Annotated[
    str,
    typer.Option(
        "--lock-timeout",
        metavar="TIME",
        callback=_wait,
        help="How long to wait for another process that holds the warehouse.",
    ),
]
FullRefresh = Annotated[
    bool,
    typer.Option(
        "--full-refresh",
        help="Build everything anew, from the files as they are now: those of append_only sources too.",
    ),
]


@dataclass(frozen=True, slots=True)
class Look:
    """How results are shown."""

    json: bool = False
    quiet: bool = False
    verbose: bool = False
    no_color: bool = False


class OptionFields(TypedDict):
    """The fields of ``etlc.pipeline.Options``."""

    params: Mapping[str, str]
    environment: str | None
    no_opt: tuple[str, ...]
    lock_timeout: float
    select: tuple[str, ...]
    exclude: tuple[str, ...]
    full_refresh: bool


@dataclass(frozen=True, slots=True)
class Given:
    """What the shared options of a command were given as; a command sets those that it has."""

    param: list[str] | None = None
    env: str | None = None
    no_opt: list[str] | None = None
    select: list[str] | None = None
    exclude: list[str] | None = None
    lock_timeout: str = LOCK_TIMEOUT
    full_refresh: bool = False

    def fields(self) -> OptionFields:
        """The same as the pipeline wants it. Of a parameter given twice, the last counts."""
        pairs = (text.partition("=") for text in self.param or ())
        return OptionFields(
            params={name.strip(): value for name, _, value in pairs},
            environment=self.env,
            no_opt=tuple(self.no_opt or ()),
            lock_timeout=seconds(self.lock_timeout),
            select=tuple(self.select or ()),
            exclude=tuple(self.exclude or ()),
            full_refresh=self.full_refresh,
        )
