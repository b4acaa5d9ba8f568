// The station's handhelds: who is paired, the code that pairs the next, and an end to it.

import { field, title } from "/static/forms.js";
import { make } from "/static/words.js";

const NAME = "[A-Za-z0-9_\\-]{1,32}";

/** The panel's part: { key, draw, update }, as in forms.js. */
export function handheldList(panel) {
  const { state, words } = panel;
  const { pairing, paired } = state.handhelds;
  const draw = () => [
    title("handhelds", panel),
    pairing === null ? newOne(panel) : openCode(pairing, words),
    paired.length === 0
      ? make("p", "fine", words.say("handhelds.none"))
      : make("ul", "rows", ...paired.map((handheld) => row(handheld, panel))),
    make("p", "form-said"),
  ];
  return {
    key: ["handhelds", pairing && [pairing.name, pairing.code], paired.map((handheld) => handheld.id)],
    draw,
    update: () => follow(panel),
  };
}

function newOne(panel) {
  const name = field("handhelds.name", { maxLength: 32, required: true, pattern: NAME }, panel.words);
  const button = make("button", "send", panel.words.say("handhelds.code"));
  const form = make("form", "pair", name.label, button);
  form.addEventListener("submit", (event) => { event.preventDefault(); panel.submit({ type: "pair", name: name.input.value }); });
  return form;
}

function openCode({ name, code }, words) {
  return make("div", "pair-code",
    make("p", "", words.say("handhelds.open", { url: `${location.origin}/handheld` })),
    make("p", "code", code),
    make("p", "", words.say("handhelds.for", { name }), " · ", make("span", "countdown pair-left")));
}

function row({ id }, panel) {
  const button = make("button", "close", panel.words.say("handhelds.revoke"));
  button.type = "button";
  button.addEventListener("click", () => panel.submit({ type: "revoke", name: id }));
  const seen = make("span", "handheld-seen");
  seen.dataset.id = id;
  return make("li", "handheld-row", make("b", "", id), seen, button);
}

function follow({ panel, state, words }) {
  const left = panel.querySelector(".pair-left");
  if (left !== null && state.handhelds.pairing !== null) left.textContent = words.say("age.s", { n: state.handhelds.pairing.left_s });
  for (const { id, seen_age_s } of state.handhelds.paired) {
    const seen = panel.querySelector(`.handheld-seen[data-id="${id}"]`);
    if (seen === null) continue;
    const text = seen_age_s === null ? words.say("handhelds.unseen") : words.say("handhelds.seen", { age: words.age(seen_age_s) });
    if (seen.textContent !== text) seen.textContent = text;
  }
}
