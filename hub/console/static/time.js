// The hub's time in this browser: ages must not depend on how this computer's clock is set.

let ahead_ms = 0;

/** Take the hub's time from a beat. */
export function keepTime(now) {
  ahead_ms = Date.parse(now) - Date.now();
}

/** The hub's time in milliseconds since 1970. */
export function hubNow() {
  return Date.now() + ahead_ms;
}
