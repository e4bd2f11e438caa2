"""How commands end: wrong usage, stops, mishaps and signals."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from typer.testing import CliRunner, Result

from etlc import __version__
from etlc.cli.app import COMMANDS, app
from etlc.cli.options import seconds
from etlc.diagnostics import Diagnostics, Span
from etlc.ir.event import RunStarted

Call = Callable[..., Result]
VERBS = {"validate": "validate_files"}  # of the pipeline, where they are called otherwise
ROOT = Path(__file__).parents[2]


def python(*args: str, **env: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **env}
    return subprocess.run([sys.executable, *args], env=environment, capture_output=True, encoding="utf-8", timeout=60)


def test_version_is_cheap() -> None:
    done = python("-X", "importtime", "-m", "etlc", "--version")
    assert (done.returncode, done.stdout) == (0, f"etlc {__version__}\n")
    imported = {one.rpartition("|")[2].strip() for one in done.stderr.splitlines()}
    assert not imported & {"duckdb", "sqlglot", "rich", "rich.console", "yaml", "json", "etlc.pipeline"}


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_help_is_plain(command: str | None) -> None:
    done = CliRunner().invoke(app, [*filter(None, [command]), "--help"])
    assert done.exit_code == 0 and "Usage: " in done.stdout and "╭" not in done.stdout
    if command:
        assert all(option in done.stdout for option in ("--json", "--quiet", "--verbose", "--no-color"))


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["frobnicate"], "No such command"),
        (["plan", "--param", "x"], "NAME=VALUE"),
        (["plan", "--param", "=x"], "NAME=VALUE"),
        (["plan", "--env", "dev"], "environments are not supported yet"),
        (["run", "--lock-timeout", "soon"], "write for instance 10s, 2m or 0.5"),
        (["show"], "NAME"),
        (["show", "x", "-n", "-1"], "-1"),
        (["plan", "--frobnicate"], "No such option"),
    ],
)
def test_wrong_usage(call: Call, args: list[str], said: str) -> None:
    done = call(*args)
    assert (done.exit_code, done.stdout) == (2, "") and said in done.stderr


@pytest.mark.parametrize(("text", "value"), [("10s", 10), ("2m", 120), ("0.5", 0.5), ("1h", 3600), ("500ms", 0.5)])
def test_times(text: str, value: float) -> None:
    assert seconds(text) == value


def test_no_project(pipeline: ModuleType, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["--project", str(tmp_path), "run", "--json"])
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "error: There is no etlc.yaml here or above.\n"


@pytest.mark.parametrize(
    ("form", "start"), [("concise", "error: "), ("github", "::error "), ("sarif", "{"), ("junit", "<?xml ")]
)
def test_ends_in_the_format_that_was_asked_for(
    call: Call, pipeline: ModuleType, tmp_path: Path, form: str, start: str
) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    done = CliRunner().invoke(app, ["--project", str(folder), "validate", "--format", form])
    assert done.exit_code == 2 and done.stdout.startswith(start) and "There is no etlc.yaml" in done.stdout
    assert done.stderr == "error: There is no etlc.yaml here or above.\n"

    def fail(*args: object) -> object:
        raise ValueError

    pipeline.validate_files = fail  # type: ignore[attr-defined]
    done = call("validate", "--format", form)
    assert (done.exit_code, done.stderr) == (1, "") and "Traceback" not in done.stdout
    assert "E901" in done.stdout and "Something unexpected happened" in done.stdout


@pytest.mark.parametrize("command", ["run", "plan"])
def test_a_stop_with_findings(call: Call, pipeline: ModuleType, command: str) -> None:
    found = Diagnostics()
    found.add("E504", Span(""), "The warehouse is held by process 12.")

    def stop(*args: object) -> object:
        raise pipeline.Stop(75, "held", found)

    setattr(pipeline, command, stop)
    done = call(command)
    assert (done.exit_code, done.stdout) == (75, "")
    assert done.stderr == "error[E504]: The warehouse is held by process 12.\n\n"
    made = json.loads(call(command, "--json").stdout)
    assert made["diagnostics"][0]["code"] == "E504"
    assert ("run_id" in made) == (command == "run")


@pytest.mark.parametrize("command", ["run", "validate"])
def test_a_mishap(
    call: Call, pipeline: ModuleType, project: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("SOME_DSN", "hunter2-secret")

    def fail(*args: object) -> object:
        raise ValueError("it was hunter2-secret")

    setattr(pipeline, VERBS.get(command, command), fail)
    done = call(command)
    assert done.exit_code == 1
    assert done.stderr.count("error[E901]") == 1 and "Traceback" not in done.output and "hunter2" not in done.output
    (report,) = (project / ".etlc" / "reports").iterdir()
    assert f".etlc/reports/{report.name}" in done.stderr
    text = report.read_text(encoding="utf-8")
    assert "Traceback" in text and "ValueError" in text and "hunter2" not in text and "${env:SOME_DSN}" in text
    assert json.loads(call(command, "--json").stdout)["diagnostics"][0]["code"] == "E901"


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("arguments", [["run"], ["run", "--json"], ["validate"]])
def test_signals(call: Call, pipeline: ModuleType, number: int, status: int, arguments: list[str]) -> None:
    asked: list[bool] = []

    def work(project: object, options: object, on_event: object, *more: object) -> object:
        if callable(on_event):
            on_event(RunStarted("r1", 3))
        os.kill(os.getpid(), number)
        raise pipeline.Interrupted

    before = signal.getsignal(number)
    pipeline.interrupt = lambda: asked.append(True)  # type: ignore[attr-defined]
    setattr(pipeline, VERBS.get(arguments[0], arguments[0]), work)
    done = call(*arguments)
    assert (done.exit_code, asked) == (status, [True] if "run" in arguments else [])
    assert done.stderr.endswith("Interrupted.\n")
    if "--json" in arguments:
        assert json.loads(done.stdout)["run_id"] == "r1"
    assert signal.getsignal(number) == before


def test_a_run_that_was_done_in_spite_of_the_signal(call: Call, pipeline: ModuleType) -> None:
    def run(*args: object) -> object:
        os.kill(os.getpid(), signal.SIGINT)
        return pipeline.Ran()

    pipeline.run = run  # type: ignore[attr-defined]
    assert call("run").exit_code == 0


def test_the_second_signal_ends_at_once() -> None:
    code = (
        "import os, signal, time\n"
        "from etlc.cli.signals import watch\n"
        "with watch(gently=True):\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    time.sleep(30)\n"
    )
    assert python("-c", code).returncode == 130


def test_a_reader_that_leaves_is_no_error() -> None:
    code = (
        "import os, sys\n"
        "from etlc.cli.options import Look\n"
        "from etlc.cli.screen import Screen\n"
        "from etlc.report.text import line\n"
        "read, write = os.pipe()\n"
        "os.dup2(write, 1)\n"
        "os.close(read)\n"
        "os.close(write)\n"
        "screen = Screen(Look())\n"
        "for _ in range(3):\n"
        "    screen.result([line('x' * 70000)])\n"
    )
    done = python("-c", code)
    assert (done.returncode, done.stderr) == (0, "")


def test_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    from etlc.cli.options import Look
    from etlc.cli.screen import Screen

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert Screen(Look()).colored(Terminal())
    assert not Screen(Look()).colored(io.StringIO())
    assert not Screen(Look(no_color=True)).colored(Terminal())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not Screen(Look()).colored(Terminal())
