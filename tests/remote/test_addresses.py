"""Sources and outputs at addresses, from servers on the loopback."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb
import pytest

from etlc.engines.base import EngineError, ExtensionMissing
from etlc.engines.duckdb import Fence, open_memory
from etlc.engines.network import open_network
from tests.cli import Result, etlc
from tests.remote.servers import KEY, OLD, SECRET, Files, serving
from tests.security.support import files_with

pytestmark = pytest.mark.duckdb
LATER = OLD + dt.timedelta(days=1)
TOKEN = "t0k3n-0f-th3-t3st"


def has_httpfs() -> bool:
    """Whether DuckDB has its extension for the network here."""
    try:
        with duckdb.connect() as con:
            open_network(con, {})
    except ExtensionMissing:
        return False
    return True


needs_httpfs = pytest.mark.skipif(not has_httpfs(), reason="DuckDB's extension httpfs is not installed")


@pytest.fixture
def web() -> Iterator[Files]:
    """A web server."""
    with serving() as files:
        yield files


@pytest.fixture
def bucket() -> Iterator[Files]:
    """A server of buckets."""
    with serving(bucket=True) as files:
        yield files


def project(path: Path, pipeline: str, *allow: str) -> Path:
    """A project of one pipeline file."""
    (path / "pipelines").mkdir(parents=True, exist_ok=True)
    (path / "etlc.yaml").write_text(f"project: p\nallow: {json.dumps(allow)}\n")
    (path / "pipelines" / "p.yaml").write_text(f"pipeline: p\n{pipeline}")
    return path


def reached(bucket: Files) -> dict[str, str]:
    """The environment that leads to the bucket."""
    return {
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "eu-central-1",
        "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{bucket.port}",
    }


def actions(done: Result) -> dict[str, str]:
    """What was done to each model and output."""
    return {
        **{model["model"]: model["action"] for model in done.json["models"]},
        **{output["output"]: output["status"] for output in done.json["outputs"]},
    }


def codes(done: Result) -> list[str]:
    """The codes of what was found."""
    return [found["code"] for found in done.json["diagnostics"]]


def rows(path: Path, query: str, env: Mapping[str, str] | None = None) -> list[dict[str, object]]:
    """The rows of a query over what stands."""
    found: list[dict[str, object]] = etlc(path, "query", query, "--json", check=0, env=env).json
    return found


def parquet(path: Path, query: str) -> bytes:
    """A Parquet file."""
    duckdb.connect().sql(f"copy ({query}) to '{path / 'made.parquet'}'")
    return (path / "made.parquet").read_bytes()


WEB = """
sources:
  orders: {{path: "{u}/in/orders.csv"}}
  people: {{path: "{u}/in/people.parquet"}}
  events: {{path: ["{u}/in/one.ndjson", "{u}/in/two.ndjson"], format: ndjson}}
models:
  by_person: {{sql: "select name, sum(amount) as total from orders join people using (id) group by name"}}
  names: {{sql: "select name from people"}}
  kinds: {{sql: "select kind, count(*) as n from events group by kind"}}
