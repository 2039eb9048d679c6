// The panel beside the video: the cue that is selected, the sounds it may have, takes of a part.

import { clock, colourOf, parseClock } from "./lanes.js";
import { round } from "./timeline.js";

const named = (id) => document.getElementById(id);

export function make(tag, text = "", values = {}) {
  const element = Object.assign(document.createElement(tag), values);
  element.textContent = text;
  return element;
}

const NAMED_BY = { picture: "named by the picture", motion: "named by its motion", default: "no name was found" };

export class Panel {
  constructor(store, player, facts, complain) {
    Object.assign(this, { store, player, facts, complain, at: 0, shown: [] });
    this.sounds = new Map(facts.sounds.map((one) => [one.sound, one]));
    this.heard = new Audio();
    store.addEventListener("select", () => this.show(true));
    store.addEventListener("change", () => this.show(false));
    named("search").addEventListener("input", () => { this.at = 0; this.list(); });
    named("search").addEventListener("keydown", (event) => this.key(event));
    named("strength").addEventListener("input", (event) => store.edit(() => ({ strength: Number(event.target.value) }), "slider"));
    named("strength").addEventListener("change", () => store.endMerge());
    named("time").addEventListener("change", (event) => this.timed(event.target, "time"));
    named("stop-time").addEventListener("change", (event) => this.timed(event.target, "stop"));
    named("cue").addEventListener("submit", (event) => event.preventDefault());
    named("mute").addEventListener("click", () => this.flip("mute"));
    named("lock").addEventListener("click", () => this.flip("lock"));
    named("delete").addEventListener("click", () => store.remove());
    this.show(true);
  }

  flip(flag) {
    const all = this.store.chosen.every((cue) => cue[flag]);
    this.store.edit(() => ({ [flag]: !all }));
  }

  show(fresh) {
    const { chosen, only } = this.store, cue = chosen[0];
    named("nothing").hidden = Boolean(cue);
    named("cue").hidden = !cue;
    if (!cue) return;
    const name = this.sounds.get(cue.sound)?.name ?? "no sound";
    named("cue-title").textContent = only ? name : `${chosen.length} cues`;
    named("time").value = clock(cue.time);
    named("time").disabled = named("stop-time").disabled = !only;
    named("stop-label").hidden = cue.stop === null;
    named("stop-time").value = cue.stop === null ? "" : clock(cue.stop);
    named("strength").value = cue.strength;
    named("strength-text").value = cue.strength.toFixed(2);
    for (const flag of ["mute", "lock"]) named(flag).setAttribute("aria-pressed", chosen.every((one) => one[flag]));
    const sure = cue.confidence < 1 ? `, ${Math.round(100 * cue.confidence)} % sure` : "";
    named("cue-note").textContent = only ? `${cue.stop === null ? "A hit" : "A lasting sound"}${NAMED_BY[cue.named_by] ? `, ${NAMED_BY[cue.named_by]}` : ""}${sure}.` : "";
    named("spoken").textContent = only ? `${name} at ${clock(cue.time)}, strength ${cue.strength.toFixed(2)}` : `${chosen.length} cues`;
    if (fresh) { named("search").value = ""; this.at = 0; }
    const key = `${[...this.store.selected].join()} ${cue.sound}`;
    if (fresh || key !== this.key_) this.list();
    this.key_ = key;
  }

  timed(field, key) {
    const seconds = parseClock(field.value), cue = this.store.only;
    if (seconds === null || !cue) { this.show(false); return; }
    if (key === "time") this.store.move(seconds - cue.time);
    else this.store.edit(() => ({ stop: Math.min(this.facts.duration, Math.max(this.store.snapEnd(seconds), this.store.pictures.end(cue.time, 2))) }));
    this.show(false);
  }

  // Sounds whose name, words or description hold every word that is typed; those of the cue's kind first.
  found() {
    const words = named("search").value.toLowerCase().split(/\s+/).filter(Boolean), cue = this.store.chosen[0];
    const kind = cue && cue.stop !== null ? "span" : "hit";
    const ranked = [];
    for (const one of this.facts.sounds) {
      const texts = [one.name, one.sound, ...one.words], about = one.about.toLowerCase();
      let worst = 0;
      for (const word of words) {
        const best = texts.some((text) => text.startsWith(word)) ? 0
          : texts.some((text) => text.includes(` ${word}`) || text.includes(`_${word}`)) ? 1
          : texts.some((text) => text.includes(word)) ? 2 : about.includes(word) ? 3 : 9;
        worst = Math.max(worst, best);
      }
      if (worst === 9) continue;
      const suggested = cue ? cue.suggestions.indexOf(one.sound) : -1;
      const own = cue && one.sound === cue.sound ? -2 : 0;
      const rank = words.length ? worst + (one.name.toLowerCase() === words.join(" ") ? -1 : 0)
        : own + (suggested >= 0 ? -1 + suggested / 100 : one.kind === kind ? 1 : 2);
      ranked.push({ one, rank: rank + (one.kind === kind ? 0 : 0.5) });
    }
    return ranked.sort((a, b) => a.rank - b.rank || a.one.name.localeCompare(b.one.name)).map(({ one }) => one);
  }

  list() {
    const sound = this.store.chosen[0]?.sound;
    this.shown = this.found();
    const rows = this.shown.map((one, number) => {
      const row = make("li", "", { id: `sound-${one.sound}`, title: one.about });
      row.setAttribute("role", "option");
      row.setAttribute("aria-selected", one.sound === sound);
      row.classList.toggle("at", number === this.at && named("search").value !== "");
      row.dataset.sound = one.sound;
      const dot = make("i");
      dot.style.background = colourOf(one.sound, this.facts);
      const play = make("button", "▶", { type: "button", tabIndex: -1, title: `Play a sample of ${one.name}` });
      play.setAttribute("aria-label", `Play a sample of ${one.name}`);
      play.addEventListener("click", (event) => { event.stopPropagation(); this.sample(one.sound, play); });
      row.append(dot, make("span", one.name), make("small", one.kind === "span" ? "lasting" : ""), play);
      row.addEventListener("click", () => this.choose(one.sound));
      return row;
    });
    named("sounds").replaceChildren(...rows);
    rows[this.at]?.scrollIntoView({ block: "nearest" });
  }

  key(event) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      this.at = Math.max(0, Math.min(this.shown.length - 1, this.at + (event.key === "ArrowDown" ? 1 : -1)));
      named("search").value = named("search").value || " ";
      this.list();
    } else if (event.key === "Enter") {
      if (event.ctrlKey && this.shown[this.at]) { this.sample(this.shown[this.at].sound); return; }
      if (this.shown[this.at]) this.choose(this.shown[this.at].sound);
      named("lanes").focus();
    } else if (event.key === "Escape") {
      named("lanes").focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  choose(sound) {
    this.store.edit((cue) => cue.sound === sound ? {} : { sound, named_by: "asked", suggestions: [] });
  }

  async sample(sound, button = null) {
    if (button) button.textContent = "…";
    try {
      this.heard.src = `samples/${sound}.wav`;
      await this.heard.play();
    } catch (error) {
      if (error.name !== "AbortError") this.complain(`The sample of ${sound} can't be played: ${error.message}`);
    }
    if (button) button.textContent = "▶";
  }
}
