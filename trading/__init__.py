"""What a user, or the machine on a user's behalf, may do."""
