"""Where a project lies in its repository, for programs that know files by their path from its top."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def folder_in_repository(root: Path, environment: Mapping[str, str]) -> str:
    """The folder of the project with a slash at its end, from the top of the checkout; empty where it is the top.

    The top is what GITHUB_WORKSPACE says, if the project lies in it, else the folder that holds ``.git``.
    """
    here = Path(os.path.realpath(root))
    workspace = environment.get("GITHUB_WORKSPACE")
    tops = [Path(os.path.realpath(workspace))] if workspace else []
    tops += [folder for folder in (here, *here.parents) if (folder / ".git").exists()]
    top = next((folder for folder in tops if here.is_relative_to(folder)), here)
    path = here.relative_to(top).as_posix()
    return "" if path == "." else f"{path}/"
