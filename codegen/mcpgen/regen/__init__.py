"""`mcpgen regen`: from the schema room, through the emitters, to files that stand whole or not at all.

mcpgen.toml ──▶ outputs ──▶ units ──survey──▶ the stale ones ──render──▶ stage ──exchange──▶ directory
                                   digests                  emit, format
"""
