"""`python -m imagery_watch`, and the command `imagery-watch`: signals are heeded before anything slow is imported."""

from typing import NoReturn


def main() -> NoReturn:
    """Runs the command line, and never comes back."""
    from imagery_watch.cli.signals import heed_signals

    heed_signals()
    from imagery_watch.cli.main import main as run

    run()


if __name__ == "__main__":
    main()
