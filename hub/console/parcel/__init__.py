"""One parcel: what is recorded of it. Source: console.md."""
