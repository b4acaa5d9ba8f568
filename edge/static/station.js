// The station page: follows the edge's state over /ws and shows it. It decides nothing itself but
// one thing: a screen that the edge no longer feeds is not a verdict and is never shown as one.

import { Panel } from "/static/panel.js";
import { Alarm } from "/static/sound.js";
import { devices, footer, recent } from "/static/surroundings.js";
import { lost, spoken, verdict } from "/static/verdicts.js";
import { Words } from "/static/words.js";

const SILENCE_MS_MAX = 3000; // the edge speaks at least every second
const RETRY_MS_MIN = 300;
const RETRY_MS_MAX = 3000;
const TICK_MS = 500;

// What needs a person at once takes the whole stage; a form comes back when it is over.
const FULL = new Set(["reject", "not_recorded"]);

const at = (id) => document.getElementById(id);

class Page {
  constructor(words) {
    this.words = words;
    this.state = null;
    this.heardAt = performance.now();
    this.isLost = false;
    this.socket = null;
    this.retry_ms = RETRY_MS_MIN;
    this.drawn = "";
    this.panel = new Panel(at("dock"), at("panel"), words, (form) => this.send(form), () => this.draw());
    this.alarm = new Alarm((blocked) => { at("sound").hidden = !blocked; });
  }

  start() {
    applyTheme(localStorage.getItem("theme") ?? "dark");
    at("language").addEventListener("click", () => { this.words.toggle(); this.draw(); });
    at("theme").addEventListener("click", () => applyTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
    // Any touch or key may free the sound, not only the note: nobody hunts for a button in gloves.
    addEventListener("pointerdown", () => this.alarm.enable());
    addEventListener("keydown", () => this.alarm.enable());
    // The whole stage is the button: it is touched in gloves, and the button's key press lands here too.
    at("stage").addEventListener("click", () => this.acknowledge());
    setInterval(() => this.tick(), TICK_MS);
    this.draw();
    this.connect();
  }

  connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws`);
    this.socket = socket;
    socket.onopen = () => this.panel.reconnected();
    socket.onmessage = (message) => this.hear(JSON.parse(message.data));
    socket.onclose = () => {
      if (this.socket !== socket) return;
      this.lose();
      setTimeout(() => this.connect(), this.retry_ms);
      this.retry_ms = Math.min(2 * this.retry_ms, RETRY_MS_MAX);
    };
  }

  hear(state) {
    if (state.type === "answer") return this.panel.answered(state);
    if (state.type !== "state") return;
    const isFirst = this.state === null;
    this.state = state;
    this.heardAt = performance.now();
    this.isLost = false;
    this.retry_ms = RETRY_MS_MIN;
    this.alarm.follow(state.alarm, isFirst);
    this.draw();
  }

  tick() {
    this.panel.tick();
    if (performance.now() - this.heardAt <= SILENCE_MS_MAX) return;
    this.lose();
    // A socket that is open and silent is as dead as a closed one; onclose opens the next.
    if (this.socket.readyState === WebSocket.OPEN) this.socket.close();
  }

  lose() {
    this.isLost = true;
    this.alarm.follow(null, false);
    this.draw();
  }

  // Names the alarm, because another one may be on its way here. One that took the screen while the
  // finger was down gets no click at all: drawing it replaced what the finger was on.
  acknowledge() {
    if (this.isLost || this.state === null || !this.state.ack_needed) return;
    this.send({ type: "ack", seq: this.state.alarm.seq });
  }

  send(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  draw() {
    this.drawChrome();
    if (this.isLost) return this.drawLost();
    if (this.state === null) return;
    const state = this.state;
    document.body.dataset.screen = isUnplugged(state) ? "unplugged" : state.screen;
    document.body.dataset.ack = state.ack_needed ? "needed" : "none";
    const isFull = state.ack_needed || FULL.has(state.screen);
    document.body.dataset.panel = this.panel.isOpen && !isFull ? "open" : "none";
    this.drawVerdict(state);
    this.panel.follow(state, isFull);
    at("devices").replaceChildren(...devices(state, this.words));
    at("recent").hidden = state.ack_needed || state.screen === "handover" || this.panel.isOpen;
    at("recent").replaceChildren(...recent(state, this.words));
    at("footer").replaceChildren(...footer(state, this.words));
  }

  // Only a change redraws the verdict: a button must not vanish under a finger each second.
  drawVerdict(state) {
    const key = JSON.stringify([this.words.language, state.screen, state.ack_needed, state.scan,
      state.session, state.handover, isUnplugged(state)]);
    if (key === this.drawn) return;
    this.drawn = key;
    at("stage").replaceChildren(verdict(state, this.words));
    at("spoken").textContent = spoken(state, this.words);
  }

  drawLost() {
    const age_s = Math.floor((performance.now() - this.heardAt) / 1000);
    const pending = this.state?.ack_needed ? this.state.scan : null;
    document.body.dataset.screen = "lost";
    document.body.dataset.ack = "none";
    document.body.dataset.panel = "none";
    at("panel").hidden = at("dock").hidden = true;
    at("stage").replaceChildren(lost(age_s, pending, this.words));
    if (this.drawn !== "lost") at("spoken").textContent = this.words.say("lost");
    this.drawn = "lost";
    at("devices").replaceChildren();
    at("recent").hidden = true;
    at("footer").replaceChildren();
  }

  drawChrome() {
    const { words, state } = this;
    document.documentElement.lang = words.language === "zh" ? "zh-CN" : "en";
    document.title = words.say("title");
    at("language").textContent = words.say("language.other");
    at("language").setAttribute("aria-label", words.say("language.switch"));
    at("theme").setAttribute("aria-label", words.say("theme.switch"));
    at("sound").textContent = words.say("sound.blocked");
    at("site").textContent = state ? words.say("site.edge", state) : "";
    const problem = this.isLost ? null : state?.link.problem ?? null;
    const refuses = !this.isLost && (state?.spool.refuses ?? false);
    const refused = problem && words.say("problem.bar", { problem: words.say(`problem.${problem}`) });
    show(at("problem"), refuses ? words.say("problem.disk") : refused);
    show(at("test-clock"), state?.test_clock && words.say("test_clock", { clock: state.test_clock }));
  }
}

function isUnplugged(state) {
  return state.screen === "ready" && !state.devices.some((device) => device.connected);
}

function show(element, text) {
  element.hidden = !text;
  // Writing the same words again would make a screen reader say them each second.
  if (text && element.textContent !== text) element.textContent = text;
}

function applyTheme(theme) {
  document.documentElement.dataset.theme = theme;
  localStorage.setItem("theme", theme);
}

new Page(await Words.load()).start();
