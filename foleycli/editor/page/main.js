// Puts the page together: what the server works at, the buttons, the keys.

import { bytes, get, post } from "./api.js";
import { Dialogs } from "./dialogs.js";
import { Curve, clock } from "./lanes.js";
import { Panel } from "./panel.js";
import { Player } from "./player.js";
import { Store } from "./store.js";
import { Takes } from "./takes.js";
import { Timeline, round } from "./timeline.js";

const named = (id) => document.getElementById(id);
const POLL_MS = 300;
const STAGES = {
  load: ["loading the model", ""], index: ["reading the library", "files"], watch: ["watching the film", "s"],
  perform: ["performing", "windows"],
};
const facts = await get("facts");
const store = new Store(facts);
if (facts.variable) store.pictures.times = new Float64Array(await bytes("pictures"));
const player = new Player(named("video"), named("audio"), facts, store);
const timeline = new Timeline(named("lanes"), named("overview"), store, player, facts);
const panel = new Panel(store, player, facts, complain);
const takes = new Takes(store, player, facts, act);
const dialogs = new Dialogs(store, facts, act);
let status = null, polling = null, drawn = null, exported = "", moved = false, wanted = false;

document.title = `${facts.name} - foley`;
named("name").textContent = facts.name;
named("length").textContent = `/ ${clock(facts.duration)}`;

function complain(text, good = false) {
  named("trouble").hidden = !text;
  named("trouble").classList.toggle("good", good);
  named("trouble").querySelector("span").textContent = text;
}

// Sends the sheet first, then does something, then looks what came of it.
async function act(work, line = "") {
  try {
    complain(line, true);
    await store.flush();
    await work();
  } catch (error) {
    complain(error.message);
  }
  await poll();
}

async function poll() {
  clearTimeout(polling);
  const before = status;
  try {
    status = await get("status");
  } catch {
    complain("foley has ended; start it again in the terminal. Your edits are saved.");
    return;
  }
  if (status.error && status.error !== before?.error) complain(status.error);
  if (status.job?.kind === "Spot" && status.job.stage !== "perform") store.frozen = true;
  else if (store.frozen || before === null) {   // spotted now
    store.frozen = false;
    await store.load();
  }
  if (status.wrote && status.wrote !== exported) complain(`Wrote ${status.wrote} beside the video.`, true);
  exported = status.job?.kind === "Export" ? "" : status.wrote;
  await heard();
  watchProxy();
  takes.update(status);
  show();
  if (status.job || status.proxy.job) polling = setTimeout(poll, POLL_MS);
  else lanes();
}

// The new track is heard, and its outline drawn.
async function heard() {
  const number = status.track?.number ?? null;
  if (number === drawn || number === null) return;
  drawn = number;
  player.finishSpan();
  player.use(number);
  try {
    timeline.curve = await Curve.load(`tracks/${number}.outline`, facts.outline_rate);
  } catch (error) { complain(error.message); }
  const { warnings } = status.track;
  if (warnings.length && named("trouble").hidden) complain(warnings.join(" "));
  timeline.redraw();
}

// The motion of the picture is measured when nothing else is to do.
async function lanes() {
  if (moved) return;
  moved = true;
  try {
    timeline.motion = Curve.ofMotion(await bytes("motion"), facts.motion_rate);
    timeline.redraw();
  } catch (error) { complain(`The motion of the picture can't be read: ${error.message}`); }
}

function watchProxy() {
  const { proxy } = status, curtain = named("curtain");
  if (!wanted) return;
  if (proxy.ready) {
    wanted = false;
    curtain.hidden = true;
    const at = player.now;
    player.video.src = "video?proxy";
    player.seek(at);
  } else {
    curtain.hidden = false;
    curtain.textContent = proxy.error || `Your browser can't play this video. Making a copy that it can: ${proxy.job ? `${proxy.job.done} of ${proxy.job.total} s` : "…"}`;
  }
}

function needProxy() {
  if (wanted || player.video.src.endsWith("?proxy")) return;
  wanted = true;
  act(() => post("proxy"));
}

function show() {
  const job = status?.job ?? null, stale = isStale();
  named("work").hidden = !job;
  if (job) {
    const [stage, unit] = STAGES[job.stage] ?? [job.stage, ""];
    named("work-text").textContent = job.total ? `${job.kind}: ${stage}, ${job.done} of ${job.total} ${unit}` : `${job.kind}: ${stage}`;
    if (job.total) { named("work-bar").max = job.total; named("work-bar").value = job.done; } else named("work-bar").removeAttribute("value");
  }
  named("saved").textContent = store.trouble ? "Not saved" : store.unsaved ? "Saving…" : store.revision ? "Saved" : "";
  named("perform").disabled = Boolean(job) || (!stale && Boolean(status?.track));
  named("perform").textContent = stale && status?.track ? "Perform changes" : "Perform";
  named("undo").disabled = !store.past.length;
  named("redo").disabled = !store.future.length;
  named("export-open").disabled = Boolean(job);
  timeline.stale = stale;
  timeline.redraw();
}

function isStale() { return store.unsaved || status?.track?.revision !== store.revision; }
function perform() { if (!named("perform").disabled) act(() => post("perform")); }

