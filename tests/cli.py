"""Runs etlc as its users do: as a process of its own, on a folder of files."""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class Result:
    """What a command left behind: its exit status and both of its streams."""

    args: tuple[str, ...]
    code: int
    out: str
    err: str

    @cached_property
    def json(self) -> Any:
        """Standard output as JSON, parsed when it is asked for."""
        try:
            return json.loads(self.out)
        except ValueError as error:
            raise AssertionError(f"no JSON on standard output ({error})\n{self}") from None

    @property
    def text(self) -> str:
        """Both streams, results first."""
        return self.out + self.err

    def __str__(self) -> str:
        """The command as a failed assertion shows it."""
        return f"$ etlc {' '.join(self.args)}\nexit status {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


def etlc(
    project_dir: Path | str,
    *args: str,
    check: int | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = 300,
) -> Result:
    """Run `etlc --project project_dir *args`; `check` is the exit status that it must have."""
    command = [sys.executable, "-m", "etlc", "--project", str(project_dir), *args]
    done = subprocess.run(
        command,
        cwd=project_dir,
        env=_environment(env or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=timeout,
    )
    result = Result(tuple(args), done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in result.text, f"a traceback reached the user\n{result}"
    if check is not None:
        assert result.code == check, f"exit status {result.code} instead of {check}\n{result}"
    return result


def write_project(path: Path, etlc_yaml: Mapping[str, Any] | str, files: Mapping[str, str]) -> Path:
    """Write a project: its etlc.yaml (text, or what becomes YAML) and further files by relative path."""
    path.mkdir(parents=True, exist_ok=True)
    project = etlc_yaml if isinstance(etlc_yaml, str) else to_yaml(etlc_yaml)
    for name, text in {"etlc.yaml": project, **files}.items():
        target = path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return path


def to_yaml(value: Any) -> str:
    """Plain YAML, keys in their order, without aliases or tags."""

    class Dumper(yaml.SafeDumper):
        """A dumper that writes repeated objects out and long SQL as blocks."""

        def ignore_aliases(self, data: Any) -> bool:
            return True

    def text(dumper: yaml.SafeDumper, data: str) -> yaml.ScalarNode:
        style = "|" if "\n" in data else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", data, style=style)

    Dumper.add_representer(str, text)
    return yaml.dump(value, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=110)


def actions(result: Result) -> dict[str, str]:
    """What `plan --json` or `run --json` says of each model: its name and action."""
    steps = result.json["steps"] if "steps" in result.json else result.json["models"]
    return {step["model"]: step["action"] for step in steps}


def acted_on(result: Result) -> set[str]:
    """The models that `plan --json` or `run --json` does not skip."""
    return {model for model, action in actions(result).items() if action != "skip"}


def _environment(extra: Mapping[str, str]) -> dict[str, str]:
    """This process's environment, in which the child finds the very etlc that the tests see."""
    found = importlib.util.find_spec("etlc")
    root = Path(__file__).parents[1] if found is None or found.origin is None else Path(found.origin).parents[1]
    paths = [str(root), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONIOENCODING": "utf-8", **extra}
