// A handover: two halves, who gives and who receives, what is counted, and the one step that is due.

import { icon, make, person, unknownTag, visible, waybill } from "/static/words.js";

/** The stage for a handover under way, or one that has just ended. */
export function handover(state, words) {
  const { handover: told } = state;
  const [tone, iconName, key] = band(state);
  const head = make("div", `band band-${tone}`, icon(iconName, "icon sign"),
    make("div", "", make("p", "word", words.say(key)), make("p", "second", words.sayOther(key))),
    lastCode(state));
  return make("section", "handover", head,
    make("div", "sides", giver(told, words), icon("arrow", "icon passing"), receiver(told, words)),
    make("p", "due", due(state, words)));
}

/** What a screen reader says for a handover. */
export function spokenHandover(state, words) {
  const [, , key] = band(state);
  return [words.say(key), state.scan?.waybill, due(state, words)].filter(Boolean).join(", ");
}

function band({ handover: told, scan }) {
  if (told.outcome === "accepted") return ["ok", "check", "handover.accepted"];
  if (told.outcome === "one_sided") return ["warn", "alarm", "handover.one_sided"];
  if (scan === null) return ["quiet", "passing", "handover"];
  if (scan.signal === "warn") return ["warn", "label-bad", scan.hint === "handover_full" ? "handover.full" : "no_effect"];
  if (scan.waybill !== null) return ["ok", "check", "recorded"];
  return scan.command?.verb === "REFUSE" ? ["warn", "cross", "handover.refused"] : ["quiet", "passing", "handover"];
}

function lastCode({ handover: told, scan }) {
  if (told.outcome !== "open" || scan === null) return null;
  if (scan.waybill !== null) return make("p", "code", waybill(scan.waybill));
  const value = scan.command?.value;
  return ["BAG", "PAL", "SEAL", "REFUSE"].includes(scan.command?.verb) ? make("p", "code code-text", visible(value)) : null;
}

function giver(told, words) {
  const counted = [words.say("handover.parcels", { n: told.parcels + told.accepted })];
  if (told.units) counted.push(words.say("handover.units", { n: told.units }));
  const count = make("p", "counted", make("b", "", counted[0]), counted.length > 1 ? make("span", "", counted[1]) : null);
  const refused = told.refused ? make("p", "refused", icon("cross"), words.say("handover.refused.n", { n: told.refused })) : null;
  return side("handover.giver", told.giver, "handover.giver.none", words, count, refused);
}

function receiver(told, words) {
  const taken = told.outcome === "accepted" ? make("p", "counted", words.say("handover.both")) : null;
  const missing = told.outcome === "one_sided" ? "handover.nobody" : "handover.receiver.none";
  return side("handover.receiver", told.receiver, missing, words, taken);
}

function side(label, who, missing, words, ...rest) {
  return make("div", who === null ? "side side-open" : "side",
    make("p", "side-label", words.say(label)),
    who === null
      ? make("p", "who who-none", words.say(missing))
      : make("p", "who", person(who), unknownTag(who, words)),
    ...rest);
}

function due({ handover: told, scan }, words) {
  if (told.outcome === "accepted") return words.say("handover.accepted.do");
  if (told.outcome === "one_sided") return words.say("handover.one_sided.do");
  if (scan?.signal === "warn" && scan.hint && scan.hint !== "handover_full") return words.say(`hint.${scan.hint}`);
  if (told.is_full && told.receiver === null) return words.say("hint.handover_full");
  if (told.giver === null) return words.say("handover.do.giver");
  if (told.parcels + told.units === 0) return words.say("handover.do.parcels");
  return words.say(told.receiver === null ? "handover.do.receiver" : "handover.do.end");
}
