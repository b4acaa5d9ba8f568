// The handheld's own judgement, for while it has no edge: the same answers as edge/verdict.py gives
// for the same list, but for check digits and symbologies, which it does not know.

const BYTES_MAX = 512;
const VERBS = ["BY", "STEP", "PLACE", "BAG", "VEH", "FLT", "PAL", "SEAL", "REFUSE", "END"];
const STEPS = ["accept", "pack", "arrive", "depart", "sort", "load", "unload", "store", "retrieve",
  "handover", "out_for_delivery", "deliver", "return", "inspect", "count"];
const CONTROL = /[\u0000-\u001c\u001e\u001f\u007f-\u009f]/;
const NAME = /^[A-Za-z0-9_-]{1,32}$/;
const REASON_CHARS_MAX = 64;

/** A copy made ready for judging. */
export class OwnList {
  constructor(copy) {
    this.copy = copy;
    this.kinds = copy.kinds.map((kind) => wholly(kind.pattern)).filter((found) => found !== null);
    this.entries = new Map();
    for (const entry of copy.entries) {
      this.entries.set(entry.waybill, [...(this.entries.get(entry.waybill) ?? []), entry]);
    }
  }

  /** Judge a code: a scan as the page shows it, without its place in any spool. */
  judge(text, size, now_ms) {
    if (size > BYTES_MAX) return seen("hostile", "reject", { hint: "too_long" });
    if (CONTROL.test(text)) return seen("hostile", "reject", { text, hint: "control_characters" });
    if (text.startsWith("CX:")) return command(text);
    if (!this.kinds.some((kind) => kind.test(text))) return seen("not_a_parcel", "warn", { text, hint: "no_pattern" });
    return this.judgeWaybill(text, now_ms);
  }

  judgeWaybill(waybill, now_ms) {
    const entry = (this.entries.get(waybill) ?? []).find((found) => found.expires_at === null || now_ms < Date.parse(found.expires_at));
    if (entry) {
      const { result, signal, banner_zh, banner_en, reason, owner } = entry;
      return seen(result, signal, { waybill, banner_zh, banner_en, reason, owner });
    }
    const rule = this.copy.rules.find((found) => waybill.startsWith(found.prefix));
    if (rule) return seen("hv", "wanted", { waybill, banner_zh: rule.banner_zh, banner_en: rule.banner_en });
    return seen("clear", "ok", { waybill });
  }
}

function command(text) {
  const [, verb, colon, value] = /^CX:([^:]*)(:?)([^]*)$/.exec(text);
  if (!VERBS.includes(verb) || !isValue(verb, colon, value)) return seen("hostile", "reject", { text, hint: "unknown_command" });
  const isBadge = verb === "BY";
  return seen("not_a_parcel", "ok", { text: isBadge ? null : text, command: { verb, value: isBadge ? null : value, person: null, place: null } });
}

function isValue(verb, colon, value) {
  if (verb === "END") return colon === "";
  if (verb === "STEP") return STEPS.includes(value);
  if (verb === "REFUSE") return value.length >= 1 && [...value].length <= REASON_CHARS_MAX;
  return NAME.test(value);
}

function seen(result, signal, fields) {
  return { seq: null, waybill: null, text: null, symbology_unknown: false, banner_zh: null, banner_en: null,
    reason: null, owner: null, command: null, hint: null, step: null, handover: null, ...fields, result, signal };
}

// A pattern that this browser does not understand fits nothing: the edge will say what it was.
function wholly(pattern) {
  try {
    return new RegExp(`^(?:${pattern})$`, "u");
  } catch {
    return null;
  }
}
