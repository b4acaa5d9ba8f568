"""The console: alert wall and parcel page, in Chinese and English. Source: console.md."""
