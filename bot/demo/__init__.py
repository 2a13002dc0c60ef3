"""The demo: a sample branch and a page with a phone."""
