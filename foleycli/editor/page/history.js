// Undo and redo as they are kept beside the video: of each step only what it changed, the nearest steps first.
//
//   kept      {cues: [[id, time], ...], past: [step, ...], future: [step, ...]}
//   step      {cues: [[id, before, after], ...], rest: {seed: [before, after], ...}}    null: no such cue

const MOST_STEPS = 100, MOST_CHARACTERS = 200_000, REST = ["retakes", "mix", "seed"], NEAR = 0.001;
const seen = new WeakMap();   // sheet -> {to, step, size}; sheets are never changed, only replaced

export function bare({ id, ...cue }) { return cue; }

function difference(from, to) {
  const known = seen.get(from);
  if (known?.to === to) return known;
  const before = new Map(from.cues.map((cue) => [cue.id, cue])), after = new Map(to.cues.map((cue) => [cue.id, cue]));
  const cues = [];
  for (const [id, cue] of before) {
    const later = after.get(id);
    if (later !== cue) cues.push([id, bare(cue), later ? bare(later) : null]);
  }
  for (const [id, cue] of after) if (!before.has(id)) cues.push([id, null, bare(cue)]);
  const rest = {};
  for (const key of REST) if (JSON.stringify(from[key]) !== JSON.stringify(to[key])) rest[key] = [from[key], to[key]];
  const step = { cues, rest }, found = { to, step, size: JSON.stringify(step).length };
  seen.set(from, found);
  return found;
}

// What is kept of the steps around a sheet, in at most so many characters of JSON; null if there is no room for any.
export function pack(past, doc, future, most = MOST_CHARACTERS) {
  const kept = { cues: doc.cues.map(({ id, time }) => [id, time]), past: [], future: [] };
  let left = most - JSON.stringify(kept).length;
  const take = (into, pairs) => {
    for (const [from, to] of pairs) {
      const { step, size } = difference(from, to);
      left -= size + 1;
      if (left < 0) return;
      into.push(step);
    }
  };
  const back = [...past.slice(-MOST_STEPS), doc], on = [...future.slice(-MOST_STEPS), doc];
  take(kept.past, back.slice(1).map((to, at) => [back[at], to]).reverse());
  take(kept.future, on.slice(1).map((from, at) => [from, on[at]]).reverse());
  return kept.past.length || kept.future.length ? kept : null;
}

function applied(doc, { cues, rest }, from, to) {
  const there = new Map(doc.cues.map((cue) => [cue.id, cue]));
  for (const change of cues) {
    const [id] = change;
    if (there.has(id) !== (change[from] !== null)) throw new Error("a step of another sheet");
    change[to] === null ? there.delete(id) : there.set(id, { ...change[to], id });
  }
  const changes = Object.fromEntries(Object.entries(rest).map(([key, values]) => [key, values[to - 1]]));
  return { ...doc, ...changes, cues: [...there.values()].sort((one, other) => one.time - other.time || one.id - other.id) };
}

// The sheet with the ids that it had, and the steps around it; none if they are of another sheet.
export function unpack(doc, kept) {
  const past = [], future = [];
  try {
    const { cues } = kept;
    if (cues.length !== doc.cues.length || cues.some(([, time], at) => Math.abs(time - doc.cues[at].time) > NEAR)) {
      return { doc, past, future };
    }
    const own = { ...doc, cues: doc.cues.map((cue, at) => ({ ...cue, id: cues[at][0] })) };
    const walk = (into, steps, from, to) => {
      let state = own;
      for (const step of steps) into.unshift(state = applied(state, step, from, to));
    };
    walk(past, kept.past, 2, 1);
    walk(future, kept.future, 1, 2);
    return { doc: own, past, future };
  } catch {
    return { doc, past: [], future: [] };   // edited by hand
  }
}

export function highestId(docs) { return Math.max(0, ...docs.flatMap(({ cues }) => cues.map(({ id }) => id))); }
