"""The searches: their list with countdowns, and the page of one. Source: console.md."""
