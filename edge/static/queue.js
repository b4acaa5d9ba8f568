// The handheld's memory: scans that no edge has acknowledged, and what it needs without one. A scan
// is on the disk before anybody is told that it is kept.

export const QUEUE_MAX = 5000;
const DATABASE = "custos-handheld";
const VERSION = 1;
const SCANS = "scans";
const FACTS = "facts";

/** No more room: the scan is not kept. */
export class QueueFull extends Error {}

/** Scans by their growing number `n`, and single facts by name. */
export class Queue {
  constructor(database) {
    this.database = database;
  }

  static async open() {
    const opening = indexedDB.open(DATABASE, VERSION);
    opening.onupgradeneeded = () => {
      // The numbers grow for as long as this database lives, also over what was forgotten.
      opening.result.createObjectStore(SCANS, { keyPath: "n", autoIncrement: true });
      opening.result.createObjectStore(FACTS);
    };
    const queue = new Queue(await done(opening));
    await queue.change(FACTS, (facts) => {
      facts.get("queue").onsuccess = (event) => {
        if (event.target.result === undefined) facts.put(randomHex(16), "queue");
      };
    });
    return queue;
  }

  /** Keep a scan; its number, once it is on the disk. */
  async add(scan) {
    let n = null;
    await this.change(SCANS, (scans) => {
      scans.count().onsuccess = (event) => {
        if (event.target.result < QUEUE_MAX) scans.add(scan).onsuccess = (added) => { n = added.target.result; };
      };
    });
    if (n === null) throw new QueueFull();
    return n;
  }

  /** The oldest scans, in order. */
  oldest(limit) {
    return done(this.read(SCANS).getAll(null, limit));
  }

  count() {
    return done(this.read(SCANS).count());
  }

  /** Everything up to `upto` is durable at the edge. */
  forget(upto) {
    return this.change([SCANS, FACTS], (scans, facts) => {
      scans.delete(IDBKeyRange.upperBound(upto));
      facts.get("forgotten").onsuccess = (event) => facts.put(Math.max(upto, event.target.result ?? 0), "forgotten");
    });
  }

  recall(name) {
    return done(this.read(FACTS).get(name));
  }

  remember(name, value) {
    return this.change(FACTS, (facts) => { facts.put(value, name); });
  }

  read(store) {
    return this.database.transaction(store).objectStore(store);
  }

  change(stores, work) {
    // Strict: a browser may otherwise say "done" before the disk does.
    const names = [stores].flat();
    const transaction = this.database.transaction(names, "readwrite", { durability: "strict" });
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error("aborted"));
      work(...names.map((name) => transaction.objectStore(name)));
    });
  }
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function randomHex(count) {
  return Array.from(crypto.getRandomValues(new Uint8Array(count)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
