"""What every client of another system checks before it talks to it."""

from django.db import connection


def not_in_a_transaction() -> None:
    """Raises RuntimeError inside a transaction.

    A call to another system holds the transaction's locks for as long as the other side likes, and a
    rollback afterwards forgets that the call was made.
    """
    if connection.in_atomic_block:
        raise RuntimeError("No network inside a transaction: commit a claim first, record the outcome after.")
