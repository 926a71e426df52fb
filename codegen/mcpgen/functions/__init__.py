"""A component's functions as tools, whatever the component was made for.

    WIT ──▶ survey ──▶ naming, schemas ──▶ a tool each
                 └──▶ left out, and why
    arguments ──▶ lowering ──▶ values in memory ──▶ the call, in a sandbox ──▶ lifting ──▶ the result

See docs/functions.md, and docs/adr/0027 for how each type of WIT travels in JSON.
"""
