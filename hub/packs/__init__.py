"""Site packs: what an edge knows of its people, places, shifts and tasks."""
