"use strict";
// What a student read last, without a network (CHN-07): home, letters, deadlines. GET only; a POST is never touched.
const KEPT = "qq-my", FILES = "qq-files", DAYS = 7 * 86400000, WHEN = "X-Kept-At";
const MINE = /^\/my\/($|invitations\/(list\/|compare$|\d+$)|signings\/\d+$|terminations\/($|signing\/\d+$)|offline\/($|\d+$)|destinations\/($|\d+$))/;
const WORDS = {{ words|tojson }};

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(caches.delete(FILES).then(() => self.clients.claim())));
self.addEventListener("fetch", (event) => {
  const request = event.request, url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(request, url));
  else if (/^\/(static|appbuilder)\//.test(url.pathname)) event.respondWith(file(request));
});

async function page(request, url) {
  let answer;
  try { answer = await fetch(request); } catch { return read(url); }
  if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) await caches.delete(KEPT);  // the sign-in is over
  else if (answer.ok && MINE.test(url.pathname) && !url.search) await keep(url.pathname, answer.clone());
  return answer;
}

async function keep(path, answer) {
  const text = await answer.text(), account = (text.match(/data-account="([^"]+)"/) || [])[1];
  if (!account) return;
  const cache = await caches.open(KEPT), before = await cache.match("/my/.account");
  if (before && (await before.text()) !== account) { await caches.delete(KEPT); return keep(path, new Response(text, answer)); }
  await cache.put("/my/.account", new Response(account));
  const headers = new Headers(answer.headers);
  ["Content-Encoding", "Content-Length"].forEach((name) => headers.delete(name));
  headers.set(WHEN, String(Date.now()));
  await cache.put(path, new Response(text, { headers }));
}

async function read(url) {
  const found = await caches.match(url.pathname, { cacheName: KEPT }), at = found && Number(found.headers.get(WHEN));
  if (!at || Date.now() - at > DAYS) return bare();
  const day = new Date(at), two = (n) => String(n).padStart(2, "0");
  const when = `${two(day.getMonth() + 1)}-${two(day.getDate())} ${two(day.getHours())}:${two(day.getMinutes())}`;
  const note = `<p class="qq-note qq-note-warn" id="qq-offline" role="status">${WORDS.kept.replace("{when}", when)}</p>`;
  const text = (await found.text()).replace(/(<main[^>]*>)/, `$1${note}`).replace(/<button /g, "<button disabled ");
  return new Response(text, { headers: found.headers });
}

function bare() {
  const body = `<!DOCTYPE html><html lang="${WORDS.lang}"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${WORDS.title}</title><main><h1>${WORDS.title}</h1><p>${WORDS.none}</p><p><a href="/my/">${WORDS.home}</a></p></main></html>`;
  return new Response(body, { status: 503, headers: { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": "default-src 'none'" } });
}

async function file(request) {
  try {
    const answer = await fetch(request);
    if (answer.ok) { const copy = answer.clone(); (await caches.open(FILES)).put(request, copy); }
    return answer;
  } catch (error) {
    const found = await caches.match(request, { cacheName: FILES });
    if (found) return found;
    throw error;
  }
}
