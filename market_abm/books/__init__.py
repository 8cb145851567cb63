"""The books: accounts of everybody, and the ledger that alone writes them."""
