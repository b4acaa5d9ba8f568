// What a recorded file says of itself: how it is coded, how long it is, and when each picture is shown.

const HEAD = 8; // of a box: its length and its name
const WIDE = 16; // of a box whose length needs 64 bits

class Boxes {
  constructor(view, from, to) {
    this.view = view;
    this.from = from;
    this.to = to;
  }

  /** Each box in here: its name and what is in it. */
  *[Symbol.iterator]() {
    for (let at = this.from; at + HEAD <= this.to; ) {
      let length = this.view.getUint32(at);
      const name = String.fromCharCode(...new Uint8Array(this.view.buffer, at + 4, 4));
      const head = length === 1 ? WIDE : HEAD;
      if (length === 1) length = Number(this.view.getBigUint64(at + HEAD));
      if (length === 0) length = this.to - at;
      if (length < head || at + length > this.to) return; // cut short: what is whole still counts
      yield [name, new Boxes(this.view, at + head, at + length)];
      at += length;
    }
  }

  all(name) {
    return [...this].filter(([each]) => each === name).map(([, box]) => box);
  }

  one(...path) {
    return path.reduce((box, name) => box?.all(name)[0], this);
  }

  u32(at) {
    return this.view.getUint32(this.from + at);
  }

  byte(at) {
    return this.view.getUint8(this.from + at);
  }
}

const hex = (value) => value.toString(16).padStart(2, "0");
const ENTRY = 78; // of a picture's sample entry, before the boxes in it
const TABLE = 8; // of a sample description, before its first entry

/** As browsers name a coding: `avc1.64001f`, `hev1.1.6.L93.90`. */
function codecOf(description) {
  const entries = new Boxes(description.view, description.from + TABLE, description.to);
  for (const [name, entry] of entries) {
    const inner = new Boxes(entry.view, entry.from + ENTRY, entry.to);
    const avc = inner.one("avcC");
    if (avc) return `${name}.${hex(avc.byte(1))}${hex(avc.byte(2))}${hex(avc.byte(3))}`;
    const hevc = inner.one("hvcC");
    if (hevc) return `${name}.${hevcProfile(hevc)}`;
  }
  return null;
}

/** Source: ISO/IEC 14496-15, annex E.3. */
function hevcProfile(box) {
  const first = box.byte(1);
  const space = ["", "A", "B", "C"][first >> 6];
  let flags = 0;
  for (let bit = 0; bit < 32; bit += 1) flags = flags * 2 + ((box.u32(2) >>> bit) & 1);
  const constraints = [6, 7, 8, 9, 10, 11].map((at) => box.byte(at));
  while (constraints.length > 1 && constraints.at(-1) === 0) constraints.pop();
  const tier = first & 0x20 ? "H" : "L";
  return [`${space}${first & 0x1f}`, flags.toString(16), `${tier}${box.byte(12)}`, ...constraints.map(hex)].join(".");
}

/** When a fragment begins, in the file's own ticks. */
function beginOf(fragment) {
  const box = fragment.one("tfdt");
  if (!box) return 0;
  return box.byte(0) === 1 ? Number(box.view.getBigUint64(box.from + 4)) : box.u32(4);
}

/** How long a fragment's pictures are shown, where they do not say so themselves. */
function usualLength(fragment, general) {
  const box = fragment.one("tfhd");
  const flags = box.u32(0) & 0xffffff;
  const before = (flags & 1 ? 8 : 0) + (flags & 2 ? 4 : 0);
  return flags & 8 ? box.u32(8 + before) : general;
}

/** Each picture of a run: `[shown, until]` in ticks. Source: ISO/IEC 14496-12, 8.8.8. */
function* picturesOf(run, begin, usual) {
  const flags = run.u32(0) & 0xffffff;
  const count = run.u32(4);
  let at = 8 + (flags & 1 ? 4 : 0) + (flags & 4 ? 4 : 0);
  let decoded = begin;
  for (let nth = 0; nth < count; nth += 1) {
    let length = usual;
    if (flags & 0x100) length = run.u32((at += 4) - 4);
    if (flags & 0x200) at += 4;
    if (flags & 0x400) at += 4;
    const shift = flags & 0x800 ? run.u32((at += 4) - 4) | 0 : 0;
    yield [decoded + shift, decoded + shift + length];
    decoded += length;
  }
}

/**
 * Read a fragmented MP4.
 *
 * @param {ArrayBuffer} bytes the whole file
 * @returns {{codec: string, length: number, frames: Float64Array}} seconds from the file's begin
 * @throws {RangeError} it is no such file
 */
export function readFile(bytes) {
  const file = new Boxes(new DataView(bytes), 0, bytes.byteLength);
  const media = file.one("moov", "trak", "mdia");
  const codec = media && codecOf(media.one("minf", "stbl", "stsd"));
  if (!codec) throw new RangeError("no footage");
  const header = media.one("mdhd");
  const ticks = header.u32(header.byte(0) === 1 ? 20 : 12);
  const general = file.one("moov", "mvex", "trex")?.u32(12) ?? 0;
  const frames = [];
  let length = 0;
  for (const moof of file.all("moof")) {
    for (const fragment of moof.all("traf")) {
      let begin = beginOf(fragment);
      const usual = usualLength(fragment, general);
      for (const run of fragment.all("trun")) {
        for (const [shown, until] of picturesOf(run, begin, usual)) {
          frames.push(shown / ticks);
          length = Math.max(length, until);
          begin = Math.max(begin, until);
        }
      }
    }
  }
  return { codec, length: length / ticks, frames: Float64Array.from(frames).sort() };
}
