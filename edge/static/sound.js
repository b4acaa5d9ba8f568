// The alarm's tones. They are scheduled on the audio clock, so a busy page cannot stretch them.

const PAUSE_MS = 400;
const ATTACK_S = 0.004;
const VOLUME = 0.6;

/** Plays a pattern once per alarm, or again and again until the edge says it was acknowledged. */
export class Alarm {
  constructor(onBlockedChange) {
    this.context = new AudioContext();
    this.context.onstatechange = () => this.#unblocked(onBlockedChange);
    this.wanted = null;
    this.playedSeq = null;
    this.timer = null;
    this.playing = [];
    onBlockedChange(this.isBlocked());
  }

  isBlocked() {
    return this.context.state !== "running";
  }

  /** Ask the browser for sound; it agrees only inside a touch or a key press. */
  enable() {
    return this.context.resume();
  }

  /** Follow the edge's alarm; null is silence. Tones that sounded before this page was opened and
      do not repeat stay silent: they belong to a scan that somebody already heard. */
  follow(alarm, isFirstState) {
    const old = this.wanted;
    this.wanted = alarm;
    if (alarm === null) return this.silence();
    if (old !== null && old.seq === alarm.seq && old.repeat === alarm.repeat) return;
    if (isFirstState && !alarm.repeat) this.playedSeq = alarm.seq;
    this.silence();
    this.#play();
  }

  silence() {
    clearTimeout(this.timer);
    for (const tone of this.playing.splice(0)) tone.stop();
  }

  #unblocked(onBlockedChange) {
    onBlockedChange(this.isBlocked());
    if (!this.isBlocked() && this.wanted !== null) {
      this.silence();
      this.#play();
    }
  }

  #play() {
    const alarm = this.wanted;
    if (this.isBlocked() || (!alarm.repeat && this.playedSeq === alarm.seq)) return;
    this.playedSeq = alarm.seq;
    let start_s = this.context.currentTime + 0.01;
    const first_s = start_s;
    this.playing.length = 0;
    for (const [hertz, length_ms, gap_ms] of alarm.tones) {
      this.playing.push(this.#tone(hertz, start_s, length_ms / 1000));
      start_s += (length_ms + gap_ms) / 1000;
    }
    if (alarm.repeat) {
      this.timer = setTimeout(() => this.#play(), (start_s - first_s) * 1000 + PAUSE_MS);
    }
  }

  #tone(hertz, start_s, length_s) {
    const tone = this.context.createOscillator();
    const loudness = this.context.createGain();
    tone.type = "square";
    tone.frequency.value = hertz;
    // A ramp at both ends: an abrupt edge clicks and is heard as a second, other tone.
    loudness.gain.setValueAtTime(0, start_s);
    loudness.gain.linearRampToValueAtTime(VOLUME, start_s + ATTACK_S);
    loudness.gain.setValueAtTime(VOLUME, start_s + length_s - ATTACK_S);
    loudness.gain.linearRampToValueAtTime(0, start_s + length_s);
    tone.connect(loudness).connect(this.context.destination);
    tone.start(start_s);
    tone.stop(start_s + length_s);
    return tone;
  }
}
