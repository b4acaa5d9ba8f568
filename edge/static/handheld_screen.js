// What a handheld shows, sounds and shakes for a scan: the station's own screens where the edge has
// spoken, an amber band over them, or an amber screen, where it has not.

import { Alarm } from "/static/sound.js";
import { spoken, verdict } from "/static/verdicts.js";
import { clockTime, icon, make, person, waybill } from "/static/words.js";

const READY_AFTER_MS = 15_000;
const TICK_MS = 500;
const SHAKE_EVERY_MS = 2000;
const LATE_MAX = 50; // late alarms that wait for the one before them to be acknowledged
const LOUD = new Set(["wanted", "stop"]);
const SCREENS = { ok: "kept", warn: "warn", wanted: "wanted", stop: "stop", reject: "reject" };

const at = (id) => document.getElementById(id);

export class Screen {
  constructor(words) {
    this.words = words;
    this.shown = null; // { n, screen, scan, isKept, ack, late, at_ms }
    this.waiting = []; // late alarms
    this.number = 0;
    this.problem = null;
    this.around = null;
    this.drawn = "";
    this.shaken_ms = 0;
    this.calm = null;
    this.alarm = new Alarm((blocked) => { at("sound").hidden = !blocked; });
  }

  start() {
    addEventListener("pointerdown", () => this.alarm.enable());
    addEventListener("keydown", () => this.alarm.enable());
    at("language").addEventListener("click", () => { this.words.toggle(); this.drawn = ""; this.redraw(); });
    at("stage").addEventListener("click", () => this.acknowledge());
    setInterval(() => this.tick(), TICK_MS);
  }

  // ---------------------------------------------------------------- scans

  showSending(n, scan) {
    this.put({ n, screen: "sending", scan }, []);
  }

  /** On this handheld alone: judged by its own list, never in green. */
  showKept(n, scan, tones) {
    const screen = scan.command ? "kept" : SCREENS[scan.signal];
    this.put({ n, screen, scan, isKept: true, signal: scan.signal }, tones[LOUD.has(screen) ? scan.signal : "kept"] ?? []);
  }

  showTold({ n, screen, scan }, tones) {
    this.put({ n, screen, scan, signal: scan.signal }, tones[scan.signal] ?? []);
  }

  /** The edge's word on a scan that was kept: a late alarm if it knew more, otherwise no sound. */
  followTold({ n, screen, scan }, before, tones) {
    const isNews = LOUD.has(screen) && before.result !== scan.result;
    if (isNews) return this.showLate({ n, screen, scan, signal: scan.signal, late: before.at }, tones[scan.signal] ?? []);
    if (this.shown?.n !== n) return;
    // An alarm that somebody hears is not taken back by a list that has changed since.
    const isCalmer = LOUD.has(this.shown.screen) && !LOUD.has(screen);
    this.replace(isCalmer ? { isKept: false } : { screen, scan, isKept: false });
  }

  /** Durable, though its answer was lost on the way. */
  followUpto(upto) {
    const { shown } = this;
    if (shown === null || shown.n === null || shown.n > upto || !(shown.isKept || shown.screen === "sending")) return;
    const isCalm = shown.screen === "kept" || shown.screen === "sending";
    this.replace({ isKept: false, screen: isCalm ? (shown.scan.command ? "command" : "recorded") : shown.screen });
  }

  showNotKept(scan, full) {
    this.put({ n: null, screen: "not_kept", scan, full, signal: "not_recorded" }, [[400, 400, 150], [400, 400, 150]]);
  }

  showTyped() {
    if (this.shown?.ack) return;
    this.put({ n: null, screen: "typed", scan: null, signal: "warn" }, []);
  }

  showLate(shown, tones) {
    if (this.shown?.ack) {
      this.waiting = [...this.waiting, { shown, tones }].slice(-LATE_MAX);
      return;
    }
    this.put(shown, tones);
  }

  put(shown, tones) {
    this.number += 1;
    const ack = LOUD.has(shown.screen);
    this.shown = { isKept: false, late: null, ...shown, ack, at_ms: performance.now() };
    this.alarm.follow(tones.length ? { seq: this.number, tones, repeat: ack } : null, false);
    this.tones = tones;
    this.shake();
    this.redraw();
  }

  replace(changes) {
    this.shown = { ...this.shown, ...changes };
    this.redraw();
  }

  /** The same label twice within the guard: the same answer once more. */
  again() {
    if (this.shown !== null && this.tones.length) this.alarm.follow({ seq: ++this.number, tones: this.tones, repeat: this.shown.ack }, false);
  }

  acknowledge() {
    if (!this.shown?.ack) return;
    this.shown = { ...this.shown, ack: false };
    this.alarm.follow(null, false);
    const next = this.waiting.shift();
    if (next) this.put(next.shown, next.tones);
    this.redraw();
  }

  shake() {
    this.shaken_ms = performance.now();
    if (this.tones.length) navigator.vibrate?.(this.tones.flatMap(([, length_ms, gap_ms]) => [length_ms, gap_ms]));
  }

  // ---------------------------------------------------------------- time

  /** Do it when no scan and no alarm is on the screen. */
  whenCalm(act) {
    this.calm = act;
  }

  tick() {
    const now_ms = performance.now();
    if (this.shown?.ack && now_ms - this.shaken_ms > SHAKE_EVERY_MS) this.shake();
    if (this.shown !== null && !this.shown.ack && now_ms - this.shown.at_ms > READY_AFTER_MS && this.shown.screen !== "not_kept") {
      this.shown = null;
    }
    if (this.shown === null && this.calm !== null) this.calm();
    this.redraw();
  }

