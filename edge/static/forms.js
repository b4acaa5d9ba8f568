// The forms themselves. Each gives { key, draw, update }: `key` says when it has to be drawn anew
// (never for a tick of the clock, or what is typed would be lost), `update` follows the clock.

import { clock, icon, make, person, visible, waybill } from "/static/words.js";

const REASONS = ["damaged", "seal_broken", "count_differs", "contents_differ", "papers_missing", "suspicious", "other"];

/** The open searches, most urgent first. */
export function searchList(panel) {
  const { state, words } = panel;
  const key = state.tasks.map((task) => [task.incident, task.found]);
  const row = (task) => {
    const found = task.found === null ? null : make("span", "tag tag-info", words.say(task.found ? "search.found" : "search.not_found"));
    const button = rowButton(task.waybill, make("span", "", lastSeen(task, words)), found, countdown(task, words));
    button.addEventListener("click", () => panel.open({ name: "searches", incident: task.incident }));
    return button;
  };
  return {
    key: ["searches", key],
    draw: () => [title("searches", panel), make("div", "rows", ...state.tasks.map(row)), more(state.task_count, state.tasks, words)],
    update: () => panel.state.tasks.forEach((task) => updateCountdown(panel, task)),
  };
}

/** One search: where to look, and whether it is there. */
export function searchForm(panel, task) {
  const { words } = panel;
  const answer = (found) => {
    const boxes = [...panel.panel.querySelectorAll(".check")];
    const checks = boxes.filter((box) => box.ariaChecked === "true").map((box) => box.dataset.id);
    panel.submit({ type: "self_check", device: workplace(panel).device, incident: task.incident, found, checks });
  };
  const draw = () => [
    title("search", panel, make("p", "code", waybill(task.waybill)), countdown(task, words)),
    make("p", "why", lastSeen(task, words), task.contact ? make("span", "contact", icon("phone"), visible(task.contact)) : null),
    make("div", "checklist", ...task.checks.map((check) => checkBox(check, words, () => allow(panel)))),
    foot(make("p", "form-who"), make("div", "answers",
      sendButton("search.found", "check", () => answer(true), words), sendButton("search.not_found", "cross", () => answer(false), words))),
  ];
  return {
    key: ["search", task.incident, task.found],
    draw,
    update: () => { updateCountdown(panel, task); showWho(panel, true); allow(panel); },
  };
}

/** Deliveries whose signer is not known yet, newest first. */
export function signerList(panel) {
  const { state, words } = panel;
  const row = (delivery) => {
    const button = rowButton(delivery.waybill, make("span", "", delivery.who === null ? words.say("foot.who.none") : person(delivery.who)));
    button.addEventListener("click", () => panel.open({ name: "signers", waybill: delivery.waybill }));
    return button;
  };
  return {
    key: ["signers", state.deliveries.map((delivery) => delivery.waybill)],
    draw: () => [title("signers", panel), make("div", "rows", ...state.deliveries.map(row)), more(state.delivery_count, state.deliveries, words)],
  };
}

/** Who signed for one parcel, and by which ID (HV-2.6). */
export function signerForm(panel, delivery) {
  const { words } = panel;
  const id = field("signer.id", { maxLength: 32, required: true, className: "field-large" }, words);
  const name = field("signer.name", { maxLength: 64 }, words);
  const send = () => panel.submit({ type: "deliver", waybill: delivery.waybill, signer_name: name.input.value, signer_id: id.input.value });
  const draw = () => [
    title("signer", panel, make("p", "code", waybill(delivery.waybill))),
    form(send, words, make("div", "pair", id.label, name.label), make("p", "fine", words.say("signer.private"))),
  ];
  return { key: ["signer", delivery.waybill], draw };
}

/** Something is wrong with a parcel (HV-3). A scan fills the waybill in while nobody has typed one. */
export function exceptionForm(panel) {
  const { words } = panel;
  const draw = () => {
    const number = field("exception.waybill", { maxLength: 64, required: true, className: "field-large", inputMode: "numeric" }, words);
    number.input.pattern = "[0-9A-Za-z\\-]{1,64}";
    number.input.id = "exception-waybill";
    number.input.addEventListener("input", () => { number.input.dataset.typed = "yes"; });
    const note = field("exception.note", { maxLength: 400 }, words);
    const reasons = REASONS.map((name) => reasonTile(name, words));
    const send = () => panel.submit({
      type: "exception", device: workplace(panel).device, waybill: number.input.value.trim(),
      reason: panel.panel.querySelector("input[name=reason]:checked").value, note: note.input.value,
    });
    const tiles = make("fieldset", "tiles", make("legend", "", words.say("exception.reason")), ...reasons);
    return [title("exception", panel), form(send, words, make("div", "pair", number.label, note.label), tiles)];
  };
  return { key: ["exception"], draw, update: () => { followScan(panel); showWho(panel, false); } };
}

