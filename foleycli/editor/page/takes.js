// Takes of a part: performed with other seeds, heard side by side, one kept; and those that were kept.

import { post } from "./api.js";
import { Curve, clock } from "./lanes.js";
import { make } from "./panel.js";

const named = (id) => document.getElementById(id);

export class Takes {
  constructor(store, player, facts, act) {
    Object.assign(this, { store, player, facts, act, curves: new Map(), status: null, key: "" });
    named("takes-make").addEventListener("click", () => this.perform());
    store.addEventListener("select", () => this.show());
    store.addEventListener("change", () => this.show());
  }

  get part() {
    const { range, chosen } = this.store;
    if (range) return range;
    if (!chosen.length) return null;
    const last = Math.max(...chosen.map((cue) => cue.stop ?? cue.time));
    return {
      start: Math.max(0, this.store.frame(chosen[0].time - 0.1)),
      stop: Math.min(this.facts.duration, this.store.snapEnd(last + 0.9)),
    };
  }

  perform() {
    const part = this.part;
    if (part) this.act(() => post("takes", part));
  }

  update(status) {
    this.status = status;
    for (const number of this.curves.keys()) {
      if (!status.takes.some((take) => take.number === number) && number !== status.track?.number) this.curves.delete(number);
    }
    this.show();
  }

  show() {
    const { status, part } = this, { retakes } = this.store.doc, takes = status?.takes ?? [];
    named("takes").hidden = !part && !takes.length && !retakes.length;
    named("takes-title").textContent = part ? `Takes of ${clock(part.start, 1)} to ${clock(part.stop, 1)}` : "Takes";
    named("takes-make").disabled = !part || Boolean(status?.job);
    const fresh = status && !this.store.unsaved ? takes.filter((take) => take.revision === this.store.revision) : [];
    const key = JSON.stringify([fresh, retakes, status?.track?.number]);
    if (key === this.key) return;
    this.key = key;
    const first = fresh[0]?.take;
    const rows = first ? [this.row("as it is", status.track.number, first, null)] : [];
    named("takes-list").replaceChildren(...rows, ...fresh.map(({ number, take }) => this.row(`seed ${take.seed}`, number, take, number)));
    named("retakes").replaceChildren(...retakes.map((one, at) => {
      const row = make("li"), off = make("button", "Drop", { title: "Go back to the seed of the film" });
      off.addEventListener("click", () => this.store.commit({ retakes: retakes.filter((_, number) => number !== at) }));
      row.append(make("span", `${clock(one.start, 1)} to ${clock(one.stop, 1)}: seed ${one.seed}`), off);
      return row;
    }));
  }

  row(text, track, part, use) {
    const row = make("li"), play = make("button", "▶", { title: `Play ${text}` }), canvas = make("canvas");
    play.setAttribute("aria-label", `Play ${text}`);
    play.addEventListener("click", () => this.player.playSpan(part.start, part.stop, track));
    row.append(play, make("span", text), canvas);
    this.drawn(canvas, track, part);
    if (use !== null) {
      const keep = make("button", "Use", { className: "use" });
      keep.addEventListener("click", () => this.act(async () => { this.store.adopt(await post("use", { track: use })); }));
      row.append(keep);
    }
    return row;
  }

  async drawn(canvas, track, part) {
    try {
      if (!this.curves.has(track)) this.curves.set(track, Curve.load(`tracks/${track}.outline`, this.facts.outline_rate));
      const curve = await this.curves.get(track);
      const width = canvas.clientWidth || 120, height = 30, scale = width / (part.stop - part.start);
      canvas.width = width * devicePixelRatio;
      canvas.height = height * devicePixelRatio;
      const context = canvas.getContext("2d");
      context.scale(devicePixelRatio, devicePixelRatio);
      const view = { scale, width, x: (at) => (at - part.start) * scale, time: (x) => part.start + x / scale };
      curve.draw(context, view, "#c9ced6", (value) => height / 2 - value / 127 * (height / 2 - 1));
    } catch { this.curves.delete(track); }   // gone meanwhile
  }
}
