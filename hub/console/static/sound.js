// One short sound for what is new, whatever its number; silent levels stay silent.

const APART_MS = 1500;
const NOTES = { act: [[880, 0.12], [1175, 0.2]], warn: [[660, 0.16]] };
const VOLUME = 0.25;

const context = new AudioContext();
let soundedAt = -APART_MS;

/** Tell whether the browser blocks sound, now and whenever that changes. */
export function onBlockedChange(tell) {
  context.onstatechange = () => tell(context.state !== "running");
  tell(context.state !== "running");
}

/** Ask the browser for sound; it agrees only inside a click or a key press. */
export function resume() {
  if (context.state === "suspended") context.resume();
}

/** Sound a level once; several within a moment are one sound. */
export function chime(level) {
  const notes = NOTES[level];
  if (notes === undefined || context.state !== "running" || performance.now() - soundedAt < APART_MS) return;
  soundedAt = performance.now();
  let start_s = context.currentTime + 0.01;
  for (const [hertz, length_s] of notes) {
    const tone = context.createOscillator();
    const loudness = context.createGain();
    tone.frequency.value = hertz;
    loudness.gain.setValueAtTime(VOLUME, start_s);
    loudness.gain.exponentialRampToValueAtTime(0.001, start_s + length_s);
    tone.connect(loudness).connect(context.destination);
    tone.start(start_s);
    tone.stop(start_s + length_s);
    start_s += length_s;
  }
}
