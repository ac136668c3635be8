"""Who there is: departments, people, posts, outside organisations and contacts, accounts and rights."""