function followScan(panel) {
  const input = panel.panel.querySelector("#exception-waybill");
  const scanned = panel.state.scan?.waybill ?? null;
  if (input === null || input.dataset.typed === "yes" || scanned === null) return;
  if (input.value !== scanned) input.value = scanned;
}

// The person at the scanner whose scan came last, or else whoever is on duty anywhere.
function workplace(panel) {
  const { session, scan } = panel.state;
  const last = session.find((found) => found.device === scan?.device);
  return last?.who ? last : session.find((found) => found.who !== null) ?? last ?? session[0];
}

function showWho(panel, isNeeded) {
  const { words } = panel;
  const line = panel.panel.querySelector(".form-who");
  if (line === null) return;
  const who = workplace(panel)?.who ?? null;
  const text = who === null ? words.say(isNeeded ? "form.nobody" : "form.nobody.may") : words.say("form.who", { name: person(who) });
  if (line.textContent !== text) line.textContent = text;
  line.classList.toggle("form-open", who === null);
}

function allow(panel) {
  const isNamed = (workplace(panel)?.who ?? null) !== null;
  const boxes = [...panel.panel.querySelectorAll(".check")];
  const isSearched = boxes.every((box) => box.ariaChecked === "true");
  const [found, missed] = panel.panel.querySelectorAll(".send");
  block(found, !isNamed);
  block(missed, !isNamed || !isSearched);
  missed.title = isSearched ? "" : panel.words.say("search.tick_all");
  panel.drawFrame();
}

function block(button, isBlocked) {
  button.dataset.blocked = isBlocked ? "yes" : "no";
}

function checkBox(check, words, onChange) {
  const button = make("button", "check", make("span", "box", icon("check")), make("span", "", visible(words.pick(check))));
  button.type = "button";
  button.setAttribute("role", "checkbox");
  button.ariaChecked = "false";
  button.dataset.id = check.id;
  button.addEventListener("click", () => { button.ariaChecked = button.ariaChecked === "true" ? "false" : "true"; onChange(); });
  return button;
}

function reasonTile(name, words) {
  const input = make("input", "");
  Object.assign(input, { type: "radio", name: "reason", value: name, required: true });
  return make("label", "tile", input, make("span", "", words.say(`exception.reason.${name}`)));
}

/** A labelled field. */
export function field(key, attributes, words) {
  const { className = "", ...rest } = attributes;
  const input = make("input", className);
  Object.assign(input, { type: "text", autocomplete: "off", spellcheck: false, ...rest });
  return { input, label: make("label", "field", make("span", "", words.say(key)), input) };
}

function form(send, words, ...rows) {
  const button = make("button", "send send-main", icon("check"), words.say("form.send"));
  const whole = make("form", "form", ...rows, foot(make("p", "form-who"), button));
  whole.addEventListener("submit", (event) => { event.preventDefault(); send(); });
  return whole;
}

// Stays in reach however long the form is.
function foot(who, buttons) {
  return make("div", "panel-foot", make("p", "form-said"), who, buttons);
}

function sendButton(key, iconName, onClick, words) {
  const button = make("button", "send", icon(iconName), words.say(key));
  button.type = "button";
  button.addEventListener("click", onClick);
  return button;
}

function rowButton(number, ...rest) {
  const button = make("button", "row-button", waybill(number), ...rest);
  button.type = "button";
  return button;
}

/** A panel's head: what it is about, and the way out. */
export function title(key, panel, ...subject) {
  const close = make("button", "close", icon("cross"), make("span", "", panel.words.say("form.close")));
  close.type = "button";
  close.addEventListener("click", () => panel.close());
  return make("header", "panel-head", make("div", "subject", make("h1", "", panel.words.say(`${key}.title`)), ...subject), close);
}

function more(count, shown, words) {
  return count > shown.length ? make("p", "fine", words.say("form.more", { n: count - shown.length })) : "";
}

function lastSeen(task, words) {
  const where = words.language === "zh" ? task.last_seen_zh : task.last_seen_en;
  return `${words.say("search.last_seen")} ${visible(where)}`;
}

function countdown(task, words) {
  const tag = make("span", "countdown", clock(task.due_in_s, words));
  tag.dataset.incident = task.incident;
  tag.classList.toggle("countdown-late", task.due_in_s < 0);
  return tag;
}

function updateCountdown(panel, task) {
  const tag = panel.panel.querySelector(`.countdown[data-incident="${task.incident}"]`);
  if (tag === null) return;
  tag.textContent = clock(task.due_in_s, panel.words);
  tag.classList.toggle("countdown-late", task.due_in_s < 0);
}
