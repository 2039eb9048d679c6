// Talks to the server of this page; every address is relative, so it begins with the page's token.

export async function get(path) {
  return answer(await fetch(path));
}

export async function bytes(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.arrayBuffer();
}

export async function post(path, body = {}) {
  return answer(await fetch(path, { method: "POST", body: JSON.stringify(body) }));
}

export async function put(path, body, keepalive = false) {
  return answer(await fetch(path, { method: "PUT", body: JSON.stringify(body), keepalive }));
}

async function answer(response) {
  const text = await response.text();
  if (response.ok) return JSON.parse(text);
  let reason = `${response.status}`;
  try { reason = JSON.parse(text).error; } catch { reason = text.trim() || reason; }
  throw new Error(reason);
}
