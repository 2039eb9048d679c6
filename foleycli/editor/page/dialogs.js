// The dialogs: keys, saving the sheet, exporting with the settings of the mix.

import { post } from "./api.js";
import { make } from "./panel.js";

const named = (id) => document.getElementById(id);
const KEYS = [
  ["Space", "play, pause"], ["← →", "move the cue, or the playhead, by a frame"], ["Shift ← →", "by ten frames"],
  ["↑ ↓", "strength of the cue"], [", .", "cue before, cue after"], ["Enter", "sound of the cue"], ["A", "add a hit"],
  ["S", "add a lasting sound"], ["Delete", "delete"], ["M", "mute"], ["L", "lock: --sound and --keep-locked leave it"],
  ["Ctrl Z", "undo"], ["Ctrl Shift Z", "redo"], ["[ ]", "start, end of the selection"], ["O", "loop the selection"],
  ["P", "perform"], ["T", "takes of the selection"], ["E", "export"], ["Ctrl S", "save the sheet"], ["+ − 0", "zoom in, out, whole film"],
  ["Ctrl wheel", "zoom at the pointer"], ["Home End", "first, last picture"], ["Esc", "select nothing"], ["?", "these keys"],
];

export class Dialogs {
  constructor(store, facts, act) {
    Object.assign(this, { store, facts, act });
    named("keys").replaceChildren(...KEYS.flatMap(([key, what]) => {
      const term = make("dt");
      term.append(make("kbd", key));
      return [term, make("dd", what)];
    }));
    for (const button of document.querySelectorAll("dialog .close")) {
      button.addEventListener("click", () => button.closest("dialog").close());
    }
    const kinds = { csv: "CSV, for spreadsheets", json: "JSON", txt: "labels for Audacity", otio: "OpenTimelineIO markers" };
    named("save-kind").replaceChildren(...facts.sheets.map((name) => {
      const suffix = name.split(".").pop();
      return make("option", `*.${suffix} (${kinds[suffix] ?? suffix})`, { value: name });
    }));
    named("save-kind").addEventListener("change", (event) => { named("save-name").value = event.target.value; });
    named("save-open").addEventListener("click", () => this.save());
    named("export-open").addEventListener("click", () => this.export());
    named("help-open").addEventListener("click", () => named("help").showModal());
    this.form("save", async () => {
      const { name } = await post("save", { name: named("save-name").value, overwrite: named("save-over").checked });
      return `Saved ${name} beside the video.`;
    });
    this.form("export", async () => {
      await post("export", { name: named("export-name").value, overwrite: named("export-over").checked });
      return "";
    });
  }

  // `work` gives the line to show afterwards; what it throws stays in the dialog.
  form(id, work) {
    const dialog = named(id), form = dialog.querySelector("form"), told = dialog.querySelector(".bad");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      told.textContent = "";
      try {
        if (id === "export") this.takeMix();
        await this.store.flush();
        const line = await work();
        dialog.close();
        this.act(async () => {}, line);
      } catch (error) {
        told.textContent = error.message;
      }
    });
  }

  save() {
    named("save-name").value = named("save-kind").value;
    this.open("save");
  }

  export() {
    const { mix } = this.store.doc;
    named("export-name").value ||= this.facts.export;
    named("original").value = mix.original;
    for (const option of named("original").options) option.disabled = option.value !== "replace" && !this.facts.has_sound;
    named("gain").value = mix.gain_db;
    choose(named("loudness"), mix.loudness_lufs ?? mix.level, "LUFS");
    choose(named("tone"), mix.room_tone_lufs ?? "off", "LUFS");
    named("fade-in").value = mix.fade_in;
    named("fade-out").value = mix.fade_out;
    this.open("export");
  }

  open(id) {
    named(id).querySelector(".bad").textContent = "";
    named(id).showModal();
  }

  takeMix() {
    const loudness = named("loudness").value, tone = named("tone").value, fixed = !["auto", "off"].includes(loudness);
    const mix = {
      original: named("original").value,
      gain_db: Number(named("gain").value),
      loudness_lufs: fixed ? Number(loudness) : null,
      level: fixed ? "off" : loudness,
      room_tone_lufs: tone === "off" ? null : Number(tone),
      fade_in: Number(named("fade-in").value),
      fade_out: Number(named("fade-out").value),
    };
    const same = Object.keys(mix).every((key) => mix[key] === this.store.doc.mix[key]);
    if (!same) this.store.commit({ mix });
  }
}

// Chooses a value of a list, which gets it if it has not.
function choose(list, value, unit) {
  if (![...list.options].some((option) => option.value === String(value))) {
    list.append(make("option", `${value} ${unit}`, { value: String(value) }));
  }
  list.value = String(value);
}
