"""What every route shares: the caller, problem+json, pages of results. Source: interface (REST)."""
