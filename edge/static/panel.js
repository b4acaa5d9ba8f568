// What people fill in: searches, who signed, exceptions. One form at a time, one question on it; what
// is typed is sent once, stays until the edge says "recorded", and is forgotten then.

import { exceptionForm, searchForm, searchList, signerForm, signerList } from "/static/forms.js";
import { handheldList } from "/static/handhelds.js";
import { clock, icon, make } from "/static/words.js";

const FORGET_MS = 180_000; // an ID that somebody left half typed
const SAID_MS = 4000;
const KEY_BYTES = 16;
const DOCK = { searches: "search", signers: "pen", handhelds: "phone-scan", exception: "alarm" };
const SHOWN_BY_STATE = new Set(["pair", "revoke"]); // what came of these stands in the next state

/** The dock's buttons and the panel that they open; `send` gives a form to the edge. */
export class Panel {
  constructor(dock, panel, words, send, onChange) {
    Object.assign(this, { dock, panel, words, send, onChange });
    this.view = null; // { name, incident or waybill }
    this.drawn = "";
    this.state = null;
    this.form = null; // the form under way: { key, ... }
    this.said = null; // what became of the last one
    this.touchedAt = 0;
    panel.addEventListener("input", () => { this.touchedAt = performance.now(); });
    panel.addEventListener("keydown", (event) => { if (event.key === "Escape") this.close(); });
    this.buttons = Object.keys(DOCK).map((name) => this.dockButton(name));
    dock.append(...this.buttons);
  }

  get isOpen() {
    return this.view !== null;
  }

  dockButton(name) {
    const button = make("button", `dock-button dock-${name}`, icon(DOCK[name]),
      make("span", "dock-word"), make("span", "dock-count"));
    button.type = "button";
    button.addEventListener("click", () => this.open({ name }));
    return button;
  }

  open(view) {
    this.view = view;
    this.said = null;
    this.drawn = "";
    this.touchedAt = performance.now();
    this.onChange();
    this.panel.querySelector("input, button.check, button.row-button, textarea")?.focus();
  }

  close() {
    this.view = null;
    this.form = null;
    this.said = null;
    this.panel.replaceChildren();
    this.drawn = "";
    this.onChange();
    this.buttons.find((button) => !button.hidden)?.focus();
  }

  /** Send a filled form; the same key goes again when the link comes back. */
  submit(fields) {
    if (this.form !== null) return;
    const key = this.said?.again ?? newKey();
    this.form = { ...fields, key };
    this.said = null;
    this.send(this.form);
    this.drawFrame();
  }

  /** The link is back: whatever was under way is sent again, and is recorded once. */
  reconnected() {
    if (this.form !== null) this.send(this.form);
  }

  answered(answer) {
    if (this.form === null || answer.key !== this.form.key) return;
    const mayBeThere = answer.reason === "unsure" || answer.reason === "busy" || answer.reason === "disk";
    const isShown = answer.recorded && SHOWN_BY_STATE.has(this.form.type);
    this.form = null;
    this.said = isShown ? null : answer.recorded
      ? { recorded: true, at: performance.now() }
      : { recorded: false, reason: answer.reason, again: mayBeThere ? answer.key : null };
    if (answer.recorded) this.drawn = "";
    this.onChange();
  }

  tick() {
    const now = performance.now();
    const isDone = this.said?.recorded && now - this.said.at > SAID_MS;
    const isLeft = this.view !== null && this.form === null && now - this.touchedAt > FORGET_MS;
    if (isDone || isLeft) this.close();
  }

  /** Follow the state; the form itself is drawn anew only when its subject changed. */
  follow(state, isQuiet) {
    this.state = state;
    this.drawDock(isQuiet);
    this.panel.hidden = !this.isOpen || isQuiet;
    if (this.isOpen && !isQuiet) this.drawPanel();
  }

  drawDock(isQuiet) {
    const { state, words } = this;
    this.dock.hidden = isQuiet || this.isOpen;
    const soonest = state.tasks.find((task) => task.found === null);
    const counts = {
      searches: soonest ? `${state.task_count} · ${clock(soonest.due_in_s, words)}` : `${state.task_count}`,
      signers: `${state.delivery_count}`,
      handhelds: state.handhelds.paired.length ? `${state.handhelds.paired.length}` : "",
      exception: "",
    };
    const hidden = { searches: state.tasks.length === 0, signers: state.delivery_count === 0, handhelds: false, exception: false };
    for (const [i, name] of Object.keys(DOCK).entries()) {
      const button = this.buttons[i];
      button.hidden = hidden[name];
      button.classList.toggle("dock-late", name === "searches" && Boolean(soonest) && soonest.due_in_s < 0);
      setText(button.querySelector(".dock-word"), words.say(`dock.${name}`));
      setText(button.querySelector(".dock-count"), counts[name]);
    }
  }

  drawPanel() {
    const content = this.content();
    if (content === null) return this.close();
    const key = JSON.stringify([this.words.language, content.key, Boolean(this.said?.recorded)]);
    if (key !== this.drawn) {
      this.drawn = key;
      this.panel.replaceChildren(...(this.said?.recorded ? this.recorded() : content.draw()));
    }
    content.update?.();
    this.drawFrame();
  }

  content() {
    const { state, view } = this;
    if (this.said?.recorded) return { key: "recorded", draw: () => [] };
    if (view.name === "searches") {
      const task = state.tasks.length === 1 ? state.tasks[0] : state.tasks.find((found) => found.incident === view.incident);
      if (task) return searchForm(this, task);
      return state.tasks.length ? searchList(this) : null;
    }
    if (view.name === "signers") {
      const delivery = state.deliveries.length === 1 ? state.deliveries[0] : state.deliveries.find((found) => found.waybill === view.waybill);
      if (delivery) return signerForm(this, delivery);
      return state.deliveries.length ? signerList(this) : null;
    }
    if (view.name === "handhelds") return handheldList(this);
    return exceptionForm(this);
  }

  recorded() {
    const { words } = this;
    return [make("div", "done", icon("check", "icon sign"),
      make("div", "", make("p", "word", words.say("form.recorded")), make("p", "second", words.sayOther("form.recorded"))))];
  }

  /** The line under the form: under way, or why it was not recorded. */
  drawFrame() {
    const line = this.panel.querySelector(".form-said");
    if (line === null) return;
    const { words, said, form } = this;
    const text = form !== null ? words.say("form.sending")
      : said && !said.recorded ? `${words.say("form.not_recorded")} · ${words.say(`form.reason.${said.reason}`)}` : "";
    setText(line, text);
    line.classList.toggle("form-failed", Boolean(said && !said.recorded && form === null));
    for (const button of this.panel.querySelectorAll(".send")) button.disabled = form !== null || button.dataset.blocked === "yes";
  }
}

function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
