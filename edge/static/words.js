// Words and figures: the message tables, ages, waybills, and text that strangers wrote.

const LANGUAGES = ["zh", "en"];
const SERIES_LENGTH = 3;

/** The two message tables and the language chosen on this screen; the choice is kept. */
export class Words {
  constructor(tables, language) {
    this.tables = tables;
    this.language = language;
  }

  /** Load both tables; the language is ?lang=, else the kept choice, else Chinese. */
  static async load() {
    const answers = await Promise.all(LANGUAGES.map((name) => fetch(`/static/messages.${name}.json`)));
    const tables = await Promise.all(answers.map((answer) => answer.json()));
    const wanted = [new URLSearchParams(location.search).get("lang"), localStorage.getItem("language")];
    const language = wanted.find((name) => LANGUAGES.includes(name)) ?? LANGUAGES[0];
    return new Words(Object.fromEntries(LANGUAGES.map((name, i) => [name, tables[i]])), language);
  }

  other() {
    return this.language === "zh" ? "en" : "zh";
  }

  toggle() {
    this.language = this.other();
    localStorage.setItem("language", this.language);
  }

  /** The message in the chosen language; an unknown key shows itself. */
  say(key, values = {}) {
    return fill(this.tables[this.language][key] ?? key, values);
  }

  /** The same message in the other language, for the second line of a verdict. */
  sayOther(key, values = {}) {
    return fill(this.tables[this.other()][key] ?? key, values);
  }

  /** The text in the chosen language of something that brings both. */
  pick(texts) {
    return texts[this.language];
  }

  has(key) {
    return key in this.tables[this.language];
  }

  /** A duration in whole seconds in its largest sensible unit. */
  age(seconds) {
    if (seconds < 60) return this.say("age.s", { n: seconds });
    if (seconds < 3600) return this.say("age.min", { n: Math.floor(seconds / 60) });
    if (seconds < 86400) return this.say("age.h", { n: Math.floor(seconds / 3600) });
    return this.say("age.d", { n: Math.floor(seconds / 86400) });
  }
}

function fill(pattern, values) {
  return pattern.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** An element with a class, and text or elements inside. Text is never read as HTML. */
export function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** An icon of the sprite in index.html; the word beside it speaks, so it is silent. */
export function icon(name, className = "icon") {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.setAttribute("class", className);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

/** A waybill in groups of four, its series (the first three digits) set off. */
export function waybill(text, className = "waybill") {
  const groups = (text.match(/.{1,4}/g) ?? []).map((group, i) =>
    i === 0
      ? make("span", "group", make("b", "series", group.slice(0, SERIES_LENGTH)), group.slice(SERIES_LENGTH))
      : make("span", "group", group),
  );
  const whole = make("span", className, ...groups);
  whole.setAttribute("aria-label", text);
  return whole;
}

/** What a label said, with every invisible or direction-changing character as its number. */
export function visible(text) {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, (found) =>
    `‹${found.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}›`);
}

/** A person's name; without one the pseudonym's first eight digits in two groups, which is enough
    to tell two people apart. */
export function person(who) {
  return who.name === null ? `${who.by.slice(0, 4)} ${who.by.slice(4, 8)}` : visible(who.name);
}

/** The amber word beside a person or place that the site pack does not list. */
export function unknownTag(view, words) {
  return view?.unknown ? make("span", "tag tag-open", words.say("unknown")) : null;
}

/** A time limit as it runs: minutes and seconds left, or how long it is over. */
export function clock(seconds, words) {
  if (seconds < 0) return words.say("late", { age: words.age(-seconds) });
  const minutes = Math.floor(seconds / 60);
  return words.say("left", { time: `${minutes}:${String(seconds % 60).padStart(2, "0")}` });
}

/** The time of day of a wire time in this browser's zone. */
export function clockTime(at) {
  return new Date(at).toLocaleTimeString("en-GB");
}
