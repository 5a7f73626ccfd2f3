"""How the rows came to be as they are, in order; written by Tortoise, tested on full tables."""