for (const what of ["change", "saved"]) store.addEventListener(what, () => { show(); if (store.trouble) complain(store.trouble); });
player.addEventListener("tick", () => {
  named("clock").textContent = clock(player.now);
  named("play").textContent = player.playing ? "Pause" : "Play";
});
player.video.addEventListener("error", needProxy);
player.video.addEventListener("loadedmetadata", () => { if (!player.video.videoWidth) needProxy(); });
if (player.video.error) needProxy();
addEventListener("pagehide", () => store.leave());

function toggleLoop() {
  player.loop = !player.loop;
  named("loop").setAttribute("aria-pressed", player.loop);
}

function addSpan() { store.range ? store.addSpan(store.range.start, store.range.stop) : store.addSpan(player.now); }

const buttons = {
  play: () => player.toggle(), loop: toggleLoop, undo: () => store.undo(), redo: () => store.redo(), perform,
  "add-hit": () => store.addHit(player.now), "add-span": addSpan, "zoom-in": () => timeline.zoom(1.6),
  "zoom-out": () => timeline.zoom(1 / 1.6), "zoom-fit": () => timeline.fit(), stop: () => act(() => post("stop")),
};
for (const [id, work] of Object.entries(buttons)) named(id).addEventListener("click", work);
named("trouble").querySelector("button").addEventListener("click", () => complain(""));
named("hear").addEventListener("change", (event) => player.hear(event.target.value === "old"));

function nudge(frames) {
  const { pictures } = store, from = store.chosen[0]?.time ?? player.now + 1e-6, to = pictures.after(from, frames);
  if (store.selected.size) store.move(to - pictures.start(from), "nudge");
  else player.seek(to);
}

function step(by) {
  const { cues } = store.doc, chosen = store.chosen;
  if (!cues.length) return;
  let at = chosen.length ? cues.indexOf(chosen[by > 0 ? chosen.length - 1 : 0]) + by
    : by > 0 ? cues.findIndex((cue) => cue.time >= player.now - 1e-3) : cues.findLastIndex((cue) => cue.time <= player.now + 1e-3);
  if (at === -1 && !chosen.length) at = by > 0 ? cues.length - 1 : 0;
  const cue = cues[Math.max(0, Math.min(cues.length - 1, at))];
  store.select([cue.id]);
  timeline.reveal(cue.time);
  if (!player.playing) player.seek(cue.time);
}

function edge(key) {
  const at = store.frame(player.now), { range } = store, { pictures } = store;
  const start = key === "[" ? at : Math.min(range?.start ?? 0, pictures.after(at, -1)), stop = key === "]" ? at : Math.max(range?.stop ?? facts.duration, pictures.end(at, 1));
  store.setRange({ start: Math.max(0, start), stop: Math.min(facts.duration, stop) });
}

const keys = {
  " ": () => player.toggle(), ArrowLeft: (event) => nudge(event.shiftKey ? -10 : -1), ArrowRight: (event) => nudge(event.shiftKey ? 10 : 1),
  ArrowUp: () => store.edit((cue) => ({ strength: round(Math.min(1, cue.strength + 0.05)) }), "strength"),
  ArrowDown: () => store.edit((cue) => ({ strength: round(Math.max(0, cue.strength - 0.05)) }), "strength"),
  ",": () => step(-1), ".": () => step(1), "<": () => step(-1), ">": () => step(1),
  Enter: () => { if (store.selected.size) named("search").focus(); },
  a: () => store.addHit(player.now), s: addSpan, Delete: () => store.remove(), Backspace: () => store.remove(),
  m: () => panel.flip("mute"), l: () => panel.flip("lock"), o: toggleLoop, p: perform, t: () => takes.perform(),
  e: () => { if (!named("export-open").disabled) dialogs.export(); }, "[": () => edge("["), "]": () => edge("]"),
  "+": () => timeline.zoom(1.6), "=": () => timeline.zoom(1.6), "-": () => timeline.zoom(1 / 1.6), 0: () => timeline.fit(),
  Home: () => { player.seek(0); timeline.show(0); }, End: () => { player.seek(facts.duration); timeline.reveal(facts.duration); },
  Escape: () => { store.setRange(null); store.select([]); }, "?": () => named("help").showModal(),
};

document.addEventListener("keydown", (event) => {
  const { target } = event, typing = target.closest("input:not([type=range], [type=radio]), select, textarea");
  if (typing || target.closest("dialog") || document.querySelector("dialog[open]") || event.altKey) return;
  const onButton = target.closest("button, input") && (event.key === " " || event.key === "Enter" || target.matches("input") && event.key.startsWith("Arrow"));
  if (onButton) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  let work = keys[key];
  if (event.ctrlKey || event.metaKey) {
    work = { z: () => (event.shiftKey ? store.redo() : store.undo()), y: () => store.redo(), s: () => dialogs.save() }[key];
  }
  if (!work) return;
  event.preventDefault();
  work(event);
});

globalThis.foley = { store, player, timeline, facts };   // for tests, and for the curious
await poll();
document.body.dataset.ready = "yes";
