// One camera's footage on a time line: which file holds a moment, fetched when it is near, and put
// in its place. A file's last picture's end is its surest moment, so files are placed by their ends.

import { readFile } from "./mp4.js";

const AHEAD_MS = 15000; // so far ahead a file is fetched
const KEPT_MS = 60000; // so far from what is shown footage is forgotten again: browsers hold little
const SEAM_MS_MAX = 500; // so little between two files is their seam: the last picture stands
const DRIFT_S_MAX = 0.2; // a video that is further off jumps
const CATCH_UP = 0.1; // and a nearer one runs so much faster or slower
const INTO_FRAME_S = 0.001; // a browser's own times are rounded
const BUSY = 503; // the hub makes another copy first
const ASKS_MAX = 60; // so often it is asked again
const ASK_AGAIN_S = 2; // if it does not say when
// A camera's usual coding, asked of the browser before a file is fetched for nothing.
const USUAL = { h265: 'video/mp4; codecs="hvc1.1.6.L93.B0"' };
// Asked while the whole console loads: a browser without MediaSource plays nothing, and needs all else.
const CANNOT = new Set(Object.keys(USUAL).filter((each) => !globalThis.MediaSource?.isTypeSupported(USUAL[each])));
const COMING = new Set(["none", "ordered", "partial"]);

export class Track {
  /**
   * @param {HTMLVideoElement} video
   * @param {object} playback the hub's answer: segments, gaps, clock
   */
  constructor(video, playback) {
    this.video = video;
    this.id = playback.id;
    this.rate = playback.rate; // a test clock runs faster than pictures
    this.segments = [];
    this.shownAt = null; // of the picture that stands there: ms since 1970
    this.work = Promise.resolve();
    this.take(playback);
    const first = this.segments[0]?.begin ?? Date.parse(playback.from);
    this.zero = Math.min(first, Date.parse(playback.from)) - 1000;
    this.source = new MediaSource();
    this.isOpen = new Promise((done) => this.source.addEventListener("sourceopen", done, { once: true }));
    this.address = URL.createObjectURL(this.source);
    video.src = this.address;
    video.requestVideoFrameCallback?.((_now, frame) => this.noteFrame(frame));
  }

  /** What the hub knows now; files that are here already stay. */
  take(playback) {
    const before = new Map(this.segments.map((each) => [each.sha256, each]));
    this.segments = playback.segments.map((said) => {
      const known = before.get(said.sha256);
      if (known) return Object.assign(known, { state: said.state, have: said.have });
      const end = Date.parse(said.to) + (playback.clock?.offset_ms ?? 0);
      return { ...said, begin: end - said.length_ms, end, phase: "away" };
    });
    const offset = playback.clock?.offset_ms ?? 0;
    this.gaps = playback.gaps.map((gap) => ({ ...gap, begin: Date.parse(gap.from) + offset, end: Date.parse(gap.to) + offset }));
    this.clock = playback.clock;
  }

  get isComing() {
    return this.segments.some((each) => COMING.has(each.state));
  }

  segmentAt(at) {
    let found = null;
    for (const each of this.segments) if (each.begin <= at) found = each;
    return found && at < found.end + SEAM_MS_MAX * this.rate ? found : null;
  }

  /** What there is to be shown at a moment: a picture, or why there is none. */
  status(at) {
    const segment = this.segmentAt(at);
    if (segment && at < segment.end) return this.statusOf(segment);
    const gap = this.gaps.find((each) => each.begin <= at && at < each.end);
    if (gap) return { kind: "gap", reason: gap.reason, seconds: (gap.end - gap.begin) / 1000 };
    const isSeam = segment && this.segments.some((each) => each.begin >= segment.end && each.begin - segment.end < SEAM_MS_MAX * this.rate);
    return isSeam ? this.statusOf(segment) : { kind: "unknown" };
  }

  statusOf(segment) {
    if (segment.phase === "ready") return { kind: "picture", segment, error: this.errorOf(segment), isCopy: segment.isCopy };
    if (segment.phase === "codec") return { kind: "codec", codec: segment.codec };
    if (segment.phase === "failed") return { kind: "failed" };
    if (segment.phase === "converting") return { kind: "converting" };
    if (segment.state === "stored") return { kind: "loading" };
    if (COMING.has(segment.state)) return { kind: "coming", share: segment.have / Math.max(1, segment.bytes) };
    return { kind: segment.state };
  }

  /** How much of what is on its way for a stretch has come, 0 to 1; null: nothing is on its way. */
  comingShare(begin, end) {
    const coming = this.segments.filter((each) => each.begin < end && each.end > begin && (COMING.has(each.state) || each.state === "damaged"));
    if (coming.length === 0) return null;
    const sum = (key) => coming.reduce((total, each) => total + each[key], 0);
    return sum("have") / Math.max(1, sum("bytes"));
  }

  /** By how much a picture's time may be wrong, in ms: a camera's measured clock says it best. */
  errorOf(segment) {
    return this.clock?.error_ms ?? segment.error_ms;
  }

  /** The last picture that was taken at a moment or before it: its time, ms. */
  frameAt(at) {
    const segment = this.segmentAt(at);
    if (segment?.phase !== "ready") return null;
    const place = (at - segment.begin) / 1000 / this.rate;
    let found = segment.frames[0];
    for (const each of segment.frames) if (each <= place + 1e-6) found = each;
    return segment.begin + found * 1000 * this.rate;
  }

