// Shows the edge's clock as a code, renewed four times a second. One picture is asked for at a time:
// an old one never comes after a newer one.
const RENEWED_MS = 250;
const code = document.getElementById("code");
const none = document.getElementById("none");

function renew() {
  const began = performance.now();
  const next = new Image();
  const again = () => setTimeout(renew, Math.max(0, RENEWED_MS - (performance.now() - began)));
  next.onload = () => {
    code.src = next.src;
    show(true);
    again();
  };
  next.onerror = () => {
    // A code that stands still would tell a wrong time.
    show(false);
    again();
  };
  next.src = `/clock/code.svg?${began}`;
}

function show(isThere) {
  code.hidden = !isThere;
  none.hidden = isThere;
}

renew();
