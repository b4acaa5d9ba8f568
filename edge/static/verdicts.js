// One question, one answer, full bleed: "may this parcel go on?" Each function makes the whole
// stage for one screen of the station contract.

import { handover, spokenHandover } from "/static/handover.js";
import { icon, make, person, unknownTag, visible, waybill } from "/static/words.js";

/** The stage for a state. */
export function verdict(state, words) {
  return (SCREENS[state.screen] ?? ready)(state, words);
}

/** What a screen reader says for a state. */
export function spoken(state, words) {
  if (state.screen === "handover") return spokenHandover(state, words);
  const scan = state.scan;
  const banner = words.language === "zh" ? scan?.banner_zh : scan?.banner_en;
  const word = state.screen === "wanted" ? banner || words.say("wanted.fallback") : words.say(state.screen);
  return [word, scan?.waybill, hint(scan, words)].filter(Boolean).join(", ");
}

/** The screen for an edge that does not answer; never a colour that could pass for a verdict. */
export function lost(age_s, pending, words) {
  const rest = [make("p", "do", words.say("lost.do"))];
  if (pending !== null) {
    const code = pending.waybill ? waybill(pending.waybill, "waybill waybill-small") : null;
    rest.push(make("p", "pending", icon("alarm"), make("span", "", words.say("lost.alarm")), code));
  }
  rest.push(make("p", "fine", `${words.say("lost.since", { age: words.age(age_s) })} · ${words.say("lost.retry")}`));
  return section("cable", words.say("lost"), words.sayOther("lost"), ...rest);
}

const SCREENS = { ready, recorded, command, handover, warn, wanted, stop, reject, not_recorded: notRecorded };

function ready(state, words) {
  const connected = state.devices.some((device) => device.connected);
  if (!connected) {
    return section("cable", words.say("ready.no_scanner"), words.sayOther("ready.no_scanner"),
      make("p", "do", words.say("ready.no_scanner.do")));
  }
  if (state.devices.length > 1) return readyAtSeveral(state, words);
  const nobody = state.session.every((session) => session.who === null);
  return section("label", words.say("ready"), words.sayOther("ready"),
    make("p", "do", words.say(nobody ? "ready.nobody" : "ready.go")));
}

function readyAtSeveral(state, words) {
  const cards = state.session.map((session) =>
    make("li", "", make("b", "", session.device),
      make("span", "", session.who === null ? words.say("foot.who.none") : person(session.who), unknownTag(session.who, words)),
      make("span", "", session.step === null ? words.say("foot.step.none") : words.say(`step.${session.step}`)),
      make("span", "", session.place?.id ?? words.say("foot.place.none"), unknownTag(session.place, words))));
  return section("label", words.say("ready"), words.sayOther("ready"), make("ul", "sessions", ...cards));
}

function recorded(state, words) {
  const step = state.scan.step;
  return section("check", words.say("recorded"), words.sayOther("recorded"),
    code(state.scan),
    make("p", "do", step === null ? words.say("foot.step.none") : words.say(`step.${step}`)),
    unknownSymbology(state.scan, words));
}

function command(state, words) {
  const { verb } = state.scan.command;
  return section("gear", words.say(`command.${verb}`), words.sayOther(`command.${verb}`),
    make("p", verb === "END" ? "do" : "setting", commandValue(state.scan.command, words)),
    unknownNote(state.scan.command, words));
}

function commandValue({ verb, value, person: who }, words) {
  if (verb === "END") return words.say("command.END.value");
  if (verb === "STEP") return words.say(`step.${value}`);
  if (verb === "BY") return who === null ? words.say("foot.link.unenrolled") : person(who);
  return visible(value);
}

function unknownNote({ person: who, place }, words) {
  const tag = unknownTag(who ?? place, words);
  const key = who === null ? "unknown.place" : "unknown.badge";
  return tag === null ? null : make("p", "do", tag, ` ${words.say(key)}`);
}

function warn(state, words) {
  const scan = state.scan;
  const key = scan.command === null ? "warn" : "no_effect";
  const what = scan.command === null ? null : words.say(`command.${scan.command.verb}`);
  const detail = [what, hint(scan, words)].filter(Boolean).join(" · ");
  return section("label-bad", words.say(key), words.sayOther(key),
    scan.command === null ? code(scan) : null,
    detail ? make("p", "why", detail) : null,
    make("p", "do", words.say(`${key}.do`)),
    unknownSymbology(scan, words));
}

function reject(state, words) {
  return section("label-bad", words.say("reject"), words.sayOther("reject"),
    make("p", "why", hint(state.scan, words) ?? ""),
    code(state.scan),
    make("p", "do", words.say("reject.do")));
}

function notRecorded(state, words) {
  return section("cross", words.say("not_recorded"), words.sayOther("not_recorded"),
    make("p", "why", words.say("not_recorded.do")),
    code(state.scan),
    make("p", "do", [hint(state.scan, words), words.say("not_recorded.again")].filter(Boolean).join(" · ")));
}

function wanted(state, words) {
  const { banner_zh, banner_en, reason } = state.scan;
  const banner = { zh: banner_zh || words.tables.zh["wanted.fallback"], en: banner_en || words.tables.en["wanted.fallback"] };
  const left = section("alarm", banner[words.language], banner[words.other()],
    code(state.scan),
    reason ? make("p", "why", visible(reason)) : null,
    unknownSymbology(state.scan, words));
  const checks = ["count", "seal", "condition"].map((name) =>
    make("li", "", make("b", "", words.say(`wanted.check.${name}`)), make("span", "", words.say(`wanted.check.${name}.do`))));
  const list = make("div", "checks", make("h2", "", words.say("wanted.check")), make("ol", "", ...checks));
  return make("div", "alarm", make("div", "halves", left, list), acknowledge(state, words, "ack"));
}

function stop(state, words) {
  const { reason, owner } = state.scan;
  const facts = make("dl", "facts",
    make("dt", "", words.say("stop.why")), make("dd", "", reason ? visible(reason) : words.say("stop.why.none")),
    make("dt", "", icon("phone"), words.say("stop.call")), make("dd", "", owner ? visible(owner) : words.say("stop.call.none")));
  const bar = make("div", "bar", icon("stop", "icon sign"),
    make("div", "", make("p", "word", words.say("stop")), make("p", "second", words.sayOther("stop"))));
  const left = make("div", "below", code(state.scan), make("p", "do", words.say("stop.do")),
    unknownSymbology(state.scan, words));
  return make("div", "alarm", bar, make("div", "halves", left, make("div", "checks", facts)),
    acknowledge(state, words, "ack.stop"));
}

function acknowledge(state, words, key) {
  if (!state.ack_needed) return make("p", "acked", icon("check"), words.say("ack.done"));
  const button = make("button", "ack", icon("check"), words.say(key));
  button.type = "button";
  return button;
}

function section(iconName, word, second, ...rest) {
  return make("section", "verdict", icon(iconName, "icon sign"),
    make("div", "words", make("p", "word", word), make("p", "second", second), ...rest));
}

function code(scan) {
  if (scan.waybill !== null) return make("p", "code", waybill(scan.waybill));
  return scan.text ? make("p", "code code-text", visible(scan.text)) : null;
}

function unknownSymbology(scan, words) {
  return scan.symbology_unknown ? make("p", "tag tag-unproven", words.say("symbology_unknown")) : null;
}

function hint(scan, words) {
  if (!scan || !scan.hint) return null;
  return words.has(`hint.${scan.hint}`) ? words.say(`hint.${scan.hint}`) : scan.hint;
}
