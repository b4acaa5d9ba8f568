"""The suspects: who is silent, why, and what is looked at next. Source: console.md."""
