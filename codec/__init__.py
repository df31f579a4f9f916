"""Encryption of what Temporal keeps: payloads, memos, summaries and the texts of failures."""
