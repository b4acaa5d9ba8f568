"""The shift board: what is due before the shift ends. Source: console.md."""
