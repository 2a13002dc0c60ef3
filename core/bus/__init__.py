"""How accepted events reach the desk."""
