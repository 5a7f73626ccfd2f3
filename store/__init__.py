"""All that is kept: rows, the one writer, the ledger, what is read back. Only this has SQL."""