"""


def fill(web: Files, path: Path) -> str:
    """The files that WEB reads."""
    web.put("in/orders.csv", "id,amount\n1,5\n1,6\n2,7\n")
    web.put("in/people.parquet", parquet(path, "select * from (values (1, 'Ann'), (2, 'Bob')) t(id, name)"))
    web.put("in/one.ndjson", '{"kind": "a"}\n{"kind": "b"}\n')
    web.put("in/two.ndjson", '{"kind": "a"}\n')
    return f"http://127.0.0.1:{web.port}"


@needs_httpfs
def test_a_web_server(web: Files, tmp_path: Path) -> None:
    u = fill(web, tmp_path)
    path = project(tmp_path / "p", WEB.format(u=u), f"{u}/in/")
    assert codes(etlc(path, "validate", "--json", check=0)) == []
    assert {asked.split()[1] for asked in web.take()} == {f"/{name}" for name in web.objects}, "the first look"
    etlc(path, "lock", check=0)
    lock = (path / "etlc.lock").read_text()
    assert "amount" in lock and "name" in lock and "kind" in lock
    web.take()
    etlc(path, "validate", check=0)
    assert web.take() == [], "what is locked is not looked at"

    assert set(actions(etlc(path, "run", "--json", check=0)).values()) == {"create"}
    assert rows(path, "select * from by_person order by all") == [
        {"name": "Ann", "total": 11},
        {"name": "Bob", "total": 7},
    ]
    assert rows(path, "select * from kinds order by all") == [{"kind": "a", "n": 2}, {"kind": "b", "n": 1}]
    web.take()
    assert set(actions(etlc(path, "run", "--json", check=0)).values()) == {"skip"}
    assert {asked.split()[0] for asked in web.take()} == {"HEAD"}, "nothing is read where nothing changed"

    web.put("in/orders.csv", "id,amount\n1,5\n1,6\n2,9\n", LATER)  # of the same size
    web.put("in/two.ndjson", '{"kind": "c"}\n', LATER)
    planned = {step["model"]: step["action"] for step in etlc(path, "plan", "--json", check=0).json["steps"]}
    assert planned["names"] == "skip" and planned["by_person"] != "skip" and planned["kinds"] != "skip"
    etlc(path, "run", check=0)
    assert rows(path, "from by_person order by all") == [{"name": "Ann", "total": 11}, {"name": "Bob", "total": 9}]
    assert [row["kind"] for row in rows(path, "from kinds order by all")] == ["a", "b", "c"]
    shown = etlc(path, "show", "orders", "--json", check=0)
    assert {"id": 2, "amount": 9} in shown.json
    assert f"{u}/in/orders.csv" in etlc(path, "compile", check=0).text + (path / ".etlc/compiled/plan.sql").read_text()


@needs_httpfs
def test_a_server_that_tells_no_time(web: Files, tmp_path: Path) -> None:
    u = fill(web, tmp_path)
    web.times = False
    path = project(tmp_path / "p", WEB.format(u=u), u)
    etlc(path, "run", check=0)
    assert set(actions(etlc(path, "run", "--json", check=0)).values()) == {"skip"}
    web.put("in/orders.csv", "id,amount\n1,5\n1,6\n2,9\n")
    assert actions(etlc(path, "run", "--json", check=0)) == {"by_person": "rebuild", "names": "skip", "kinds": "skip"}


@needs_httpfs
@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("in/none.csv", "the server answers 404 Not Found"),
        ("status/403/x.csv", "the server answers with an error"),
        ("REFUSED", "the server cannot be reached"),
    ],
)
def test_errors_of_the_network(web: Files, tmp_path: Path, where: str, said: str) -> None:
    place = "http://127.0.0.1:1/x.csv" if where == "REFUSED" else f"http://127.0.0.1:{web.port}/{where}"
    spec = f'sources:\n  s: {{path: "{place}?token=${{env:TOKEN}}"%s}}\nmodels:\n  m: {{sql: select a from s}}\n'
    for columns, command in (
        ("", "validate"),
        ("", "lock"),
        (", columns: {a: BIGINT}", "plan"),
        (", columns: {a: BIGINT}", "run"),
    ):
        path = project(tmp_path, spec % columns, "http://127.0.0.1:1/", f"http://127.0.0.1:{web.port}/")
        done = etlc(path, command, "--json", check=1, env={"TOKEN": TOKEN})
        assert codes(done) == ["E402"], done
        assert f"{place}?...: {said}" in done.json["diagnostics"][0]["message"]
        assert TOKEN not in done.text
    assert files_with(tmp_path, TOKEN) == []


NOT_ALLOWED = """
{u}/other/x.csv
{u}/inner/x.csv
{u}/in/../other/x.csv
{u}/in/%2e%2E/other/x.csv
{u}/in/%252e%252e/other/x.csv
{u}/in/%2e%2e%2fother/x.csv
http://127.0.0.1@localhost/in/x.csv
http://127.0.0.1:{port}@localhost/in/x.csv
http://localhost:{port}/in/x.csv
https://127.0.0.1:{port}/in/x.csv
{u}/in/*.csv
{u}/in/x.csv#y
s3://bucket/x.csv
s3://good/x.csv?s3_endpoint=localhost
gs://bucket/x.csv
""".split()


def test_what_is_not_allowed_is_not_asked_for(web: Files, tmp_path: Path) -> None:
    """With every way to dress an address up; and none of it needs the extension."""
    u = f"http://127.0.0.1:{web.port}"
    lines = [f'  s{n}: {{path: "{text.format(u=u, port=web.port)}"}}' for n, text in enumerate(NOT_ALLOWED)]
    path = project(tmp_path, "sources:\n" + "\n".join(lines) + "\n", f"{u}/in", "s3://good/")
    for command in ("validate", "plan", "run"):
        done = etlc(path, command, "--json", check=1)
        assert codes(done) == ["E113"] * len(NOT_ALLOWED)
    assert web.take() == []


@needs_httpfs
def test_a_variable_does_not_lead_outside(web: Files, tmp_path: Path) -> None:
    u = f"http://127.0.0.1:{web.port}"
    web.put("other/x.csv", "a\n1\n")
    spec = 'sources:\n  s: {path: "${env:PLACE}/x.csv"}\nmodels:\n  m: {sql: select a from s}\n'
    path = project(tmp_path, spec, f"{u}/in/")
    for place in (f"{u}/other", f"{u}/in/..", f"{u}/in/%2e%2e/other", f"http://localhost:{web.port}/in"):
        done = etlc(path, "run", "--json", check=1, env={"PLACE": place})
        assert len(codes(done)) == 1 and place not in done.text
    assert web.take() == []


@needs_httpfs
def test_case_of_scheme_and_server(web: Files, tmp_path: Path) -> None:
    web.put("In/x.csv", "a\n1\n")
    spec = f'sources:\n  s: {{path: "HTTP://LocalHost:{web.port}/In/x.csv", options: {{filename: true}}}}\nmodels:\n  m: {{sql: from s}}\n'
    path = project(tmp_path, spec, f"http://LOCALHOST:{web.port}/In/")
    etlc(path, "run", check=0)
    assert rows(path, "from m") == [{"a": 1, "filename": f"HTTP://LocalHost:{web.port}/In/x.csv"}]


@needs_httpfs
def test_the_fence(web: Files) -> None:
    """The connection itself reaches what is allowed, and neither another path nor another server."""
    u = f"http://127.0.0.1:{web.port}"
    for name in ("in/x.csv", "inner/x.csv", "other/x.csv"):
        web.put(name, "a\n1\n")
    with open_memory(Fence(addresses=(f"{u}/in/",))) as engine:
        session = engine.session()
        assert session.rows(f"FROM read_csv('{u}/in/x.csv')") == [(1,)]
        web.take()
        for place in (f"{u}/inner/x.csv", f"{u}/other/x.csv", f"http://localhost:{web.port}/in/x.csv", "s3://b/x.csv"):
            with pytest.raises(EngineError, match="disabled by configuration"):
                session.rows(f"FROM read_csv('{place}')")
        assert web.take() == []


@needs_httpfs
def test_no_credentials_in_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, SECRET)
    with open_memory(Fence(addresses=("s3://b/",))) as engine:
        session = engine.session()
        assert session.rows("SELECT type FROM duckdb_secrets()") == [("s3",)]
        assert SECRET not in str(session.rows("FROM duckdb_settings()"))


BUCKET = """
sources:
  orders: {path: "${env:LAKE_OF_TEST}/in/**/*.csv", options: {filename: true}}
