"""`python -m imagery_watch`: the same as the command `imagery-watch`."""

from imagery_watch.cli.main import main

main()
