// Six digits typed in gloves: the code that somebody reads off the station page.

import { icon, make } from "/static/words.js";

const DIGITS = 6;
const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "", "0", "back"];

/** The keypad; `onCode` gets six digits and says what was wrong with them, null if nothing was. */
export class Keypad {
  constructor(words, onCode) {
    Object.assign(this, { words, onCode });
    this.digits = "";
    this.said = null;
    this.isAsking = false;
  }

  draw(kept) {
    const { words } = this;
    this.shown = make("p", "keypad-code");
    this.line = make("p", "keypad-said");
    const keys = make("div", "keypad", ...KEYS.map((key) => this.key(key)));
    const waiting = kept > 0 ? make("p", "keypad-kept", words.say("handheld.pair.kept", { n: kept })) : null;
    const whole = make("section", "pairing", make("h1", "", words.say("handheld.pair")),
      make("p", "pairing-do", words.say("handheld.pair.do")), waiting, this.shown, this.line, keys);
    this.follow();
    return whole;
  }

  key(key) {
    if (key === "") return make("span", "");
    const button = key === "back" ? make("button", "key", icon("back")) : make("button", "key", key);
    button.type = "button";
    button.setAttribute("aria-label", key === "back" ? this.words.say("handheld.pair.back") : key);
    button.addEventListener("click", () => this.press(key));
    return button;
  }

  /** A whole code at once, from a keyboard. */
  enter(text) {
    if (!/^[0-9]{6}$/.test(text)) return;
    this.digits = text;
    this.send();
  }

  press(key) {
    if (this.isAsking) return;
    this.digits = key === "back" ? this.digits.slice(0, -1) : (this.digits + key).slice(0, DIGITS);
    this.said = null;
    this.follow();
    if (this.digits.length === DIGITS) this.send();
  }

  async send() {
    this.isAsking = true;
    this.follow();
    this.said = await this.onCode(this.digits);
    this.digits = "";
    this.isAsking = false;
    this.follow();
  }

  follow() {
    this.shown.textContent = this.digits.padEnd(DIGITS, "·");
    this.line.textContent = this.isAsking ? this.words.say("form.sending") : this.said ? this.words.say(`handheld.pair.${this.said}`) : "";
  }
}
