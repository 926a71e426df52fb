"""The hand-written runtime that will serve one handler on every transport. It holds nothing yet."""
