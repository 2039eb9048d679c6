// The sheet, what is selected, undo and redo; after every change the sheet is sent to the server, which saves it.

import { get, put } from "./api.js";
import { bare, highestId, pack, unpack } from "./history.js";
import { Pictures } from "./pictures.js";

const SAVE_MS = 250, MOST_STEPS = 500, KEEPALIVE_BYTES = 60_000;

export class Store extends EventTarget {
  constructor(facts) {
    super();
    this.facts = facts;
    this.pictures = new Pictures(facts);
    this.doc = { cues: [], retakes: [], mix: {}, seed: 0 };
    this.selected = new Set();
    this.range = null;        // {start, stop} in seconds
    this.revision = 0;
    this.frozen = false;      // while the film is spotted
    this.unsaved = false;
    this.trouble = "";
    this.past = [];
    this.future = [];
    this.merging = null;
    this.nextId = 1;
    this.sending = null;
  }

  async load() {
    const { revision, history, ...doc } = await get("sheet");
    const numbered = { ...doc, cues: doc.cues.map((cue) => ({ ...cue, id: this.nextId++ })) };
    Object.assign(this, history ? unpack(numbered, history) : { doc: numbered, past: [], future: [] });
    this.nextId = highestId([this.doc, ...this.past, ...this.future]) + 1;
    this.revision = revision;
    this.select([]);
    this.tell("change");
  }

  tell(what) { this.dispatchEvent(new Event(what)); }

  // Steps with the same `merge` in a row are one step of undo: a drag, a slider.
  commit(changes, merge = null) {
    if (this.frozen) return;
    if (merge === null || merge !== this.merging) {
      this.past.push(this.doc);
      if (this.past.length > MOST_STEPS) this.past.shift();
    }
    this.merging = merge;
    this.future = [];
    this.doc = { ...this.doc, ...changes };
    if (changes.cues) this.doc.cues = [...changes.cues].sort((one, other) => one.time - other.time || one.id - other.id);
    this.changed();
  }

  // A change that the server has made itself: a step of undo, saved already.
  adopt({ revision, ...changes }) {
    this.past.push(this.doc);
    this.future = [];
    this.merging = null;
    this.doc = { ...this.doc, ...changes };
    this.revision = revision;
    this.tell("change");
    put("history", pack(this.past, this.doc, this.future)).catch(() => {});
  }

  endMerge() { this.merging = null; }
  undo() { this.step(this.past, this.future); }
  redo() { this.step(this.future, this.past); }

  step(from, to) {
    if (!from.length || this.frozen) return;
    to.push(this.doc);
    this.doc = from.pop();
    this.merging = null;
    const there = new Set(this.doc.cues.map((cue) => cue.id));
    this.selected = new Set([...this.selected].filter((id) => there.has(id)));
    this.changed();
    this.tell("select");
  }

  changed() {
    this.unsaved = true;
    this.tell("change");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush().catch(() => {}), SAVE_MS);
  }

  plain(doc) { return { ...doc, cues: doc.cues.map(bare) }; }

  // Sends what is not saved yet; settles when the server has it.
  async flush() {
    clearTimeout(this.timer);
    while (this.unsaved) {
      if (this.sending) { await this.sending; continue; }
      const doc = this.doc;
      this.sending = put("sheet", { ...this.plain(doc), history: pack(this.past, doc, this.future) }).then(
        ({ revision }) => {
          this.revision = revision;
          this.trouble = "";
          if (doc === this.doc) this.unsaved = false;
        },
      ).finally(() => { this.sending = null; });
      try {
        await this.sending;
      } catch (error) {
        this.trouble = error.message;
        throw error;
      } finally {
        this.tell("saved");
      }
    }
  }

  leave() {
    if (!this.unsaved) return;
    const plain = this.plain(this.doc), room = KEEPALIVE_BYTES - JSON.stringify(plain).length;
    put("sheet", { ...plain, history: pack(this.past, this.doc, this.future, room / 2) }, room > 0).catch(() => {});
  }

  frame(seconds) { return this.pictures.start(seconds); }

  get chosen() { return this.doc.cues.filter((cue) => this.selected.has(cue.id)); }
  get only() { const chosen = this.chosen; return chosen.length === 1 ? chosen[0] : null; }

  select(ids) {
    this.selected = new Set(ids);
    this.endMerge();
    this.tell("select");
  }

  setRange(range) {
    this.range = range;
    this.tell("select");
  }

  // `change` gives new values for each cue that is selected.
  edit(change, merge = null) {
    if (!this.selected.size) return;
    this.commit({
      cues: this.doc.cues.map((cue) => this.selected.has(cue.id) ? { ...cue, ...change(cue) } : cue),
    }, merge);
  }

  add(values) {
    const cue = {
      stop: null, strength: 0.7, sound: "", confidence: 1, mute: false, lock: false, named_by: "", suggestions: [],
      ...values, id: this.nextId++,
    };
    this.commit({ cues: [...this.doc.cues, cue] });
    if (!this.frozen) this.select([cue.id]);
    return cue;
  }

  addHit(seconds) { return this.add({ time: this.frame(seconds), sound: this.usual(false) }); }

  addSpan(start, stop) {
    const time = this.frame(start);
    const end = Math.max(stop === undefined ? time + 1 : stop, this.pictures.end(time, 2));
    return this.add({ time, stop: Math.min(this.snapEnd(end), this.facts.duration), strength: 0.6, sound: this.usual(true) });
  }

  snapEnd(seconds) { return this.pictures.edge(seconds); }

  // A new cue sounds like the one before it of its kind.
  usual(lasts) {
    const alike = this.doc.cues.filter((cue) => (cue.stop !== null) === lasts && cue.sound);
    return alike.length ? alike[alike.length - 1].sound : lasts ? "ambience" : "impact_generic";
  }

  remove() {
    if (!this.selected.size || this.frozen) return;
    this.commit({ cues: this.doc.cues.filter((cue) => !this.selected.has(cue.id)) });
    this.select([]);
  }

  move(seconds, merge) {
    const chosen = this.chosen;
    const least = -Math.min(...chosen.map((cue) => cue.time));
    const most = this.pictures.time(this.pictures.last) - Math.max(...chosen.map((cue) => cue.time));
    const by = Math.min(Math.max(seconds, least), most);
    this.edit((cue) => ({
      time: this.frame(cue.time + by), stop: cue.stop === null ? null : Math.min(cue.stop + by, this.facts.duration),
    }), merge);
  }
}