models:
  total: {sql: "select sum(amount) as total, count(distinct filename) as files from orders"}
  names: {sql: "select distinct filename from orders"}
outputs:
  total: {path: "s3://lake/out/total.parquet"}
  names: {path: "${env:LAKE_OF_TEST}/out/names.csv"}
"""


@needs_httpfs
def test_a_bucket(bucket: Files, tmp_path: Path) -> None:
    path = project(tmp_path, BUCKET, "s3://lake/", "${env:LAKE_OF_TEST}")
    env = {**reached(bucket), "LAKE_OF_TEST": "s3://lake/pr1vate-pl4ce"}
    bucket.put("lake/pr1vate-pl4ce/in/a.csv", "id,amount\n1,5\n")
    bucket.put("lake/pr1vate-pl4ce/in/", "")
    bucket.put("lake/pr1vate-pl4ce/in/deep/b [1].csv", "id,amount\n2,6\n")
    said = [etlc(path, "run", "--json", check=0, env=env)]
    assert actions(said[0]) == {"total": "create", "names": "create"} | {"total": "success", "names": "success"}
    assert rows(path, "from total", env) == [{"total": 11, "files": 2}]
    expected = "filename\n${env:LAKE_OF_TEST}/in/a.csv\n${env:LAKE_OF_TEST}/in/deep/b [1].csv\n"
    names = bucket.objects["lake/pr1vate-pl4ce/out/names.csv"][0].decode()
    assert sorted(names.split()) == sorted(expected.split())
    (tmp_path / "back.parquet").write_bytes(bucket.objects["lake/out/total.parquet"][0])
    assert duckdb.connect().sql(f"from '{tmp_path}/back.parquet'").fetchall() == [(11, 2)]

    bucket.take()
    said.append(etlc(path, "run", "--json", check=0, env=env))
    assert set(actions(said[1]).values()) == {"skipped"}
    assert not [asked for asked in bucket.take() if asked.startswith("PUT") or (".csv" in asked and "in/" in asked)]

    bucket.put("lake/pr1vate-pl4ce/in/c.csv", "id,amount\n3,7\n", LATER)
    del bucket.objects["lake/pr1vate-pl4ce/in/a.csv"]
    del bucket.objects["lake/pr1vate-pl4ce/out/names.csv"]
    said += [
        etlc(path, command, check=0, env=env) for command in ("plan", "run", "check", "lock", "compile", "validate")
    ]
    assert rows(path, "from total", env) == [{"total": 13, "files": 2}]
    assert "in/c.csv" in bucket.objects["lake/pr1vate-pl4ce/out/names.csv"][0].decode(), (
        "an output that is gone comes back"
    )
    for secret in (SECRET, KEY, "pr1vate-pl4ce"):
        assert [one for one in said if secret in one.text] == []
        assert files_with(path, secret) == []


@needs_httpfs
@pytest.mark.parametrize(
    "name", ["../b.csv", "x/../../b.csv", "a.csv?s3_endpoint=localhost", "${env:HIDDEN}.csv", "${env:/../..}/b.csv"]
)
def test_names_of_objects_lead_nowhere(bucket: Files, tmp_path: Path, name: str) -> None:
    """Who may write into the bucket names the objects."""
    bucket.put("lake/b.csv", "id,amount\n1,5\n")
    bucket.put(f"lake/in/{name}", "id,amount\n1,5\n")
    path = project(tmp_path, BUCKET, "s3://lake/in/", "s3://lake/out/")
    env = {**reached(bucket), "LAKE_OF_TEST": "s3://lake", "HIDDEN": TOKEN}
    done = etlc(path, "run", "--json", check=1, env=env)
    assert len(codes(done)) == 1 and TOKEN not in done.text
    asked = bucket.take()
    assert [one for one in asked if "list-type" not in one] == [] and TOKEN not in str(asked)


def test_an_allowed_address_that_names_no_server(web: Files, tmp_path: Path) -> None:
    """Everything would lie under it."""
    spec = 'sources:\n  s: {path: "${env:PLACE}/x.csv"}\nmodels:\n  m: {sql: select a from s}\n'
    path = project(tmp_path, spec, "http://${env:HOST_OF_TEST}/")
    env = {"HOST_OF_TEST": "", "PLACE": f"http://127.0.0.1:{web.port}"}
    assert codes(etlc(path, "plan", "--json", check=1, env=env)) == ["E113"]
    assert web.take() == []


@needs_httpfs
def test_a_bucket_that_refuses(bucket: Files, tmp_path: Path) -> None:
    path = project(tmp_path, BUCKET, "s3://lake/")
    env = {**reached(bucket), "AWS_ACCESS_KEY_ID": "somebody", "LAKE_OF_TEST": "s3://lake"}
    done = etlc(path, "run", "--json", check=1, env=env)
    assert codes(done) == ["E402"] and "see the credentials in the environment" in done.text
    assert SECRET not in done.text and files_with(path, SECRET) == []


@needs_httpfs
def test_an_output_that_fails_leaves_the_old_object(bucket: Files, tmp_path: Path) -> None:
    """DuckDB's own COPY would leave half of the new one."""
    spec = """
sources: {s: {path: s.csv}}
models:
  m: {sql: "select case when x > 400000 then error('broken') else x end as x from s", materialize: view}
outputs: {m: {path: "s3://lake/m.csv"}}
"""
    path = project(tmp_path, spec, "s3://lake/")
    (path / "s.csv").write_text("x\n1\n")
    etlc(path, "run", check=0, env=reached(bucket))
    assert bucket.objects["lake/m.csv"][0] == b"x\n1\n"
    (path / "s.csv").write_text("x\n" + "".join(f"{n}\n" for n in range(500_000)))
    done = etlc(path, "run", "--json", check=3, env=reached(bucket))
    assert codes(done) == ["E506"]
    assert bucket.objects["lake/m.csv"][0] == b"x\n1\n"
    assert [file for file in (path / ".etlc/tmp").iterdir() if file.is_file()] == []


def test_outputs_that_cannot_be(tmp_path: Path) -> None:
    spec = """
models: {m: {sql: "select 1 as a, 2 as b"}}
outputs:
  one: {model: m, path: "https://example.com/out/m.csv"}
  two: {model: m, path: "s3://lake/m", format: parquet, partition_by: [a]}
  three: {model: m, path: "s3://lake/*.csv"}
"""
    done = etlc(project(tmp_path, spec, "s3://lake/", "https://example.com/"), "validate", "--json", check=1)
    assert codes(done) == ["E304", "E304", "E304"]
    assert "a web server takes no files" in done.text and "old parts could not be removed" in done.text
