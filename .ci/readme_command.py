"""Print one of the README's two commands: ``readme_command.py run`` or ``readme_command.py tests``."""

import sys
from pathlib import Path


def command(name: str) -> str:
    """The shell text below the marker ``<!-- command: NAME -->``."""
    text = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    _, mark, tail = text.partition(f"<!-- command: {name} -->")
    if not mark:
        raise SystemExit(f"README.md has no command {name}")
    return tail.split("```sh\n", 1)[1].split("\n```", 1)[0]


if __name__ == "__main__":
    print(command(sys.argv[1]))
