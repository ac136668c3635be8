"""SCIM 2.0 (RFC 7643, RFC 7644): what is served, and how a resource is read as one of the company's people."""
