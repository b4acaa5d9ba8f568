// Codes out of what a keyboard wedge types. Some wedges press keys, others put whole texts into the
// field that has the focus; both end in Enter. Nobody types by hand as fast as a wedge, so what
// comes slower is not a scan.

const QUIET_MS = 1000; // no wedge pauses this long inside a code
const HAND_MS = 100; // mean gap between characters
const CHARS_MAX = 4096;
const REFOCUS_MS = 400;

/** Listens wherever the focus is; `onCode` gets a code's text, `onTyped` hears that it was no scan. */
export class Wedge {
  constructor(field, onCode, onTyped) {
    Object.assign(this, { field, onCode, onTyped });
    this.text = "";
    this.first_ms = this.last_ms = 0;
  }

  start() {
    addEventListener("keydown", (event) => this.press(event), true);
    this.field.addEventListener("input", (event) => {
      const text = this.field.value;
      this.field.value = "";
      this.type(text, event.timeStamp);
    });
    this.focus();
    // A touch, a message or another window takes the focus away; nobody notices until a scan is gone.
    for (const name of ["click", "focus", "visibilitychange"]) addEventListener(name, () => this.focus());
    setInterval(() => this.focus(), REFOCUS_MS);
  }

  focus() {
    if (document.activeElement !== this.field) this.field.focus({ preventScroll: true });
  }

  press(event) {
    if (event.isComposing || event.altKey || event.metaKey) return; // an input event brings the text
    const key = event.key === "Enter" || event.key === "Tab" ? "\n" : event.key;
    if (key.length !== 1) return;
    event.preventDefault();
    // GS and its like come as Ctrl and the key that many columns further up in ASCII.
    const isControl = event.ctrlKey && key >= "@" && key <= "~";
    this.type(isControl ? String.fromCharCode(key.charCodeAt(0) & 0x1f) : key, event.timeStamp);
  }

  type(text, at_ms) {
    for (const [i, part] of text.split(/\r\n|[\r\n]/).entries()) {
      if (i > 0) this.end();
      if (part !== "") this.append(part, at_ms);
    }
  }

  append(part, at_ms) {
    if (at_ms - this.last_ms > QUIET_MS) this.text = "";
    if (this.text === "") this.first_ms = at_ms;
    this.last_ms = at_ms;
    if (this.text.length < CHARS_MAX) this.text += part;
  }

  end() {
    const { text } = this;
    this.text = "";
    if (text === "") return;
    const gap_ms = (this.last_ms - this.first_ms) / Math.max(1, text.length - 1);
    if (gap_ms > HAND_MS) this.onTyped();
    else this.onCode(text);
  }
}
