"""Tables and the set-based functions over them: plain synchronous functions over a SQLAlchemy `Connection`.

`database` decides where they run: SQLite's one writer thread, or PostgreSQL's asyncpg.
"""
