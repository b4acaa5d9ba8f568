"""What cameras saw: which footage there is, of what, and what is missing (design section 8)."""
