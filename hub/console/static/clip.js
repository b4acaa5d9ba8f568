// Takes a clip away: from when to when, of which camera. It is a copy; that it was taken is on record.

const LONGEST_MS = 15 * 60 * 1000; // as the hub has it
const AROUND_MS = 15 * 1000; // of the moment that a scene is about
const SECOND_MS = 1000;
const DAY_MS = 24 * 3600 * SECOND_MS;
const KEPT_MS = 60 * 1000; // so long a browser may take to save it
const STATUS_WORDS = new Set([409, 422, 503, 507]);

/** Milliseconds since midnight of `09:00:05.250`. */
function timeOfDay(text) {
  const [hours, minutes, seconds = 0] = text.split(":").map(Number);
  return ((hours * 60 + minutes) * 60 + seconds) * SECOND_MS;
}

export class ClipBar {
  /**
   * @param {object} player whose scene it is: `from`, `to`, `now`, `say`
   * @param {function(string, string, object): HTMLElement} make
   * @param {function(number): string} clockTime how a moment is written
   */
  constructor(player, make, clockTime) {
    this.player = player;
    this.make = make;
    this.clockTime = clockTime;
    const bar = make("div", "clip-bar", { parent: player, role: "group" });
    this.bar = bar;
    this.since = this.field("since", "i", () => this.player.now);
    this.until = this.field("until", "o", () => this.player.now);
    this.note = make("span", "clip-note", { parent: bar });
    this.said = make("output", "clip-said", { parent: bar });
  }

  field(name, key, now) {
    const { make, bar } = this;
    const label = make("label", "clip-field", { parent: bar });
    const word = make("span", "label", { parent: label });
    const input = make("input", "field clip-time", { parent: label, type: "time", step: 1 });
    const button = make("button", "tool player-act", { parent: bar, type: "button", textContent: name === "since" ? "⟦" : "⟧", data: { key } });
    button.addEventListener("click", () => this.write(input, now()));
    return Object.assign(input, { word, button, name: `clip-${name}` });
  }

  /** A camera's own button. */
  button(screen, parent) {
    const button = this.make("button", "button clip-do", { parent, type: "button" });
    if (parent.closest(".screens").querySelector("[data-key=d]") === null) button.dataset.key = "d";
    button.addEventListener("click", () => this.take(screen, button));
    button.textContent = this.player.say("player.clip.do");
    button.ariaLabel = `${button.textContent} ${screen.camera.name}`;
    button.title = this.player.say("player.clip.note");
    return button;
  }

  /** Words come with what is played; the times are around the moment that a scene is about. */
  enter(scene, at) {
    const { player } = this;
    this.bar.hidden = scene.cameras.length === 0;
    this.bar.ariaLabel = player.say("player.clip.do");
    this.note.textContent = player.say("player.clip.note");
    this.said.textContent = "";
    for (const [input, name] of [[this.since, "since"], [this.until, "until"]]) {
      input.word.textContent = player.say(`player.clip.${name}`);
      input.button.ariaLabel = player.say(`player.clip.${name}.now`);
      input.button.title = `${input.button.ariaLabel} (${input.button.dataset.key})`;
    }
    this.write(this.since, Math.max(player.from, at - AROUND_MS));
    this.write(this.until, Math.min(player.to, at + AROUND_MS + SECOND_MS - 1));
  }

  write(input, at) {
    input.value = this.clockTime(at).slice(0, 8);
  }

  /** The moment that a field means: of the scene's own day, or of the next if the scene goes on then. */
  read(input) {
    const { from, to } = this.player;
    const typed = timeOfDay(input.value) - timeOfDay(this.clockTime(from));
    const after = typed < -SECOND_MS ? typed + DAY_MS : typed;
    return Math.max(from, Math.min(to, from + after));
  }

  async take(screen, button) {
    const since = this.read(this.since);
    const until = this.read(this.until);
    if (!(since < until) || until - since > LONGEST_MS) return this.say("player.clip.span");
    if (screen.track === null) return this.say("player.clip.failed");
    button.disabled = true;
    this.say("player.clip.making");
    try {
      await this.fetch(screen.track, since, until);
    } catch (error) {
      console.warn("no clip", error);
      this.say("player.clip.failed");
    } finally {
      button.disabled = false;
    }
  }

  async fetch(track, since, until) {
    const asked = new URLSearchParams({ from: new Date(since).toISOString(), to: new Date(until).toISOString() });
    const answer = await fetch(`/api/v1/playbacks/${track.id}/clip?${asked}`);
    if (!answer.ok) {
      const share = track.comingShare(since, until);
      if (answer.status === 409 && share !== null) return this.say("player.clip.coming", { n: Math.floor(100 * share) });
      return this.say(STATUS_WORDS.has(answer.status) ? `player.clip.${answer.status}` : "player.clip.failed");
    }
    const name = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? "clip.mp4";
    const link = this.make("a", "", { href: URL.createObjectURL(await answer.blob()), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
    return this.say("player.clip.done", { name });
  }

  say(key, values) {
    this.said.textContent = this.player.say(key, values);
  }
}
