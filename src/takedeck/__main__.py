"""Where `takedeck` and `python -m takedeck` begin."""

import sys


def main() -> None:
    """Run the command line and end with its exit code."""
    from takedeck.cli.main import run

    sys.exit(run())


if __name__ == "__main__":
    main()
