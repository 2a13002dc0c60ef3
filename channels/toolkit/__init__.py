"""What several channels need: cutting and cleaning texts, comparing signatures, calling vendors, quoting them."""
