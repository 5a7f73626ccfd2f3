"""What keeps the project in order; run by make, imported by nothing."""
