"""DuckDB's way to the network: its extension httpfs, loaded before the fence is closed, with the environment's credentials.

Nothing is downloaded here: the extension is one that DuckDB has installed, or the one of the PyPI package
``duckdb-extension-httpfs``.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path

import duckdb

from etlc.engines.base import ExtensionMissing
from etlc.sql.quote import string

# httpfs takes these from the environment into settings, where every query could read them.
_SETTINGS = (
    "s3_access_key_id",
    "s3_secret_access_key",
    "s3_session_token",
    "s3_region",
    "s3_endpoint",
    "s3_kms_key_id",
)
_SECRET = {
    "key_id": ("AWS_ACCESS_KEY_ID",),
    "secret": ("AWS_SECRET_ACCESS_KEY",),
    "session_token": ("AWS_SESSION_TOKEN",),
    "region": ("AWS_REGION", "AWS_DEFAULT_REGION"),
    "endpoint": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
}


def open_network(con: duckdb.DuckDBPyConnection, env: Mapping[str, str]) -> None:
    """Let a connection read addresses, its fence still open. Raises ExtensionMissing, duckdb.Error."""
    _load(con)
    for setting in _SETTINGS:
        con.execute(f"RESET GLOBAL {setting}")
    given = {
        name: env[variable] for name, variables in _SECRET.items() for variable in variables[::-1] if env.get(variable)
    }
    if not given:
        return
    options: dict[str, object] = {**given}
    if "endpoint" in given:
        scheme, _, host = given["endpoint"].rpartition("://")
        options |= {"endpoint": host.rstrip("/"), "use_ssl": scheme != "http", "url_style": "path"}
    listed = "".join(f", {name} ${name}" for name in options)
    con.execute(f"CREATE TEMPORARY SECRET _etlc_s3 (TYPE s3{listed})", options)


def _load(con: duckdb.DuckDBPyConnection) -> None:
    try:
        con.execute("LOAD httpfs")
        return
    except duckdb.Error:
        package = importlib.util.find_spec("duckdb_extension_httpfs")
    for place in package.submodule_search_locations or () if package else ():
        file = Path(place, "extensions", f"v{duckdb.__version__}", "httpfs.duckdb_extension")
        if file.is_file():
            con.execute(f"LOAD {string(str(file))}")
            return
    raise ExtensionMissing("httpfs")
