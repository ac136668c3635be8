"""Pages of directory sources, and the SCIM server."""
