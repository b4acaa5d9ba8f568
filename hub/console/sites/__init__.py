"""Sites and devices: what stands where and lives, and each station's story. Source: console.md."""
