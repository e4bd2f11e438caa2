"""How a model is put together from YAML, SQL files, the pipeline and the project."""

from __future__ import annotations

from load_support import loaded, pipeline, project

DEFAULTS = """\
project: shop
defaults: {owner: boss, materialize: view, tags: [all], checks: [{expression: a > 0}]}
"""


def test_who_has_the_say() -> None:
    text = "pipeline: p\nowner: team\nsources:\n  s: {rows: [{a: 1}]}\n"
    text += "models:\n  m: {sql: select 1 as a}\n  n: {owner: me, checks: []}\n"
    files = project(
        **{"etlc.yaml": DEFAULTS, "pipelines/p.yaml": text, "pipelines/n.sql": "/* etlc tags: x */ select 2"}
    )
    spec, found = loaded(files)
    assert spec and not found
    m, n, s = spec.models["m"], spec.models["n"], spec.sources["s"]
    assert (m.owner, m.materialize, m.tags, len(m.checks)) == ("team", "view", ("all",), 1)
    assert m.checks[0].span.file == "etlc.yaml"
    assert (n.owner, n.materialize, n.tags, n.checks) == ("me", "view", ("x",), ())
    assert (s.owner, s.tags) == ("team", ())


def test_a_sql_file_belongs_to_the_nearest_pipeline() -> None:
    spec, found = loaded(
        project(
            **{
                "pipelines/top.yaml": "pipeline: top\n",
                "pipelines/sub/p.yaml": "pipeline: sub\n",
                "pipelines/sub/deep/a.sql": "select 1",
                "pipelines/b.sql": "select 1",
                "pipelines/other/c.sql": "select 1",
            }
        )
    )
    assert spec and not found
    assert {name: model.pipeline for name, model in spec.models.items()} == {"a": "sub", "b": "top", "c": "top"}


def test_a_name_in_yaml_beats_the_nearest_folder() -> None:
    spec, found = loaded(
        project(
            **{
                "pipelines/top.yaml": "pipeline: top\nmodels: {A: {description: x}}\n",
                "pipelines/sub/p.yaml": "pipeline: sub\n",
                "pipelines/sub/a.sql": "select 1",
            }
        )
    )
    assert spec and not found
    assert spec.models["A"].pipeline == "top" and spec.models["A"].sql_file == "pipelines/sub/a.sql"


def test_broken_parts_leave_the_rest() -> None:
    spec, found = pipeline(
        "models:\n  a: {sql: select 1, key: 5, columns: {x: 1, y: INT}}\n  b: 7\n  c: {sql: select 2}\n"
    )
    assert [finding.code for finding in found] == ["E103"] * 3
    assert list(spec.models) == ["a", "b", "c"] and list(spec.models["a"].columns) == ["y"]
    assert spec.models["b"].sql is None


def test_a_project_in_its_own_folder() -> None:
    files = project(**{"etlc.yaml": "project: shop\npipelines: [.]\n", "p.yaml": "pipeline: p\n", "m.sql": "select 1"})
    spec, found = loaded(files)
    assert spec and not found and spec.models["m"].pipeline == "p"
