"""`python -m market_abm.cli`."""

from market_abm.cli import main

main()
