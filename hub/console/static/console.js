// What only a browser can do: ages that count by themselves, keys, one sound for what is new, and
// saying so when the hub has gone quiet. Everything else is decided in the hub.

import "./days.js";
import "./focus.js";
import "./grown.js";
import "./player.js";
import { chime, onBlockedChange, resume } from "./sound.js";
import { hubNow, keepTime } from "./time.js";

const TICK_MS = 250;
const SILENT_MS_MAX = 5000; // the hub beats every second
const YEAR_S = 365 * 24 * 3600;

const words = JSON.parse(document.getElementById("custos-words").textContent);
let beat = null;
let beatAt = performance.now();
let lastChime = null;

function tick() {
  const root = document.documentElement;
  if (root.lang !== words.lang) root.lang = words.lang; // the framework sets its own when it starts
  const live = document.getElementById("live");
  if (live === null) return;
  const { now, beat: newBeat, chime: newChime } = live.dataset;
  if (newBeat !== beat) {
    beat = newBeat;
    beatAt = performance.now();
    if (now) keepTime(now);
  }
  const isLost = performance.now() - beatAt > SILENT_MS_MAX;
  if (document.body.dataset.lost !== `${isLost}`) document.body.dataset.lost = isLost; // what still stands there must not look alive
  note("lost-note", "note note-down m-red", words["lost"], isLost);
  if (newChime !== undefined && newChime !== lastChime) {
    lastChime = newChime;
    chime(newChime.split("-")[0]);
  }
}

function note(id, className, sentence, isShown) {
  let element = document.getElementById(id);
  if (element === null) {
    if (!isShown) return null;
    element = Object.assign(document.createElement("button"), { id, className, type: "button", textContent: sentence });
    document.body.prepend(element);
  }
  element.hidden = !isShown;
  return element;
}

// ---------------------------------------------------------------- what a person does

function choose(name, value) {
  document.cookie = `custos_${name}=${value}; path=/; max-age=${YEAR_S}; samesite=lax`;
  const address = new URL(location.href);
  address.searchParams.delete("lang"); // a link's language ends with the first choice
  location.replace(address);
}

const DO = {
  language: (tool) => choose("language", tool.dataset.to),
  theme: () => choose("theme", document.documentElement.dataset.theme === "dark" ? "light" : "dark"),
  view: () => choose("view", document.documentElement.dataset.view === "desk" ? "wall" : "desk"),
  help: () => {
    const keys = document.getElementById("keys");
    if (keys.open) keys.close();
    else keys.showModal();
  },
};

/** Go to the next card or row: a card is chosen, a row gets the focus and Enter opens it. */
function step(by) {
  const cards = [...document.querySelectorAll("[data-card], [data-row]")];
  if (cards.length === 0) return;
  const at = cards.findIndex((each) => each.classList.contains("is-chosen") || each === document.activeElement);
  const next = cards[Math.min(cards.length - 1, Math.max(0, at + by))];
  if (next.matches("[data-card]")) next.click();
  else next.focus();
  next.scrollIntoView({ block: "nearest" });
}

/** Do what a key stands for on this page; say whether it stands for anything. */
function press(key) {
  if (key === "j" || key === "k") {
    step(key === "j" ? 1 : -1);
    return true;
  }
  const target = key === "/" ? document.querySelector(".search .field") : document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (target === null) return false;
  if (target.matches("input, textarea")) target.focus();
  else target.click();
  return true;
}

addEventListener("keydown", (event) => {
  resume();
  const isWriting = event.target.matches("input:not([type=checkbox], [type=radio]), textarea, select");
  if (isWriting && event.key === "Escape") return event.target.blur();
  if (isWriting || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  if (event.key === "Enter" && event.target.matches("custos-card")) return event.target.click();
  if (event.key.length !== 1) return;
  if (press(event.key)) event.preventDefault();
});
addEventListener("pointerdown", resume);
addEventListener("click", (event) => {
  const tool = event.target.closest("[data-do]");
  if (tool !== null) DO[tool.dataset.do](tool);
});
addEventListener("submit", (event) => {
  if (!event.target.matches(".search")) return;
  event.preventDefault();
  const waybill = event.target.elements.waybill.value.replace(/\s/g, "");
  if (waybill) location.assign(event.target.elements.waybill.dataset.to + encodeURIComponent(waybill));
});

onBlockedChange((isBlocked) => note("sound-note", "note m-amber", words["sound.blocked"], isBlocked));
setInterval(tick, TICK_MS);

// ---------------------------------------------------------------- elements that count

const UNITS = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];

