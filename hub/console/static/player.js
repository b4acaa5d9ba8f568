// The player: up to four cameras of a moment on one clock. What cannot be shown is said in the
// picture's place. Each scene that is opened is on record as a look before any of it is shown.

import { ClipBar } from "./clip.js";
import { Track } from "./track.js";

const TURN_MS = 40;
const ASK_MS = 2000; // how often the hub is asked while files are on their way from a site
const SPEEDS = [0.25, 0.5, 1, 2, 4, 8];
const SECOND_MS = 1000;
const table = JSON.parse(document.getElementById("custos-words")?.textContent ?? "{}");

function make(tag, className, more = {}) {
  const { parent, data, ...own } = more;
  const element = Object.assign(document.createElement(tag), { className, ...own });
  Object.assign(element.dataset, data);
  parent?.append(element);
  return element;
}

async function ask(method, path, body) {
  const answer = await fetch(path, {
    method,
    headers: body && { "Content-Type": "application/json" },
    body: body && JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.json();
}

/** One camera's place: its picture, or the words in its place. */
class Screen {
  constructor(player, camera, parent) {
    this.player = player;
    this.camera = camera;
    this.figure = make("figure", "screen", { parent, data: { camera: camera.camera } });
    const face = make("div", "screen-face", { parent: this.figure });
    this.video = make("video", "screen-video", { parent: face, muted: true, playsInline: true });
    this.video.setAttribute("aria-label", camera.name);
    this.word = make("p", "screen-word", { parent: face });
    this.copy = make("p", "screen-copy", { parent: face });
    const caption = make("figcaption", "screen-caption", { parent: this.figure });
    make("b", "", { parent: caption, textContent: camera.name });
    this.mark = make("span", "chip m-violet screen-mark", { parent: caption, hidden: true, textContent: player.say("player.simulated") });
    this.time = make("span", "figure", { parent: caption });
    this.own = make("p", "screen-own label", { parent: this.figure });
    player.clip.button(this, caption);
    this.track = null;
    this.problem = "player.opening";
  }

  async open(scene, plays) {
    const { site, camera } = this.camera;
    const { purpose, waybill } = plays;
    try {
      const found = await ask("POST", "/api/v1/playbacks", { site, camera, from: scene.from, to: scene.to, waybill, purpose });
      if (this.isClosed) return null;
      this.track = new Track(this.video, found);
      this.mark.hidden = !found.simulated;
      this.nextAsk = performance.now() + ASK_MS;
      this.tellOwnClock(found.own_clock);
      return found.id;
    } catch (error) {
      this.problem = error.message === "403" || error.message === "404" ? "player.refused" : "player.broken";
      return null;
    }
  }

  /** What somebody must know who reads the time that the camera wrote into its picture. */
  tellOwnClock(clock) {
    if (clock === null) return;
    const age = make("custos-age", "", { title: clock.measured_at });
    age.setAttribute("at", clock.measured_at);
    const text = table.lang?.startsWith("en") ? clock.text_en : clock.text_zh;
    this.own.append(text, this.player.say("player.own.asked"), " ", age);
  }

  async askAgain() {
    if (this.track === null || performance.now() < this.nextAsk || !this.track.isComing) return;
    this.nextAsk = Infinity;
    const found = await ask("GET", `/api/v1/playbacks/${this.track.id}`).catch(() => null);
    this.nextAsk = performance.now() + ASK_MS;
    if (found === null || this.isClosed) return;
    this.mark.hidden = !found.simulated;
    this.track.take(found);
  }

  /** Show a moment; say what kind of thing stands there. */
  show(at, speed) {
    const status = this.track === null ? this.beforehand() : this.track.status(at);
    if (this.track !== null) {
      this.track.keep(at);
      this.track.show(at, speed);
    }
    const isPicture = status.kind === "picture";
    this.figure.dataset.shows = status.kind;
    this.video.style.visibility = isPicture ? "visible" : "hidden";
    const said = isPicture ? "" : this.said(status);
    if (this.word.textContent !== said) this.word.textContent = said;
    const copied = status.isCopy ? this.player.say("player.copy") : "";
    if (this.copy.textContent !== copied) this.copy.textContent = copied;
    const shown = isPicture ? this.track.shownAt : null;
    const time = shown === null ? "" : `${clockTime(shown)} ± ${this.player.length(status.error)}`;
    if (this.time.textContent !== time) this.time.textContent = time;
    this.figure.dataset.shownAt = shown ?? "";
    return status.kind;
  }

  /** What it is before it is open, or for good if it never is: nobody waits for that one. */
  beforehand() {
    return { kind: this.problem === "player.opening" ? "opening" : "closed" };
  }

  said(status) {
    const { player } = this;
    if (this.track === null) return player.say(this.problem);
    if (status.kind === "coming") return player.say("player.coming", { n: Math.floor(100 * status.share) });
    if (status.kind === "codec") return player.say("player.codec", { codec: status.codec === "h265" ? "H.265" : "H.264" });
    if (status.kind !== "gap") return player.say(`player.${status.kind}`);
    const reason = player.say(`player.gap.${status.reason}`) || status.reason;
    return player.say("player.gap", { age: player.length(status.seconds * SECOND_MS), reason });
  }

  close() {
    this.isClosed = true;
    this.track?.close();
    this.figure.remove();
  }
}

function clockTime(at) {
  const day = new Date(at);
  const time = day.toLocaleTimeString("en-GB", { timeZone: table.zone });
  return `${time}.${String(day.getUTCMilliseconds()).padStart(3, "0")}`;
}

class Player extends HTMLElement {
  static observedAttributes = ["plays", "scene"];

  connectedCallback() {
    if (this.turning === undefined) this.draw();
    this.turning = setInterval(() => this.turn(), TURN_MS);
  }

  disconnectedCallback() {
    clearInterval(this.turning);
    this.leave();
  }

  attributeChangedCallback(name, before, value) {
    if (before === value) return;
    if (name === "plays") this.script = JSON.parse(value);
    if (name === "scene" && value === this.script?.scenes[this.nth]?.key) return; // play went on to it
    this.toOpen = true; // both attributes may come at once: the next turn opens once
  }

  say(key, values = {}) {
    const said = this.script.words[key] ?? "";
    return said.replace(/\{(\w+)\}/g, (_whole, name) => values[name]);
  }

  length(ms) {
    if (ms < SECOND_MS) return `${Math.round(ms)} ms`;
    return `${(ms / SECOND_MS).toFixed(ms < 10 * SECOND_MS ? 1 : 0)} s`;
  }

  // ------------------------------------------------------------ what a person sees

  draw() {
    this.screens = [];
    this.speed = 1;
    this.isPlaying = false;
    this.heading = make("p", "player-title", { parent: this });
    this.grid = make("div", "screens", { parent: this });
    const line = make("div", "player-line", { parent: this });
    this.strips = make("div", "strips", { parent: line, ariaHidden: "true" });
    this.slider = make("input", "player-slider", { parent: line, type: "range", min: 0, step: 100 });
    this.slider.addEventListener("input", () => this.seek(this.from + Number(this.slider.value)));
    const bar = make("div", "player-bar", { parent: this, role: "group" });
    this.act(bar, "before", "[", "|◂", () => this.goOn(-1));
    this.act(bar, "second.back", "z", "−1 s", () => this.seek(this.now - SECOND_MS));
    this.act(bar, "frame.back", ",", "◂", () => this.stepFrame(-1));
    this.button = this.act(bar, "play", "p", "▶", () => this.toggle());
    this.act(bar, "frame.on", ".", "▸", () => this.stepFrame(1));
    this.act(bar, "second.on", "x", "+1 s", () => this.seek(this.now + SECOND_MS));
    this.act(bar, "next", "]", "▸|", () => this.goOn(1));
    this.output = make("output", "player-time figure", { parent: bar });
    this.act(bar, "slower", "-", "−", () => this.faster(-1));
    this.rate = make("span", "figure player-rate", { parent: bar });
    this.act(bar, "faster", "=", "+", () => this.faster(1));
    this.clip = new ClipBar(this, make, clockTime);
  }

  act(parent, name, key, face, does) {
    const button = make("button", "tool player-act", { parent, type: "button", textContent: face, data: { key, act: name } });
    button.addEventListener("click", does);
    return button;
  }

  /** Words come with what is played; they are written once it is known. */
  name() {
    for (const each of this.querySelectorAll("[data-act]")) {
      each.ariaLabel = this.say(`player.do.${each.dataset.act}`);
      each.title = `${each.ariaLabel} (${each.dataset.key})`;
    }
    this.slider.ariaLabel = this.say("player.moment");
    const isOne = this.script.scenes.length < 2;
    for (const act of ["before", "next"]) this.querySelector(`[data-act="${act}"]`).hidden = isOne;
  }

  // ------------------------------------------------------------ scenes

  leave() {
    for (const each of this.screens) each.close();
    this.screens = [];
  }

  async open() {
    this.toOpen = false;
    const wanted = this.script.scenes.findIndex((each) => each.key === this.getAttribute("scene"));
    this.nth = Math.max(0, wanted);
    // What is open and the same as before goes on under a person's eyes.
    if (JSON.stringify(this.script.scenes[this.nth]) !== this.entered) await this.enter(false);
  }

  async enter(isPlaying) {
    this.leave();
    this.name();
    const scene = this.script.scenes[this.nth];
    this.entered = JSON.stringify(scene);
    if (scene === undefined) return;
    this.from = Date.parse(scene.from);
    this.to = Date.parse(scene.to);
    this.heading.textContent = scene.title;
    this.slider.max = this.to - this.from;
    this.turned = performance.now();
    this.clip.enter(scene, Date.parse(scene.at));
    this.grid.dataset.count = scene.cameras.length;
    this.screens = scene.cameras.map((camera) => new Screen(this, camera, this.grid));
    if (this.screens.length === 0) make("p", "screen-none", { parent: this.grid, textContent: this.say("player.unseen") });
    else this.grid.querySelector(".screen-none")?.remove();
    this.seek(isPlaying ? this.from : Date.parse(scene.at));
    this.play(isPlaying || scene.plays === true);
    if (this.isPlaying) this.scrollIntoView({ block: "nearest" });
    const opened = await Promise.all(this.screens.map((each) => each.open(scene, this.script)));
    const ids = opened.filter((each) => each !== null);
    this.dispatchEvent(new CustomEvent("opened", { detail: { scene: scene.key, ids } }));
    this.drawStrips();
  }

  goOn(by) {
    const next = this.nth + by;
    if (next < 0 || next >= this.script.scenes.length) return this.play(false);
    this.nth = next;
    this.dispatchEvent(new CustomEvent("scene", { detail: this.script.scenes[next].key }));
    return this.enter(by > 0 && this.isPlaying);
  }

  drawStrips() {
    const width = this.to - this.from;
    this.strips.replaceChildren();
    for (const { track } of this.screens) {
      const strip = make("div", "strip", { parent: this.strips });
      const put = (kind, begin, end) => {
        const left = Math.max(0, begin - this.from) / width;
        const right = Math.min(width, end - this.from) / width;
        if (right <= left) return;
        const part = make("i", `strip-part strip-${kind}`, { parent: strip });
        part.style.left = `${100 * left}%`;
        part.style.width = `${100 * (right - left)}%`;
      };
      for (const each of track?.segments ?? []) put(each.state === "stored" ? "here" : "away", each.begin, each.end);
      for (const each of track?.gaps ?? []) put("gap", each.begin, each.end);
    }
    for (const { at, title } of this.script.scenes[this.nth].marks ?? []) {
      const mark = make("i", "strip-mark", { parent: this.strips, title });
      mark.style.left = `${(100 * (Date.parse(at) - this.from)) / width}%`;
    }
  }

  // ------------------------------------------------------------ the clock

  seek(at) {
    this.now = Math.max(this.from, Math.min(this.to, at));
  }

  /** Seconds of the footage's times to one of its pictures: 1, but under a test clock. */
  get clockRate() {
    return this.screens.find((each) => each.track !== null)?.track.rate ?? 1;
  }

  toggle() {
    if (!this.isPlaying && this.now >= this.to) this.seek(this.from);
    this.play(!this.isPlaying);
  }

  play(isPlaying) {
    this.isPlaying = isPlaying;
    this.button.textContent = isPlaying ? "❚❚" : "▶";
  }

  faster(by) {
    const at = SPEEDS.indexOf(this.speed) + by;
    this.speed = SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, at))];
  }

  stepFrame(by) {
    this.play(false);
    const { track } = this.screens.find((each) => each.track?.status(this.now).kind === "picture") ?? {};
    const found = track?.step(this.now, by);
    if (found != null) this.seek(Math.ceil(found));
  }

  turn() {
    if (this.script === undefined) return;
    if (this.toOpen) void this.open();
    if (this.entered === undefined) return;
    const turned = performance.now();
    const kinds = this.screens.map((each) => each.show(this.now, this.isPlaying && !this.isHeld ? this.speed : 0));
    for (const each of this.screens) void each.askAgain();
    // Nobody waits for footage that may come tomorrow while another camera shows the moment.
    const waits = kinds.some((kind) => kind === "loading" || kind === "opening" || kind === "converting");
    this.isHeld = waits || (kinds.includes("coming") && !kinds.includes("picture"));
    if (this.isPlaying && !this.isHeld) this.seek(this.now + (turned - this.turned) * this.speed * this.clockRate);
    this.turned = turned;
    this.write();
    if (this.isPlaying && this.now >= this.to) this.goOn(1);
  }

  write() {
    const errors = this.screens.map(({ track }) => track?.status(this.now).error).filter((each) => each !== undefined);
    const room = errors.length > 0 ? ` ± ${this.length(Math.max(...errors))}` : "";
    const said = clockTime(this.now) + room;
    if (this.output.textContent !== said) this.output.textContent = said;
    const rate = `${this.speed}×`;
    if (this.rate.textContent !== rate) this.rate.textContent = rate;
    if (document.activeElement !== this.slider || !this.slider.matches(":active")) this.slider.value = this.now - this.from;
    this.slider.setAttribute("aria-valuetext", said);
    this.dataset.now = this.now;
  }
}

customElements.define("custos-player", Player);