  /** The next picture after a moment, or the one before it (`by` -1); null: none is here. */
  step(at, by) {
    const here = this.frameAt(at);
    if (here === null) return null;
    const times = this.segments.filter((each) => each.phase === "ready").flatMap((each) => [...each.frames].map((frame) => each.begin + frame * 1000 * this.rate));
    const found = by > 0 ? times.find((each) => each > here + 0.5) : times.findLast((each) => each < here - 0.5);
    return found ?? null;
  }

  // ------------------------------------------------------------ files

  /** See to it that what is shown now and next is here, and forget what is far away. */
  keep(at) {
    for (const each of this.segments) {
      const isNear = each.begin < at + AHEAD_MS * this.rate && each.end > at - SEAM_MS_MAX * this.rate;
      if (isNear && each.phase === "away" && each.state === "stored") this.load(each);
      const isFar = each.end < at - KEPT_MS * this.rate || each.begin > at + KEPT_MS * this.rate;
      if (isFar && each.phase === "ready") this.forget(each);
    }
  }

  load(segment) {
    segment.phase = "loading";
    this.work = this.work.then(async () => {
      try {
        await this.fetch(segment);
      } catch (error) {
        console.warn("footage cannot be shown", segment.sha256, error);
        segment.phase = "failed";
      }
    });
  }

  /** A file as this browser can play it: the master itself, else a converted copy; null: neither. */
  async playable(segment) {
    for (const isCopy of CANNOT.has(segment.codec) ? [true] : [false, true]) {
      const answer = await this.ask(segment, isCopy);
      if (!answer.ok && isCopy) return null;
      if (!answer.ok) throw new Error(`answered ${answer.status}`);
      const bytes = await answer.arrayBuffer();
      const file = readFile(bytes);
      const type = `video/mp4; codecs="${file.codec}"`;
      if (MediaSource.isTypeSupported(type)) return { bytes, file, type, isCopy };
    }
    return null;
  }

  async ask(segment, isCopy) {
    const path = `/api/v1/playbacks/${this.id}/files/${segment.sha256}`;
    if (!isCopy) return fetch(path);
    segment.phase = "converting";
    let answer = await fetch(`${path}?as=h264`);
    for (let asked = 1; answer.status === BUSY && asked < ASKS_MAX && !this.isClosed; asked += 1) {
      const later = Number(answer.headers.get("Retry-After")) || ASK_AGAIN_S;
      await new Promise((done) => setTimeout(done, later * 1000));
      answer = await fetch(`${path}?as=h264`);
    }
    return answer;
  }

  async fetch(segment) {
    const found = await this.playable(segment);
    if (found === null) {
      segment.phase = "codec";
      return;
    }
    const { bytes, file, type, isCopy } = found;
    segment.isCopy = isCopy;
    await this.isOpen;
    if (this.buffer === undefined) {
      this.buffer = this.source.addSourceBuffer(type);
      this.buffer.mode = "segments";
    } else if (type !== this.type) this.buffer.changeType(type);
    this.type = type;
    segment.begin = segment.end - file.length * 1000 * this.rate;
    segment.frames = file.frames;
    const next = this.segments.find((each) => each.phase === "ready" && each.begin > segment.begin);
    this.buffer.appendWindowEnd = next ? this.toVideo(next.begin) : Infinity;
    this.buffer.timestampOffset = this.toVideo(segment.begin);
    await this.change(() => this.buffer.appendBuffer(bytes));
    segment.phase = "ready";
  }

  forget(segment) {
    segment.phase = "away";
    this.work = this.work.then(() => this.change(() => this.buffer.remove(this.toVideo(segment.begin), this.toVideo(segment.end))));
  }

  change(act) {
    return new Promise((done, fail) => {
      this.buffer.addEventListener("updateend", done, { once: true });
      this.buffer.addEventListener("error", fail, { once: true });
      act();
    });
  }

  // ------------------------------------------------------------ showing

  toVideo(at) {
    return (at - this.zero) / 1000 / this.rate;
  }

  /** Show a moment: the very picture while it stands, and nearly that while it runs. */
  show(at, speed) {
    const { video } = this;
    const frame = this.status(at).kind === "picture" ? this.frameAt(at) : null;
    if (frame === null) {
      if (!video.paused) video.pause();
    } else if (speed === 0) this.stand(this.toVideo(frame) + INTO_FRAME_S);
    else this.run(this.toVideo(at), speed);
  }

  stand(to) {
    if (!this.video.paused) this.video.pause();
    if (!this.video.seeking && Math.abs(this.video.currentTime - to) > INTO_FRAME_S / 2) this.video.currentTime = to;
  }

  run(to, speed) {
    const { video } = this;
    const drift = to - video.currentTime;
    if (Math.abs(drift) > DRIFT_S_MAX * Math.max(1, speed)) {
      if (!video.seeking) video.currentTime = to + INTO_FRAME_S;
    } else video.playbackRate = speed * (1 + Math.max(-CATCH_UP, Math.min(CATCH_UP, drift)));
    if (video.paused) video.play().catch(() => {}); // a seek or a pause that came between ends it
  }

  noteFrame(frame) {
    if (this.isClosed) return;
    this.shownAt = Math.round(this.zero + frame.mediaTime * 1000 * this.rate);
    this.video.requestVideoFrameCallback((_now, next) => this.noteFrame(next));
  }

  close() {
    this.isClosed = true;
    this.video.removeAttribute("src");
    this.video.load();
    URL.revokeObjectURL(this.address);
  }
}
