// The way to the edge: one exchange at a time, oldest scans first. What is not acknowledged is sent
// again; what is acknowledged is forgotten.

const BATCH = 20;
const POLL_MS = 3000;
const RETRY_MS_MIN = 500;
const RETRY_MS_MAX = 3000;
const TIMEOUT_MS = 8000;
const CLOCK_STEP_MS = 1000;

/** Runs for as long as the page lives. `listener`: answered(answer, scans), lost(), refused(problem). */
export class HandIn {
  constructor(queue, id, listener) {
    Object.assign(this, { queue, id, listener });
    this.fresh = new Set(); // scans whose person still waits for the edge's word
    this.isUp = false;
    this.clock = null;
    this.wallAhead_ms = null;
    this.retry_ms = RETRY_MS_MIN;
    this.wakeUp = () => {};
    this.isAwake = false;
  }

  /** Something is to be sent. */
  wake() {
    this.isAwake = true;
    this.wakeUp();
  }

  async run() {
    for (;;) {
      this.isAwake = false;
      let wait_ms = RETRY_MS_MAX;
      try {
        wait_ms = await this.exchange();
      } catch (error) {
        // This handheld's own memory refused, or nobody foresaw it: the next scan still gets its turn.
        console.error(error);
        this.lose();
      }
      if (!this.isAwake) await this.sleep(wait_ms);
    }
  }

  /** One request; how long to wait before the next. */
  async exchange() {
    this.noticeClockStep();
    // Without a clock a kept scan has no moment: ask first, and hand in with the next.
    const scans = this.clock === null ? [] : await this.queue.oldest(BATCH);
    const forgotten = (await this.queue.recall("forgotten")) ?? 0;
    const sent_ms = Date.now();
    let response;
    try {
      const body = { queue: this.id, forgotten, clock: this.clock, scans: scans.map((scan) => ({ ...scan, kept: !this.fresh.has(scan.n) })) };
      response = await fetch("/handheld/hand-in", {
        method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (!response.ok) return this.refuse(await problemOf(response));
      response = await response.json();
    } catch {
      return this.lose();
    }
    this.measure(sent_ms, Date.now(), Date.parse(response.at));
    return this.accept(response, scans);
  }

  async accept(answer, scans) {
    await this.queue.forget(answer.upto);
    this.isUp = true;
    this.retry_ms = RETRY_MS_MIN;
    const left = await this.queue.count();
    this.listener.answered(answer, scans, left);
    if (answer.problem !== null) return RETRY_MS_MAX;
    return left > 0 ? 0 : POLL_MS;
  }

  refuse(problem) {
    this.isUp = false;
    this.listener.refused(problem);
    return RETRY_MS_MAX;
  }

  lose() {
    this.isUp = false;
    this.clock = null; // measured anew on the return
    this.listener.lost();
    const wait_ms = this.retry_ms;
    this.retry_ms = Math.min(2 * wait_ms, RETRY_MS_MAX);
    return wait_ms;
  }

  // The shortest round trip since the connection came back tells best.
  measure(sent_ms, received_ms, at_ms) {
    const error_ms = Math.ceil((received_ms - sent_ms) / 2) + 1;
    if (error_ms < 0 || (this.clock !== null && this.clock.error_ms <= error_ms)) return;
    this.clock = { offset_ms: Math.round(at_ms - (sent_ms + received_ms) / 2), error_ms };
  }

  noticeClockStep() {
    const ahead_ms = Date.now() - performance.now();
    if (this.wallAhead_ms !== null && Math.abs(ahead_ms - this.wallAhead_ms) > CLOCK_STEP_MS) this.clock = null;
    this.wallAhead_ms = ahead_ms;
  }

  sleep(wait_ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, wait_ms);
      this.wakeUp = () => { clearTimeout(timer); resolve(); };
    });
  }
}

async function problemOf(response) {
  try {
    return (await response.json()).problem ?? "unreadable";
  } catch {
    return "unreadable";
  }
}
