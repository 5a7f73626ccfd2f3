"""Everything that is kept: rows, the one writer, the ledger and what is read back; nothing else touches the database."""
