"""etlc: compiles folders of YAML and SQL into pipelines, and runs them on DuckDB."""

__version__ = "0.1.0"
