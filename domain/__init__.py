"""What the product is about: frozen values, pure rules, the error tree; standard library only."""
