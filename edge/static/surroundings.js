// What stands around the verdict: devices above, recent scans beside, the state of things below.

import { clockTime, icon, make, person, unknownTag, visible, waybill } from "/static/words.js";

const SIGNAL_ICONS = {
  ok: "check", warn: "label-bad", wanted: "alarm", stop: "stop", reject: "label-bad",
  not_recorded: "cross", offline: "cable",
};

/** The scanners as chips: name, whether connected, and where its bytes really come from. */
export function devices(state, words) {
  return state.devices.map((device) => {
    const chip = make("li", device.connected ? "device" : "device device-gone",
      icon(device.connected ? "check" : "cable"), make("span", "", device.id));
    if (!device.connected) chip.append(make("span", "", words.say("device.gone")));
    if (device.reprogrammed) chip.append(make("span", "tag tag-open", words.say("device.reprogrammed")));
    if (device.simulated) chip.append(make("span", "tag tag-unproven", words.say("simulated")));
    chip.title = [device.protocol, device.source, device.reason].filter(Boolean).join(" · ");
    return chip;
  });
}

/** The newest scans with their signal; says what will stand here while there are none. */
export function recent(state, words) {
  const head = make("h2", "", words.say("recent"));
  if (state.recent.length === 0) return [head, make("p", "empty", words.say("recent.empty"))];
  const rows = state.recent.map((scan) => {
    // A label without a waybill that was answered with ok can only have been a command.
    const none = scan.signal === "ok" ? words.say("command_label") : words.say("no_waybill");
    const code = scan.waybill === null ? make("span", "waybill none", none) : waybill(scan.waybill);
    const word = words.say(`signal.${scan.signal}`);
    const row = make("li", `row row-${scan.signal}`, icon(SIGNAL_ICONS[scan.signal] ?? "label"), code,
      make("span", "row-fine", `${word} · ${clockTime(scan.at)} · ${scan.device}`));
    row.title = scan.at;
    return row;
  });
  return [head, make("ol", "", ...rows)];
}

/** The footer: who, step, place, network, spool, list, clock. A gap is named, never left out. */
export function footer(state, words) {
  const session = sessionShown(state);
  return [
    whoFact(session, words),
    fact(words.say("foot.step"), session?.step ? words.say(`step.${session.step}`) : null, words.say("foot.step.none")),
    placeFact(session, words),
    linkFact(state.link, words),
    spoolFact(state.spool, words),
    listFact(state.list, words),
    packFact(state.pack, words),
    clockFact(state.clock, words),
  ];
}

function sessionShown(state) {
  const device = state.handover?.device ?? state.scan?.device;
  return state.session.find((session) => session.device === device) ?? state.session[0] ?? null;
}

function fact(label, value, missing) {
  return make("div", "fact", make("span", "label", label),
    value === null ? make("span", "value none", missing) : make("span", "value", value));
}

function marked(label, value, meaning) {
  return make("div", `fact fact-${meaning}`, make("span", "label", label), make("span", "value", value));
}

function whoFact(session, words) {
  const who = session?.who ?? null;
  const shown = fact(words.say("foot.who"), who === null ? null : person(who), words.say("foot.who.none"));
  shown.append(unknownTag(who, words) ?? "");
  return shown;
}

function placeFact(session, words) {
  const kind = session?.container_kind;
  const container = kind ? words.say(`foot.container.${kind}`, { id: visible(session.container) }) : null;
  const parts = [session?.place?.id ?? null, container].filter(Boolean);
  const shown = fact(words.say("foot.place"), parts.length ? parts.join(" · ") : null, words.say("foot.place.none"));
  shown.append(unknownTag(session?.place, words) ?? "");
  return shown;
}

function linkFact(link, words) {
  const label = words.say("foot.link");
  if (!link.enrolled) return marked(label, words.say("foot.link.unenrolled"), "open");
  const receipt = link.receipt_age_s === null
    ? words.say("foot.link.never")
    : words.say("foot.link.receipt", { age: words.age(link.receipt_age_s) });
  if (link.offline || !link.connected) return marked(label, `${words.say("foot.link.offline")} · ${receipt}`, "open");
  return marked(label, `${words.say("foot.link.ok")} · ${receipt}`, "good");
}

/** Above this share of its bound the spool lets receipted records go early (promise P2). */
const CROWDED_PERCENT = 80;

function spoolFact(spool, words) {
  const label = words.say("foot.spool");
  const value = spool.depth === 0
    ? words.say("foot.spool.none")
    : words.say("foot.spool.depth", { n: spool.depth, age: words.age(spool.oldest_age_s ?? 0) });
  if (spool.forgotten_early > 0) return marked(label, `${value} · ${words.say("foot.spool.early", { n: spool.forgotten_early })}`, "open");
  if (spool.fill_percent > CROWDED_PERCENT) return marked(label, `${value} · ${words.say("foot.spool.crowded", { n: spool.fill_percent })}`, "open");
  return fact(label, value, "");
}

function listFact(list, words) {
  const label = words.say("foot.list");
  if (list.problem) return marked(label, words.say("foot.list.problem"), "open");
  if (list.version === 0) return marked(label, words.say("foot.list.shipped"), "open");
  if (list.age_s === null) return marked(label, words.say("foot.list.unknown", { version: list.version }), "open");
  const values = { version: list.version, age: words.age(list.age_s) };
  if (list.stale) return marked(label, words.say("foot.list.stale", values), "open");
  return fact(label, words.say("foot.list.version", values), "");
}

function packFact(pack, words) {
  const label = words.say("foot.pack");
  if (pack.problem) return marked(label, words.say(`foot.pack.${pack.problem}`, pack), "open");
  return fact(label, pack.version ? words.say("foot.pack.version", pack) : null, words.say("foot.pack.none"));
}

function clockFact(clock, words) {
  const label = words.say("foot.clock");
  if (clock.offset_ms === null || clock.error_ms === null) {
    return marked(label, words.say("foot.clock.unsure"), "unproven");
  }
  const offset = clock.offset_ms > 0 ? `+${clock.offset_ms}` : `${clock.offset_ms}`.replace("-", "−");
  return fact(label, words.say("foot.clock.offset", { offset, error: clock.error_ms }), "");
}
