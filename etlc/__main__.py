"""``python -m etlc``: the command line."""

from etlc.cli.app import main

if __name__ == "__main__":
    main()
