// What only a browser can do: ages that count by themselves, keys, one sound for what is new, and
// saying so when the hub has gone quiet. Everything else is decided in the hub.

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
  document.documentElement.lang = words.lang; // the framework sets its own when it starts
  const live = document.getElementById("live");
  if (live === null) return;
  const { now, beat: newBeat, chime: newChime } = live.dataset;
  if (newBeat !== beat) {
    beat = newBeat;
    beatAt = performance.now();
    if (now) keepTime(now);
  }
  const isLost = performance.now() - beatAt > SILENT_MS_MAX;
  document.body.dataset.lost = isLost; // what still stands there must not look alive
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

function step(by) {
  const cards = [...document.querySelectorAll("[data-card]")];
  if (cards.length === 0) return;
  const at = cards.findIndex((card) => card.classList.contains("is-chosen"));
  const next = cards[Math.min(cards.length - 1, Math.max(0, at + by))];
  next.click();
  next.scrollIntoView({ block: "nearest" });
}

function press(key) {
  if (key === "j") return step(1);
  if (key === "k") return step(-1);
  if (key === "/") return document.querySelector(".search .field")?.focus();
  const target = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (target === null) return;
  if (target.matches("textarea")) target.focus();
  else target.click();
}

addEventListener("keydown", (event) => {
  resume();
  const isWriting = event.target.matches("input, textarea");
  if (isWriting && event.key === "Escape") return event.target.blur();
  if (isWriting || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  if (event.key === "Enter" && event.target.matches("[data-card]")) return event.target.click();
  if (event.key.length !== 1) return;
  if ("jkaor/ltw?".includes(event.key)) event.preventDefault();
  press(event.key);
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
  if (waybill) location.assign(`/console/parcels/${encodeURIComponent(waybill)}`);
});

onBlockedChange((isBlocked) => note("sound-note", "note m-amber", words["sound.blocked"], isBlocked));
setInterval(tick, TICK_MS);

// ---------------------------------------------------------------- elements that count

class Age extends HTMLElement {
  connectedCallback() {
    // A card that moves in its column is connected again; its shadow is still there.
    if (this.shadowRoot === null) this.attachShadow({ mode: "open" });
    this.write();
    this.timer = setInterval(() => this.write(), 1000);
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  write() {
    const seconds = Math.max(0, Math.floor((hubNow() - Date.parse(this.getAttribute("at"))) / 1000));
    const [unit, size] = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]].find(([, each]) => seconds >= each) ?? ["s", 1];
    const age = words[`age.${unit}`].replace("{n}", Math.floor(seconds / size));
    this.shadowRoot.textContent = words["age.ago"].replace("{age}", age);
  }
}

class Ring extends HTMLElement {
  connectedCallback() {
    this.write();
    this.timer = setInterval(() => this.write(), 1000);
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  write() {
    const age_s = (hubNow() - Date.parse(this.getAttribute("at"))) / 1000;
    const full = Math.min(1, Math.max(0, age_s / Number(this.getAttribute("limit"))));
    this.style.setProperty("--fill", `${full}turn`);
    this.classList.toggle("is-full", full === 1);
  }
}

class Clock extends HTMLElement {
  connectedCallback() {
    this.write();
    this.timer = setInterval(() => this.write(), 1000);
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  write() {
    this.textContent = new Date(hubNow()).toLocaleTimeString("en-GB", { timeZone: words.zone });
  }
}

customElements.define("custos-age", Age);
customElements.define("custos-ring", Ring);
customElements.define("custos-clock", Clock);
