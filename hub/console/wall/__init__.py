"""The alert wall: what needs me now? Source: console.md."""
