"""Where agents meet: orders, auction, ways between zones, contracts, ledger."""
