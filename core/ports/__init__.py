"""What the core asks of the outside. A port exists where there are two implementations, or none may be imported."""
