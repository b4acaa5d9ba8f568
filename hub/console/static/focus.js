// A row that is drawn anew keeps the focus: who goes through a list by keyboard stays where they are.

const REACHABLE = "a[href], button, input, select, textarea, [tabindex]";

let held = null; // the row's key, the place of what has the focus in it, and that element itself

/** The same thing to press: a row's own link says something new, any other button must not. */
const isSame = (before, after) => after?.matches("[data-row]") || after?.textContent === before.textContent;

const inside = (row) => [row, ...row.querySelectorAll(REACHABLE)];

addEventListener("focusin", ({ target }) => {
  const row = target.closest("[data-key]");
  held = row && { key: row.dataset.key, place: inside(row).indexOf(target), element: target };
});
addEventListener("pointerdown", () => (held = null), true); // whoever clicks beside it lets go of it

new MutationObserver(() => {
  if (held === null || held.element.isConnected || document.activeElement !== document.body) return;
  const row = document.querySelector(`[data-key="${CSS.escape(held.key)}"]`);
  const next = row === null ? undefined : inside(row)[held.place];
  if (isSame(held.element, next)) next.focus({ preventScroll: true });
}).observe(document.body, { childList: true, subtree: true });
