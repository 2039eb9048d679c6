// What lies under the video on one time axis, drawn on a canvas: only what is in view, only when something changed.

import { bytes } from "./api.js";

export const RULER = 22, FILM = 56, MOTION = 28, WAVE = 62, ROW = 24, ROWS = 3;
const COARSE = 32;                 // values of a curve that one value of its coarse copy stands for
const STEPS = [0.02, 0.04, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600];

export function clock(seconds, digits = 3) {
  const whole = Math.max(0, seconds), hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
  const rest = (whole % 60).toFixed(digits).padStart(digits ? 3 + digits : 2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

export function parseClock(text) {
  const parts = text.trim().replace(",", ".").split(":");
  if (!parts.length || parts.length > 3 || parts.some((part) => !/^\d+(\.\d*)?$|^\.\d+$/.test(part))) return null;
  return parts.reduce((sum, part) => sum * 60 + Number(part), 0);
}

const colours = new Map();

export function colourOf(sound, facts) {
  if (!colours.has(sound)) {
    const at = facts.order.indexOf(sound);
    colours.set(sound, at < 0 ? "hsl(0 0% 65%)" : `hsl(${Math.round((at * 137.508 + 24) % 360)} 68% 67%)`);
  }
  return colours.get(sound);
}

// Rows of lasting sounds, so that those at one time lie one under the other: Map of id to row.
export function rowsOf(spans) {
  const ends = new Array(ROWS).fill(-1), rows = new Map();
  for (const cue of spans) {
    let row = ends.findIndex((end) => end <= cue.time);
    if (row < 0) row = ends.indexOf(Math.min(...ends));
    ends[row] = Math.max(ends[row], cue.stop);
    rows.set(cue.id, row);
  }
  return rows;
}

// The first index of a list sorted by time whose cue is not before `seconds`.
export function firstFrom(cues, seconds) {
  let low = 0, high = cues.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cues[middle].time < seconds) low = middle + 1; else high = middle;
  }
  return low;
}

export class Tiles {
  constructor(facts, redraw) {
    Object.assign(this, { facts, redraw, kept: new Map(), waiting: [], busy: 0 });
  }

  draw(context, view, top) {
    const { tiles, duration } = this.facts;
    const level = Math.max(0, Math.min(tiles.levels - 1, Math.floor(Math.log2(8 * tiles.width / view.scale))));
    const spacing = 2 ** level / 8, each = tiles.pictures * spacing;
    this.waiting = [];
    for (let number = Math.max(0, Math.floor(view.start / each)); number * each < Math.min(view.stop, duration); number++) {
      const picture = this.ask(level, number);
      for (let place = 0; place < tiles.pictures; place++) {
        const at = number * each + place * spacing, left = view.x(at), right = view.x(Math.min(at + spacing, duration));
        if (right < 0 || left > view.width || at >= duration) continue;
        context.fillStyle = "#0e1013";
        context.fillRect(left, top, right - left - 1, tiles.height);
        if (!picture) continue;
        const wide = Math.min(right - left - 1, tiles.width), cut = (tiles.width - wide) / 2;   // its middle
        if (wide > 1) context.drawImage(picture, place * tiles.width + cut, 0, wide, tiles.height, left, top, wide, tiles.height);
      }
    }
    this.next();
  }

  ask(level, number) {
    const name = `tiles/${level}/${number}.webp`, found = this.kept.get(name);
    if (found) { this.kept.delete(name); this.kept.set(name, found); return found.ready ? found.image : null; }
    this.waiting.push(name);
    return null;
  }

  next() {   // two at a time, those in view
    while (this.busy < 2 && this.waiting.length) {
      const name = this.waiting.shift(), entry = { image: new Image(), ready: false };
      this.kept.set(name, entry);
      this.busy++;
      const done = (ready) => { entry.ready = ready; this.busy--; this.redraw(); };
      entry.image.onload = () => done(true);
      entry.image.onerror = () => done(false);
      entry.image.src = name;
      if (this.kept.size > 160) this.kept.delete(this.kept.keys().next().value);
    }
  }
}

// Lows and highs of a curve with a coarse copy, so that a whole film is drawn as fast as a second of it.
export class Curve {
  constructor(rate, lows, highs) {
    this.fine = { rate, lows, highs };
    const count = Math.ceil(highs.length / COARSE);
    this.coarse = { rate: rate / COARSE, lows: new Int16Array(count), highs: new Int16Array(count) };
    for (let at = 0; at < highs.length; at++) {
      const into = Math.floor(at / COARSE);
      this.coarse.lows[into] = Math.min(this.coarse.lows[into], lows[at]);
      this.coarse.highs[into] = Math.max(this.coarse.highs[into], highs[at]);
    }
  }

  static ofOutline(buffer, rate) {
    const pairs = new Int8Array(buffer), count = pairs.length >> 1;
    const lows = new Int16Array(count), highs = new Int16Array(count);
    for (let at = 0; at < count; at++) { lows[at] = pairs[2 * at]; highs[at] = pairs[2 * at + 1]; }
    return new Curve(rate, lows, highs);
  }

  static ofMotion(buffer, rate) {
    const highs = Int16Array.from(new Uint8Array(buffer));
    return new Curve(rate, new Int16Array(highs.length), highs);
  }

  static async load(path, rate) { return Curve.ofOutline(await bytes(path), rate); }

  // `place` maps a value to a height in pixels.
  draw(context, view, colour, place) {
    const { rate, lows, highs } = this.fine.rate / view.scale > 2 * COARSE ? this.coarse : this.fine;
    context.fillStyle = colour;
    context.beginPath();
    const right = Math.min(view.width, view.x(highs.length / rate));
    for (let x = Math.max(0, Math.floor(view.x(0))); x < right; x++) {
      const first = Math.max(0, Math.floor(view.time(x) * rate));
      const last = Math.min(highs.length, Math.max(first + 1, Math.floor(view.time(x + 1) * rate)));
      let low = 0, high = 0;
      for (let at = first; at < last; at++) {
        if (lows[at] < low) low = lows[at];
        if (highs[at] > high) high = highs[at];
      }
      const top = place(high), bottom = place(low);
      context.rect(x, top, 1, Math.max(1, bottom - top));
    }
    context.fill();
  }
}

export function drawRuler(context, view, duration) {
  const step = STEPS.find((one) => one * view.scale >= 84) ?? STEPS[STEPS.length - 1];
  context.font = "11px system-ui, 'Liberation Sans', sans-serif";
  context.textBaseline = "middle";
  for (let number = Math.max(0, Math.floor(view.start / step)); number * step <= Math.min(view.stop, duration); number++) {
    const x = Math.round(view.x(number * step)) + 0.5;
    context.fillStyle = "#3a404a";
    context.fillRect(x, 0, 1, RULER);
    context.fillStyle = "#9aa1ac";
    context.fillText(clock(number * step, step < 0.1 ? 2 : step < 1 ? 1 : 0), x + 5, RULER / 2);
  }
}
