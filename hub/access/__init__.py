"""Who may come in: edges, tokens, console links; private bodies. Source: design section 4."""
