// The timeline: cues drawn over the lanes, and what a pointer on them does.

import { FILM, MOTION, ROW, ROWS, RULER, WAVE, Tiles, colourOf, drawRuler, firstFrom, rowsOf } from "./lanes.js";

const REACH = 7, EDGE = 6, START = 4;      // pixels: to hit a mark, the edge of a bar, to begin a drag
const MOST_SCALE = 3000;                   // pixels a second
const SPANS = ROWS * ROW + 8;

export class Timeline {
  constructor(canvas, overview, store, player, facts) {
    Object.assign(this, { canvas, overview, store, player, facts, curve: null, motion: null, drag: null, hover: null });
    this.names = new Map(facts.sounds.map((one) => [one.sound, one.name]));
    this.tiles = new Tiles(facts, () => this.redraw());
    this.view = { start: 0, scale: 100, width: 100, x: (seconds) => (seconds - this.view.start) * this.view.scale,
      time: (x) => this.view.start + x / this.view.scale, get stop() { return this.start + this.width / this.scale; } };
    this.rows = new Map();
    this.spans = [];
    this.hits = [];
    this.frames = [];                      // ms that the last drawings took
    new ResizeObserver(() => this.resize()).observe(canvas);
    store.addEventListener("change", () => this.sort());
    store.addEventListener("select", () => this.redraw());
    player.addEventListener("tick", () => this.follow());
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.moved(event));
    canvas.addEventListener("pointerup", (event) => this.up(event));
    canvas.addEventListener("pointercancel", () => { this.drag = null; store.endMerge(); });
    canvas.addEventListener("dblclick", (event) => this.double(event));
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    const scrub = (event) => { if (event.buttons & 1) this.centre(event.offsetX / overview.clientWidth * facts.duration); };
    overview.addEventListener("pointerdown", (event) => { overview.setPointerCapture(event.pointerId); scrub(event); });
    overview.addEventListener("pointermove", scrub);
    this.sort();
  }

  resize() {
    const fits = this.view.width / this.view.scale >= this.facts.duration * 0.99;
    for (const one of [this.canvas, this.overview]) {
      one.width = Math.round(one.clientWidth * devicePixelRatio);
      one.height = Math.round(one.clientHeight * devicePixelRatio);
    }
    this.view.width = this.canvas.clientWidth;
    this.height = this.canvas.clientHeight;
    this.filmTop = RULER;
    this.motionTop = RULER + FILM + 4;
    this.waveTop = this.motionTop + MOTION + 4;
    this.hitTop = this.waveTop + WAVE + 4;
    this.spanTop = this.height - SPANS;
    fits || !this.sized ? this.fit() : this.show(this.view.start);
    this.sized = true;
  }

  sort() {
    const { cues } = this.store.doc;
    this.hits = cues.filter((cue) => cue.stop === null);
    this.spans = cues.filter((cue) => cue.stop !== null);
    this.rows = rowsOf(this.spans);
    this.redraw();
  }

  redraw() {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      const begun = performance.now();
      this.draw();
      this.frames.push(performance.now() - begun);
      if (this.frames.length > 400) this.frames.shift();
    });
  }

  get leastScale() { return this.view.width / (this.facts.duration * 1.01); }
  fit() { this.view.scale = this.leastScale; this.show(0); }

  show(start) {
    const { view, facts } = this;
    view.scale = Math.min(MOST_SCALE, Math.max(this.leastScale, view.scale));
    view.start = Math.max(0, Math.min(start, facts.duration * 1.01 - view.width / view.scale));
    this.redraw();
  }

  centre(seconds) { this.show(seconds - this.view.width / this.view.scale / 2); }

  zoom(factor, x = null) {
    const at = x ?? Math.max(0, Math.min(this.view.width, this.view.x(this.player.now)));
    const seconds = this.view.time(at);
    this.view.scale = Math.min(MOST_SCALE, Math.max(this.leastScale, this.view.scale * factor));
    this.show(seconds - at / this.view.scale);
  }

  follow() {
    const { view } = this, x = view.x(this.player.now);
    if (this.player.playing && !this.drag && (x < 0 || x > view.width - 30)) this.show(this.player.now - 60 / view.scale);
    else this.redraw();
  }

  reveal(seconds) {
    const x = this.view.x(seconds);
    if (x < 20 || x > this.view.width - 20) this.centre(seconds);
  }

  // ---------------------------------------------------------------- drawing

  draw() {
    const context = this.canvas.getContext("2d"), { view, store, facts } = this;
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.fillStyle = "#131519";
    context.fillRect(0, 0, view.width, this.height);
    this.drawRange(context);
    drawRuler(context, view, facts.duration);
    this.tiles.draw(context, view, this.filmTop);
    context.fillStyle = "#191c21";
    for (const [top, height] of [[this.motionTop, MOTION], [this.waveTop, WAVE], [this.hitTop, this.spanTop - this.hitTop - 4],
      [this.spanTop, SPANS - 4]]) context.fillRect(0, top, view.x(facts.duration), height);
    this.drawRange(context);
    const motionFoot = this.motionTop + MOTION, middle = this.waveTop + WAVE / 2;
    this.motion?.draw(context, view, "#56789a", (value) => motionFoot - value / 255 * MOTION);
    this.curve?.draw(context, view, this.stale ? "#6d7480" : "#c9ced6", (value) => middle - value / 127 * (WAVE / 2 - 2));
    this.drawRetakes(context);
    this.drawSpans(context);
    this.drawHits(context);
    this.label(context, "motion", this.motionTop);
    this.label(context, this.curve ? "sound" : "sound: not performed yet", this.waveTop);
    this.label(context, "hits", this.hitTop);
    this.label(context, "lasting", this.spanTop);
    const x = view.x(this.player.now);
    context.fillStyle = "#ffffff";
    context.fillRect(Math.round(x) - 0.5, 0, 1.5, this.height);
    context.beginPath();
    context.moveTo(x - 6, 0); context.lineTo(x + 6, 0); context.lineTo(x, 8);
    context.fill();
    this.drawOverview();
  }

  label(context, text, top) {
    context.font = "10px system-ui, 'Liberation Sans', sans-serif";
    context.textBaseline = "top";
    const width = context.measureText(text).width;
    context.fillStyle = "#131519b0";
    context.fillRect(3, top + 2, width + 8, 13);
    context.fillStyle = "#8d95a1";
    context.fillText(text, 7, top + 3);
  }

  drawRange(context) {
    const { range } = this.store, { view } = this;
    if (!range) return;
    const left = view.x(range.start), right = view.x(range.stop);
    context.fillStyle = "#8ab8ff22";
    context.fillRect(left, 0, right - left, this.height);
    context.fillStyle = "#8ab8ff";
    context.fillRect(left, 0, 1, this.height);
    context.fillRect(right, 0, 1, this.height);
  }

  drawRetakes(context) {
    context.fillStyle = "#8ab8ff";
    for (const { start, stop } of this.store.doc.retakes) {
      context.fillRect(this.view.x(start), this.waveTop, (stop - start) * this.view.scale, 2);
    }
  }

  alpha(cue) { return cue.mute ? 0.3 : 0.4 + 0.6 * cue.confidence; }

  drawHits(context) {
    const { view, store, facts } = this, foot = this.spanTop - 8, high = foot - this.hitTop - 12;
    const last = view.time(view.width + 200), first = firstFrom(this.hits, view.time(-20));
    const tallest = this.tallest(first, last);
    let free = -1e9;
    context.font = "11px system-ui, 'Liberation Sans', sans-serif";
    context.textBaseline = "bottom";
    for (let at = first; at < this.hits.length && this.hits[at].time <= last; at++) {
      const cue = this.hits[at], x = view.x(cue.time), top = foot - Math.max(0.03, cue.strength) * high;
      const selected = store.selected.has(cue.id);
      if (!selected && tallest.get(Math.floor(x)) !== cue) continue;
      context.globalAlpha = selected ? 1 : this.alpha(cue);
      context.fillStyle = colourOf(cue.sound, facts);
      context.fillRect(x - 1.25, top, 2.5, foot - top);
      const crowded = at + 1 < this.hits.length && view.x(this.hits[at + 1].time) - x < 5;
      if (!crowded || selected) {
        context.beginPath();
        context.arc(x, top, selected ? 6 : 4.5, 0, 7);
        if (cue.mute) { context.strokeStyle = context.fillStyle; context.lineWidth = 1.5; context.stroke(); } else context.fill();
        if (selected) { context.strokeStyle = "#fff"; context.lineWidth = 2; context.stroke(); }
        if (cue.lock) { context.fillStyle = "#fff"; context.fillRect(x - 3, foot - 5, 6, 5); }
      }
      const next = at + 1 < this.hits.length ? view.x(this.hits[at + 1].time) : Infinity;
      const name = this.names.get(cue.sound) ?? "no sound";
      if ((selected && store.selected.size < 9) || (x > free && next - x > 9)) {
        const width = context.measureText(name).width;
        if (selected || next - x > width + 12) {
          context.globalAlpha = selected ? 1 : Math.max(0.6, this.alpha(cue));
          context.fillStyle = selected ? "#fff" : "#c3c8d0";
          context.fillText(name, x + 8, Math.max(this.hitTop + 13, top + 5));
          free = x + width + 12;
        }
      }
    }
    context.globalAlpha = 1;
  }

  // The hit that is drawn of each column of pixels, from the hit of a number to a time: a film has more hits than columns.
  tallest(first, last) {
    const columns = new Map();
    for (let at = first; at < this.hits.length && this.hits[at].time <= last; at++) {
      const cue = this.hits[at], column = Math.floor(this.view.x(cue.time)), other = columns.get(column);
      if (!other || cue.strength > other.strength) columns.set(column, cue);
    }
    return columns;
  }

  drawSpans(context) {
    const { view, store, facts } = this;
    context.font = "11px system-ui, 'Liberation Sans', sans-serif";
    context.textBaseline = "middle";
    for (const cue of this.spans) {
      const left = view.x(cue.time), right = view.x(cue.stop);
      if (right < 0 || left > view.width) continue;
      const foot = this.spanTop + this.rows.get(cue.id) * ROW + ROW, high = 5 + cue.strength * (ROW - 8);
      const selected = store.selected.has(cue.id);
      const begins = Math.max(-4, left), wide = Math.max(2, Math.min(view.width + 4, right) - begins);
      context.globalAlpha = (selected ? 1 : this.alpha(cue)) * 0.42;
      context.fillStyle = colourOf(cue.sound, facts);
      context.fillRect(begins, foot - high, wide, high);
      context.globalAlpha = selected ? 1 : this.alpha(cue);
      context.fillRect(begins, foot - high, wide, 2);
      context.fillRect(left, foot - high, 2, high);
      context.fillRect(right - 2, foot - high, 2, high);
      if (selected) { context.strokeStyle = "#fff"; context.lineWidth = 1.5; context.strokeRect(begins + 0.5, foot - high, wide - 1, high); }
      const shown = Math.max(6, begins + 6), name = (this.names.get(cue.sound) ?? "no sound") + (cue.mute ? " (muted)" : "") + (cue.lock ? " ■" : "");
      context.fillStyle = "#fff";
      if (right - shown > 24) context.fillText(name, shown, foot - 9, right - shown - 6);
    }
    context.globalAlpha = 1;
  }

  drawOverview() {
    const context = this.overview.getContext("2d"), width = this.overview.clientWidth, height = this.overview.clientHeight;
    const { facts, view, store } = this, each = width / facts.duration;
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.fillStyle = "#0e1013";
    context.fillRect(0, 0, width, height);
    context.fillStyle = "#7d8591";
    const columns = new Float32Array(Math.ceil(width) + 1);   // the strongest hit of each pixel
    for (const cue of this.hits) {
      const at = Math.floor(cue.time * each);
      if (cue.strength > columns[at]) columns[at] = cue.strength;
    }
    columns.forEach((strength, at) => { if (strength) context.fillRect(at, height - 5 - strength * 16, 1, strength * 16); });
    for (const cue of this.spans) {
      context.fillStyle = colourOf(cue.sound, facts);
      context.fillRect(cue.time * each, height - 4, Math.max(1, (cue.stop - cue.time) * each), 3);
    }
    context.fillStyle = "#ffffff1c";
    context.fillRect(view.start * each, 0, view.width / view.scale * each, height);
    context.strokeStyle = "#ffffff66";
    context.strokeRect(view.start * each + 0.5, 0.5, Math.max(3, view.width / view.scale * each) - 1, height - 1);
    context.fillStyle = "#f2a65a";
    context.fillRect(this.player.now * each, 0, 1.5, height);
    store.range && (context.fillStyle = "#8ab8ff55", context.fillRect(store.range.start * each, 0, (store.range.stop - store.range.start) * each, height));
  }

  // ---------------------------------------------------------------- pointer

  // The cue under a point, and which part of it: {cue, part}, part "mark", "bar", "left" or "right".
  find(x, y) {
    const { view } = this;
    if (y >= this.spanTop) {
      const row = Math.floor((y - this.spanTop) / ROW);
      for (const cue of [...this.spans].reverse()) {
        if (this.rows.get(cue.id) !== row) continue;
        const left = view.x(cue.time), right = view.x(cue.stop);
        if (x < left - EDGE / 2 || x > right + EDGE / 2) continue;
        if (right - left > 3 * EDGE && x < left + EDGE) return { cue, part: "left" };
        if (x > right - EDGE) return { cue, part: "right" };
        return { cue, part: "bar" };
      }
      return null;
    }
    if (y < this.hitTop) return null;
    let best = null, near = REACH;
    for (let at = firstFrom(this.hits, view.time(x - REACH)); at < this.hits.length; at++) {
      const away = Math.abs(view.x(this.hits[at].time) - x) - (this.store.selected.has(this.hits[at].id) ? 1 : 0);
      if (view.x(this.hits[at].time) > x + REACH) break;
      if (away < near) { near = away; best = { cue: this.hits[at], part: "mark" }; }
    }
    return best;
  }

  down(event) {
    if (event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.canvas.focus({ preventScroll: true });
    const { offsetX: x, offsetY: y } = event, { store } = this, found = y > RULER ? this.find(x, y) : null;
    if (y <= RULER) { this.drag = { what: "seek" }; this.player.seek(this.view.time(x)); return; }
    if (!found) { this.drag = { what: "empty", x, y, add: event.shiftKey }; return; }
    const { cue, part } = found;
    if (event.shiftKey || event.ctrlKey || event.metaKey) {
      const ids = new Set(store.selected);
      ids.has(cue.id) ? ids.delete(cue.id) : ids.add(cue.id);
      store.select(ids);
      return;
    }
    if (!store.selected.has(cue.id)) store.select([cue.id]);
    const origins = new Map(store.chosen.map((one) => [one.id, one]));
    this.drag = { what: "cue", x, y, cue, part, origins, name: `drag${performance.now()}` };
  }

  moved(event) {
    const { offsetX: x, offsetY: y } = event, { drag, view, store } = this;
    if (!drag) {
      const found = y > RULER ? this.find(x, y) : null;
      this.canvas.style.cursor = !found ? "default" : found.part === "left" || found.part === "right" ? "ew-resize" : "grab";
      return;
    }
    if (drag.what === "seek") { this.player.seek(view.time(x)); return; }
    if (!drag.moving && Math.hypot(x - drag.x, y - drag.y) < START) return;
    if (!drag.moving) { drag.moving = Math.abs(x - drag.x) >= Math.abs(y - drag.y) ? "along" : "up"; }
    if (drag.what === "empty") {
      const [start, stop] = [view.time(drag.x), view.time(x)].sort((one, other) => one - other);
      store.setRange({ start: Math.max(0, store.frame(start)), stop: Math.min(this.facts.duration, Math.max(store.snapEnd(stop), store.pictures.end(start, 1))) });
      return;
    }
    const by = (x - drag.x) / view.scale, up = (drag.y - y) / (this.spanTop - this.hitTop - 20);
    if (drag.part === "left" || drag.part === "right") this.resizeSpan(drag, by);
    else if (drag.moving === "along") this.shift(drag, by);
    else store.edit((cue) => ({ strength: round(Math.max(0, Math.min(1, drag.origins.get(cue.id).strength + up))) }), drag.name);
  }

  shift(drag, by) {
    const { store, facts } = this, origins = [...drag.origins.values()];
    const least = -Math.min(...origins.map((cue) => cue.time));
    const last = store.pictures.time(store.pictures.last);
    const most = Math.min(...origins.map((cue) => (cue.stop === null ? last - cue.time : facts.duration - cue.stop)));
    const moved = store.frame(drag.cue.time + Math.min(Math.max(by, least), Math.max(0, most))) - drag.cue.time;
    store.edit((cue) => {
      const from = drag.origins.get(cue.id);
      return { time: store.frame(from.time + moved), stop: from.stop === null ? null : Math.min(from.stop + moved, facts.duration) };
    }, drag.name);
  }

  resizeSpan(drag, by) {
    const { store, facts } = this, { cue } = drag, { pictures } = store;
    const edges = drag.part === "left"
      ? { time: store.frame(Math.min(Math.max(0, cue.time + by), pictures.after(cue.stop, -2))) }
      : { stop: Math.min(facts.duration, Math.max(store.snapEnd(cue.stop + by), pictures.end(cue.time, 2))) };
    store.edit((one) => (one.id === cue.id ? edges : {}), drag.name);
  }

  up(event) {
    const { drag, store } = this;
    this.drag = null;
    store.endMerge();
    if (!drag || drag.moving) return;
    if (drag.what === "empty") {
      store.setRange(null);
      store.select([]);
      this.player.seek(this.view.time(event.offsetX));
    } else if (drag.what === "cue") {
      store.select([drag.cue.id]);
      if (!this.player.playing) this.player.seek(drag.cue.time);
    }
  }

  double(event) {
    const { offsetX: x, offsetY: y } = event;
    if (y < this.hitTop || this.find(x, y)) return;
    const at = this.view.time(x);
    if (at >= this.facts.duration) return;
    y >= this.spanTop ? this.store.addSpan(at) : this.store.addHit(at);
  }

  wheel(event) {
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) this.zoom(Math.exp(-event.deltaY / 220), event.offsetX);
    else this.show(this.view.start + (event.deltaX || event.deltaY) / this.view.scale);
  }
}

export function round(share) { return Math.round(share * 100) / 100; }
