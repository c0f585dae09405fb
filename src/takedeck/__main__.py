"""Where `takedeck` and `python -m takedeck` begin."""

import gc
import signal
import sys


def main() -> None:
    """Run the command line and end with its exit code."""
    # Collecting while modules load finds nothing and costs a tenth of the start; the app turns it
    # on again after its first frame.
    gc.disable()
    # While modules load there is nothing to tidy up, and Python would print where ctrl+c met it.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(_guarded())


def _guarded() -> int:
    from takedeck import crash
    from takedeck.cli import streams

    streams.mend()
    crash.install()
    try:
        return _open() if len(sys.argv) == 1 else _run()
    except KeyboardInterrupt:
        return 130
    except Exception as fault:  # noqa: BLE001 - the one place where every fault ends, and is told
        sys.stderr.write(crash.report(fault) + "\n")
        return 1


def _run() -> int:
    from takedeck.cli.main import run

    gc.enable()
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return run()


def _open() -> int:
    from takedeck.cli.app import open_app
    from takedeck.cli.flags import Flags, start_log
    from takedeck.errors import TakedeckError

    try:
        start_log(Flags())
        return open_app(Flags())
    except TakedeckError as error:
        from takedeck.cli.shared import report

        return report(error)


if __name__ == "__main__":
    main()
