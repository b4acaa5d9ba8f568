"""What each key of the policy means, and where its value stands now. Pure."""
