"""Pages of the organisation: people, posts, departments, outside parties, imports, and one's own profile."""
