"""Begins a new channel: `make channel NAME=...`, described in docs/adding-a-channel.md. Not part of what is installed.

`templates/` holds the files of a channel called `newcomer`, where they will be; its name is the only thing replaced.
"""
