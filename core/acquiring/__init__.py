"""Payment providers, a folder each: what an order becomes on the way to a bank (`core.ports.acquiring`)."""
