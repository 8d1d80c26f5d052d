"""``python -m symderive``: the command line."""

from symderive.cli import main

main()
