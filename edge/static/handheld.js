// A handheld's page: scans go into its own memory first, then to the edge. Green is the edge's word
// alone; without it a scan is kept, in amber, and judged by the handheld's own list.

import { HandIn } from "/static/hand_in.js";
import { Keypad } from "/static/keypad.js";
import { OwnList } from "/static/own_list.js";
import { Queue, QUEUE_MAX, QueueFull } from "/static/queue.js";
import { Screen } from "/static/handheld_screen.js";
import { Wedge } from "/static/wedge.js";
import { Words } from "/static/words.js";

const PATIENCE_MS = 1500; // so long a person waits for the edge before "kept" is said
const UPDATE_MS = 3_600_000;
const CODE_BYTES_MAX = 512;

class Handheld {
  constructor(words, queue, facts) {
    Object.assign(this, { words, queue });
    this.isPaired = facts.device !== undefined;
    this.list = facts.list === undefined ? null : new OwnList(facts.list);
    this.isFetching = false;
    this.left = facts.left;
    this.standing = facts.standing ?? null; // the edge's last word on how things are
    this.last = null; // the scan before, for the repeat guard
    this.adding = Promise.resolve();
    this.link = new HandIn(queue, facts.queue, this);
    this.keypad = new Keypad(words, (code) => this.pair(code));
    this.screen = new Screen(words);
  }

  start() {
    new Wedge(document.getElementById("wedge"), (text) => this.read(text), () => this.screen.showTyped()).start();
    this.screen.start();
    addEventListener("online", () => this.link.wake());
    this.draw();
    this.link.run();
  }

  // ---------------------------------------------------------------- a scan

  read(text) {
    if (!this.isPaired) return this.keypad.enter(text);
    if (this.list === null) return;
    const at_ms = Date.now();
    const guard_ms = this.standing?.guard_ms ?? 0;
    if (this.last?.text === text && Math.abs(at_ms - this.last.at_ms) <= guard_ms) return this.screen.again();
    this.last = { text, at_ms };
    // One after the other, so that their numbers are in the order of the scans.
    this.adding = this.adding.then(() => this.take(text, at_ms)).catch((error) => {
      console.error(error);
      this.screen.showNotKept(null, null);
    });
  }

  async take(text, at_ms) {
    const bytes = new TextEncoder().encode(text);
    const view = { ...this.list.judge(text, bytes.length, at_ms), at: new Date(at_ms).toISOString(), device: this.standing?.device ?? "" };
    const isFirst = this.left === 0;
    let n;
    try {
      n = await this.queue.add({
        at: view.at, code_hex: hex(bytes.subarray(0, CODE_BYTES_MAX)), size: bytes.length,
        result: view.result, list_version: this.list.copy.version,
      });
    } catch (error) {
      return this.screen.showNotKept(view, error instanceof QueueFull ? QUEUE_MAX : null);
    }
    this.left += 1;
    if (!this.link.isUp || !(isFirst || this.link.fresh.size > 0)) return this.keep(n, view);
    this.link.fresh.add(n);
    this.screen.showSending(n, view);
    setTimeout(() => { if (this.link.fresh.has(n)) this.keep(n, view); }, PATIENCE_MS);
    this.link.wake();
  }

  /** Nobody waits for the edge any more: say what is true now. */
  keep(n, view) {
    this.link.fresh.delete(n);
    this.screen.showKept(n, view, this.tones());
    this.draw();
    this.link.wake();
  }

  tones() {
    return this.list?.copy.tones ?? {};
  }

  // ---------------------------------------------------------------- the edge's word

  answered(answer, scans, left) {
    const before = new Map(scans.map((scan) => [scan.n, scan]));
    for (const told of answer.told) {
      const isLive = this.link.fresh.delete(told.n);
      if (isLive) this.screen.showTold(told, this.tones());
      else this.screen.followTold(told, before.get(told.n), this.tones());
    }
    this.screen.followUpto(answer.upto);
    for (const n of this.link.fresh) if (n <= answer.upto) this.link.fresh.delete(n);
    this.left = left;
    const { told: _told, ...standing } = { ...answer, heard_ms: Date.now() };
    this.standing = standing;
    this.screen.problem = answer.problem;
    this.settle(standing);
    this.draw();
  }

  async settle(standing) {
    const copy = this.list?.copy;
    if (this.version !== undefined && this.version !== standing.version) renewPage();
    this.version = standing.version;
    const isOther = copy?.version !== standing.list.version || copy?.pack_version !== standing.pack_version;
    await this.queue.remember("standing", standing);
    if (isOther && !this.isFetching) await this.fetchList();
  }

  async fetchList() {
    this.isFetching = true;
    try {
      const response = await fetch("/handheld/list");
      if (!response.ok) return;
      const copy = await response.json();
      await this.queue.remember("list", copy);
      this.list = new OwnList(copy);
      this.draw();
    } catch {
      // The next answer of the edge asks again; until then the old copy judges.
    } finally {
      this.isFetching = false;
    }
  }

  lost() {
    this.draw();
  }

  async refused(problem) {
    const mustPair = problem === "not_paired" || problem === "other_queue";
    if (problem === "unreadable") renewPage(); // an edge of another version than this page
    this.screen.problem = mustPair || problem === "busy" ? null : problem;
    if (mustPair && this.isPaired) {
      this.isPaired = false;
      await this.queue.remember("device", undefined);
    }
    this.draw();
  }

  async pair(code) {
    let response;
    try {
      response = await fetch("/handheld/pair", {
        method: "POST", body: JSON.stringify({ code, queue: this.link.id }), headers: { "Content-Type": "application/json" },
      });
      const said = await response.json();
      if (!response.ok) return said.problem;
      await this.queue.remember("device", said.device);
    } catch {
      return "unreachable";
    }
    this.isPaired = true;
    navigator.storage?.persist?.();
    this.draw();
    this.link.wake();
    return null;
  }

  draw() {
    const { link, left, standing, list } = this;
    this.screen.draw({ keypad: this.isPaired ? null : this.keypad, isUp: link.isUp, left, standing, list: list?.copy ?? null });
  }
}

function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function renewPage() {
  const registration = await navigator.serviceWorker?.getRegistration();
  await registration?.update().catch(() => {}); // without a network the next try finds it
}

// The page starts without a network from here on; a newer one takes over when nothing is on it.
async function keepPage(screen) {
  if (!("serviceWorker" in navigator)) return;
  const isFirst = navigator.serviceWorker.controller === null;
  await navigator.serviceWorker.register("/handheld/worker.js");
  setInterval(renewPage, UPDATE_MS);
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (!isFirst) screen.whenCalm(() => location.reload());
  });
}

const [words, queue] = await Promise.all([Words.load(), Queue.open()]);
const names = ["queue", "device", "list", "standing"];
const found = await Promise.all(names.map((name) => queue.recall(name)));
const facts = Object.fromEntries(names.map((name, i) => [name, found[i]]));
const handheld = new Handheld(words, queue, { ...facts, left: await queue.count() });
handheld.start();
await keepPage(handheld.screen);
