"""What several channels need: cutting texts, comparing signatures, calling vendors over HTTP, quoting them."""