/** A length of time in its largest unit, as the hub writes it too. */
function inWords(seconds) {
  const [unit, size] = UNITS.find(([, each]) => seconds >= each) ?? ["s", 1];
  return words[`age.${unit}`].replace("{n}", Math.floor(seconds / size));
}

/** Under a day to the second, since somebody is waiting for its end. */
function toTheSecond(seconds) {
  if (seconds >= 86400) return inWords(seconds);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(part).padStart(2, "0")).join(":").replace(/^00:/, "");
}

// A wall has hundreds of ages: all are written in one turn, and only those that say something new.
const counting = new Set();
setInterval(() => counting.forEach((each) => each.write()), 1000);

class Ticking extends HTMLElement {
  connectedCallback() {
    counting.add(this);
    this.write();
  }

  disconnectedCallback() {
    counting.delete(this);
  }

  get age_s() {
    return (hubNow() - Date.parse(this.getAttribute("at"))) / 1000;
  }
}

class Counting extends Ticking {
  connectedCallback() {
    // A card that moves in its column is connected again; its shadow is still there.
    if (this.shadowRoot === null) this.attachShadow({ mode: "open" });
    super.connectedCallback();
  }

  say(text) {
    if (this.shadowRoot.textContent !== text) this.shadowRoot.textContent = text;
  }
}

class Age extends Counting {
  write() {
    this.say(words["age.ago"].replace("{age}", inWords(Math.max(0, Math.floor(this.age_s)))));
  }
}

class Countdown extends Counting {
  write() {
    const age_s = Math.floor(this.age_s);
    const isOver = age_s > 0;
    this.classList.toggle("is-over", isOver);
    const said = words[isOver ? "countdown.over" : "countdown.left"];
    this.say(said.replace("{age}", toTheSecond(Math.abs(age_s))));
  }
}

const SERIES_DIGITS = 3;
const GROUP_DIGITS = 4; // as people read them aloud: 1030 0000 0001

/** One element of the hub's, however many groups it is shown in: a wall has hundreds of them. */
class Waybill extends HTMLElement {
  static observedAttributes = ["number"];

  attributeChangedCallback(_name, _before, number) {
    const groups = [];
    for (let at = 0; at < number.length; at += GROUP_DIGITS) {
      const group = Object.assign(document.createElement("span"), { className: "group" });
      const digits = number.slice(at, at + GROUP_DIGITS);
      const series = at === 0 ? digits.slice(0, SERIES_DIGITS) : "";
      if (series) group.append(Object.assign(document.createElement("b"), { className: "series", textContent: series }));
      group.append(digits.slice(series.length));
      groups.push(group);
    }
    this.replaceChildren(...groups);
  }
}

const SPARK = { width: 120, height: 28 };

class Spark extends HTMLElement {
  static observedAttributes = ["values"];

  attributeChangedCallback() {
    if (this.shadowRoot === null) this.attachShadow({ mode: "open" });
    const values = this.getAttribute("values").split(",").map(Number);
    const most = Math.max(1, ...values);
    const line = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
    const points = values.map((value, at) => {
      const x = (at / (values.length - 1)) * SPARK.width;
      return `${x.toFixed(1)},${((1 - value / most) * (SPARK.height - 4) + 2).toFixed(1)}`;
    });
    line.setAttribute("points", points.join(" "));
    line.setAttribute("style", "fill: none; stroke: currentColor; stroke-width: 2");
    const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    picture.setAttribute("viewBox", `0 0 ${SPARK.width} ${SPARK.height}`);
    picture.setAttribute("width", SPARK.width);
    picture.setAttribute("height", SPARK.height);
    picture.append(line);
    this.shadowRoot.replaceChildren(picture);
  }
}

const RING_STEPS = 180; // of two degrees: finer ones nobody sees

class Ring extends Ticking {
  write() {
    const full = Math.min(1, Math.max(0, this.age_s / Number(this.getAttribute("limit"))));
    const fill = `${Math.floor(full * RING_STEPS) / RING_STEPS}turn`;
    if (this.style.getPropertyValue("--fill") !== fill) this.style.setProperty("--fill", fill);
    this.classList.toggle("is-full", full === 1);
  }
}

class Clock extends Ticking {
  write() {
    this.textContent = new Date(hubNow()).toLocaleTimeString("en-GB", { timeZone: words.zone });
  }
}

customElements.define("custos-age", Age);
customElements.define("custos-countdown", Countdown);
customElements.define("custos-ring", Ring);
customElements.define("custos-spark", Spark);
customElements.define("custos-clock", Clock);
customElements.define("custos-waybill", Waybill);
