"""The evidence: an append-only log of what was done by whom, sealed into a Merkle tree.

Actions of every package write to it with ``ledger.actions.record``. The database refuses
changes, a job seals new entries every two seconds, and ``postroad ledger verify`` recomputes all.
"""
