"""The core: rules, storage and services. It never names a channel; a channel's name is a string in its data."""