  // ---------------------------------------------------------------- drawing

  draw(around) {
    this.around = around;
    this.redraw();
  }

  redraw() {
    const { words, around, shown } = this;
    if (around === null) return;
    this.drawChrome();
    const screen = this.screenNow();
    document.body.dataset.screen = screen;
    document.body.dataset.ack = shown?.ack ? "needed" : "none";
    at("band").hidden = !(shown?.isKept && screen !== "kept") && !shown?.late;
    at("band").textContent = shown?.late ? words.say("handheld.late", { time: clockTime(shown.late) }) : words.say("handheld.kept.band");
    const key = JSON.stringify([words.language, screen, shown?.n, shown?.ack, shown?.scan, around.standing?.session, around.keypad === null ? null : around.left]);
    if (key !== this.drawn) {
      this.drawn = key;
      at("stage").replaceChildren(this.stage(screen));
      at("spoken").textContent = shown?.scan && screen in SPOKEN ? spoken({ screen, scan: shown.scan, handover: shown.scan.handover }, words) : words.say(KEYS[screen] ?? screen);
    }
    at("footer").replaceChildren(...this.footer());
  }

  screenNow() {
    if (this.around.keypad !== null) return "pairing";
    if (this.shown !== null) return this.shown.screen;
    return this.around.list === null ? "no_list" : "ready";
  }

  stage(screen) {
    const { words, shown, around } = this;
    if (screen === "pairing") return around.keypad.draw(around.left);
    if (screen === "no_list") return plain("cable", "handheld.no_list", words, words.say("handheld.no_list.do"));
    if (screen === "typed") return plain("label-bad", "handheld.typed", words, words.say("handheld.typed.do"));
    if (screen === "sending") return plain("label", "handheld.sending", words, null, shown.scan);
    if (screen === "kept") return plain("kept", "handheld.kept", words, words.say("handheld.kept.not_yet"), shown.scan);
    if (screen === "not_kept") {
      const why = shown.full === null ? words.say("handheld.broken.do") : words.say("handheld.full.do", { n: shown.full });
      return plain("cross", "handheld.full", words, why, shown.scan);
    }
    const session = around.standing?.session ?? { who: null, step: null };
    const scan = shown?.scan ?? null;
    return verdict({ screen, scan, ack_needed: shown?.ack ?? false, handover: scan?.handover ?? null,
      devices: [{ connected: true }], session: [session] }, words);
  }

  drawChrome() {
    const { words, around } = this;
    document.documentElement.lang = words.language === "zh" ? "zh-CN" : "en";
    document.title = words.say("handheld.title");
    at("language").textContent = words.say("language.other");
    at("language").setAttribute("aria-label", words.say("language.switch"));
    at("sound").textContent = words.say("sound.blocked");
    at("site").textContent = around.standing ? `${around.standing.site} · ${around.standing.device}` : "";
    at("link").hidden = around.keypad !== null;
    at("link").textContent = words.say(around.isUp ? "handheld.online" : "handheld.offline");
    at("link").className = around.isUp ? "link link-up" : "link link-down";
    at("problem").hidden = this.problem === null;
    at("problem").textContent = this.problem === null ? "" : words.say(`handheld.problem.${this.problem}`);
  }

  footer() {
    const { words, around } = this;
    const { standing, left } = around;
    if (around.keypad !== null || standing === null) return [];
    const { who, step } = standing.session;
    return [
      fact("handheld.queue", words.say("handheld.queue.n", { n: left }), left > 0 ? "open" : "good", words),
      fact("foot.list", this.listAge(), this.isListOld() ? "open" : "", words),
      fact("foot.who", who === null ? words.say("foot.who.none") : person(who), "", words),
      fact("foot.step", step === null ? words.say("foot.step.none") : words.say(`step.${step}`), "", words),
    ];
  }

  age_s() {
    const { standing } = this.around;
    if (standing.list.age_s === null) return null;
    return standing.list.age_s + Math.floor(Math.max(0, Date.now() - standing.heard_ms) / 1000);
  }

  isListOld() {
    const { standing, isUp } = this.around;
    return standing.list.stale || !isUp;
  }

  listAge() {
    const { words, around } = this;
    const version = around.list?.version ?? 0;
    if (version === 0) return words.say("foot.list.shipped");
    const age_s = this.age_s();
    if (age_s === null) return words.say("foot.list.unknown", { version });
    return words.say(around.standing.list.stale ? "foot.list.stale" : "foot.list.version", { version, age: words.age(age_s) });
  }
}

const SPOKEN = { recorded: 1, command: 1, handover: 1, warn: 1, wanted: 1, stop: 1, reject: 1 };
const KEYS = { kept: "handheld.kept.band", sending: "handheld.sending", not_kept: "handheld.full", typed: "handheld.typed",
  pairing: "handheld.pair", no_list: "handheld.no_list" };

function plain(iconName, key, words, what, scan = null) {
  const code = scan?.waybill ? make("p", "code", waybill(scan.waybill))
    : scan?.command ? make("p", "code code-text", words.say(`command.${scan.command.verb}`)) : null;
  return make("section", "verdict", icon(iconName, "icon sign"),
    make("div", "words", make("p", "word", words.say(key)), make("p", "second", words.sayOther(key)), code,
      what === null ? null : make("p", "do", what)));
}

function fact(label, value, meaning, words) {
  return make("div", `fact fact-${meaning}`, make("span", "label", words.say(label)), make("span", "value", value));
}
