"""The database: where it is, and the embedded server."""
