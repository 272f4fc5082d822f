"use strict";
// Nothing typed is lost (ACC-14): the end of the sign-in, drafts of what is being written, the way back. docs/sessions.md.
(function () {
  const root = document.documentElement;
  const $ = (selector, from) => (from || document).querySelector(selector);
  const $$ = (selector, from) => Array.from((from || document).querySelectorAll(selector));
  const on = (type, run) => document.addEventListener(type, run);
  const safely = (run) => { try { return run(); } catch { return null; } };  // storage may be closed
  const note = (name, value) => safely(() => value === null ? sessionStorage.removeItem(name) : sessionStorage.setItem(name, value));
  const noted = (name) => safely(() => sessionStorage.getItem(name));
  const parsed = (text) => safely(() => JSON.parse(text)) || {};
  const bar = $("#qq-session"), here = location.pathname + location.search;
  const between = /^\/(login|kept|factor|campus|password)\b/.test(location.pathname);  // pages on the way back in

  // ---- a student's pages are kept for a time without a network; nobody else's are, and none after signing out (CHN-07)
  const forget = () => self.caches && caches.delete("qq-my").catch(() => {});
  if (root.dataset.shell !== "student") forget();
  else if (navigator.serviceWorker) navigator.serviceWorker.register($("link[data-worker]").dataset.worker, { scope: "/my/" }).catch(() => {});
  on("submit", (event) => { if (/\/logout$/.test(event.target.getAttribute("action") || "")) forget(); });

  // ---- how long the sign-in lasts: by the server's clock, and the server is asked before anything is said
  const WARN = 120000;
  let ends = bar ? Date.parse(bar.dataset.ends) : 0, ahead = Date.parse(root.dataset.now) - Date.now();
  let before = Date.now(), asking = false, asked = false, askedAt = Date.now(), state = "", out = false, last = bar && bar.dataset.last === "1";

  function show(now) {
    if (now !== state) {
      state = now;
      bar.hidden = !now;
      $$("[data-part]", bar).forEach((part) => { part.hidden = ![now, { warn: "go", over: "login" }[now]].includes(part.dataset.part); });
      $("[data-part=login]", bar).href = bar.dataset.login + "?next=" + encodeURIComponent(here);
    }
    const left = Math.max(0, Math.ceil((ends - Date.now() - ahead) / 1000));
    $$("time", bar).forEach((time) => { time.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`; });
  }

  function heard(said) {
    ahead = Date.parse(said.now) - Date.now();
    if (said.account !== bar.dataset.account) return show("other");
    ends = Date.parse(said.ends);
    last = said.last;
    out = false;
    $$("input[name=csrf_token]").forEach((input) => { input.value = said.csrf; });  // signed in anew elsewhere: this page lives on
    $("meta[name=csrf-token]").content = said.csrf;
    safely(() => localStorage.setItem("qq-session", JSON.stringify({ account: said.account, ends: said.ends })));
    if (ends - Date.parse(said.now) > WARN) show("");
  }

  async function ask(goOn) {
    if (asking) return;
    asking = asked = true;
    askedAt = Date.now();
    const how = goOn ? { method: "POST", headers: { Accept: "application/json", "X-CSRFToken": $("meta[name=csrf-token]").content } } : { headers: { Accept: "application/json" } };
    const answer = await fetch(bar.dataset.url, { ...how, cache: "no-store" }).catch(() => null);
    const said = answer ? await answer.json().catch(() => ({})) : {};
    asking = false;
    if (said.now) heard(said);
    else if (answer && answer.status === 401) show("over");
    else if (answer && goOn) ask();  // another tab signed in anew: its token comes with the answer
  }

  function tick() {
    const step = Date.now() - before, left = ends - Date.now() - ahead;
    before = Date.now();
    if (state === "over" || state === "other") { if (step > 15000) ask(); return; }
    if (step > 15000 || step < -2000) return void ask();  // the computer slept, or its clock was set
    if (left <= WARN && (!asked || Date.now() - askedAt > (left <= 0 || !state ? 15000 : 60000))) ask();
    if (left <= WARN && asked && !asking && state !== "over") show(last ? "last" : "warn");
  }

  if (bar) {
    safely(() => localStorage.setItem("qq-session", JSON.stringify({ account: bar.dataset.account, ends: bar.dataset.ends })));
    setInterval(tick, 1000);
    const look = () => { if (document.visibilityState === "visible" && (state || ends - Date.now() - ahead < 6 * WARN)) ask(); };
    on("visibilitychange", look);
    addEventListener("focus", look);
    const stirs = () => { if (Date.now() - askedAt > 60000) ask(); };  // signed out from elsewhere: said before much is typed
    on("keydown", stirs);
    on("pointerdown", stirs);
    addEventListener("online", look);
    addEventListener("pageshow", (event) => { if (event.persisted) ask(); });
    addEventListener("storage", (event) => {
      if (event.key !== "qq-session" || !event.newValue) return;
      const said = parsed(event.newValue);
      if (said.account === bar.dataset.account && said.out) out = true;  // signed out in another tab: no draft is kept any more
      if (said.out || said.account !== bar.dataset.account || state === "over") return void ask();
      if (Date.parse(said.ends) <= ends) return;
      ends = Date.parse(said.ends);
      if (state) ask();
    });
    $("[data-part=go]", bar).addEventListener("click", () => ask(true));
  }

  // ---- drafts: sealed with the account's key, so that nobody else at this computer reads them
  const KEEP = 7 * 86400000, MINE = bar ? `qq-draft:${bar.dataset.account}:` : "";
  const closed = bar && safely(() => crypto.subtle);  // without https the text stays in this tab only
  const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const bytes = (text) => new Uint8Array((text.match(/../g) || []).map((pair) => parseInt(pair, 16)));
  // the key stands in a page under a mask made for that page: 32 bytes of it, then the key (app/core/compress.py says why)
  const masked = closed && bytes(bar.dataset.draft), own = closed && masked.slice(32).map((byte, n) => byte ^ masked[n]);
  const key = closed && crypto.subtle.importKey("raw", own, "AES-GCM", false, ["encrypt", "decrypt"]);
  const shelf = () => closed ? localStorage : sessionStorage;
  const nameOf = async (id) => MINE + (closed ? hex(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(hex(own) + id))).slice(0, 32) : id);

  async function keep(name, value) {
    let data = JSON.stringify(value), iv = "";
    if (closed) {
      const salt = crypto.getRandomValues(new Uint8Array(12));
      data = hex(await crypto.subtle.encrypt({ name: "AES-GCM", iv: salt }, await key, new TextEncoder().encode(data)));
      iv = hex(salt);
    }
    if (!out) safely(() => shelf().setItem(name, JSON.stringify({ at: Date.now(), iv, data })));
  }

  async function found(name) {
    const { data, iv } = parsed(safely(() => shelf().getItem(name)));
    if (!data) return null;
    if (!closed) return parsed(data);
    const text = await crypto.subtle.decrypt({ name: "AES-GCM", iv: bytes(iv) }, await key, bytes(data)).catch(() => null);
    return text && parsed(new TextDecoder().decode(text));
  }

  const drop = (name) => safely(() => shelf().removeItem(name));
  function sweep(every) {
    for (const store of [safely(() => localStorage), safely(() => sessionStorage)].filter(Boolean)) for (const name of Object.keys(store)) {
      if (name.startsWith("qq-draft:") && ((every && MINE && name.startsWith(MINE)) || Date.now() - parsed(store[name]).at > KEEP)) store.removeItem(name);
    }
    if (!every) return;
    out = true;
    note("qq-sent", null);
    safely(() => localStorage.setItem("qq-session", JSON.stringify({ account: bar.dataset.account, out })));
  }

  // what of a form is kept: longer texts; every visible field of a form that warns before it is left
  const NEVER = "[type=password], [type=file], [type=hidden], [type=submit], [type=button], [name=code], [name=csrf_token], [autocomplete=one-time-code], .qq-copied, [hidden], [readonly]";
  const drafted = (form) => Array.from(form.elements).filter((field) =>
    field.name && field.matches("qqDirty" in form.dataset ? "input, textarea, select" : "textarea") && !field.matches(NEVER) && !field.closest("fieldset[disabled]"));
  const companions = (form, field) => field.dataset.qqTarget && form.elements[field.dataset.qqTarget] ? [field, form.elements[field.dataset.qqTarget]] : [field];
  const valueOf = (field) => /^(checkbox|radio)$/.test(field.type) ? field.checked : field.multiple ? Array.from(field.selectedOptions, (option) => option.value) : field.value;
  const slot = (field) => /^(checkbox|radio)$/.test(field.type) ? `${field.name}=${field.value}` : field.name;
  const valuesOf = (form) => Object.fromEntries(drafted(form).flatMap((field) => companions(form, field)).map((field) => [slot(field), valueOf(field)]));
  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
  const idOf = (form) => [here, form.getAttribute("action") || here, form.elements.action ? form.elements.action.value : "", ...$$(".qq-copied[name=rowid]", form).map((row) => row.value)].join("|");
  const takes = (form) => form.method === "post" && !form.matches("[data-qq-autosave], [data-qq-kept]");
  const begun = new WeakMap();  // form → what the server had put into it

  function put(form, values) {  // twice: what a choice opens is there the second time
    for (let pass = 0; pass < 2; pass++) for (const field of drafted(form).flatMap((one) => companions(form, one))) {
      const value = values[slot(field)];
      if (value === undefined) continue;
      if (/^(checkbox|radio)$/.test(field.type)) field.checked = value;
      else if (field.multiple) Array.from(field.options).forEach((option) => { option.selected = value.includes(option.value); });
      else field.value = value;
      field.dispatchEvent(new Event(field.matches("textarea") ? "input" : "change", { bubbles: true }));
    }
  }

  function tell(form, name, draft, was, restored) {
    $$(".qq-draft", form).forEach((line) => line.remove());
    const line = Object.assign(document.createElement("p"), { className: "qq-draft" });
    const button = (text, run) => line.append(" · ", Object.assign(document.createElement("button"), { type: "button", className: "btn btn-link", textContent: text, onclick: run }));
    line.setAttribute("role", "status");
    line.append(restored ? bar.dataset.restored : bar.dataset.older);
    if (!restored) button(bar.dataset.restore, () => { put(form, draft.now); tell(form, name, draft, was, true); });
    button(bar.dataset.discard, () => { put(form, was); drop(name); line.remove(); });
    const place = drafted(form).find((field) => !same(draft.now[slot(field)], was[slot(field)])) || drafted(form)[0];
    (place.closest(".qq-field, [data-qq-part]") || place).before(line);
  }

  async function recall(form) {
    if (!takes(form) || !drafted(form).length) return;
    const was = valuesOf(form), id = idOf(form), name = await nameOf(id), draft = await found(name);
    begun.set(form, was);
    $$(".qq-draft", form).forEach((line) => line.remove());
    if (!draft || !draft.now) return;
    if (same(draft.now, was)) return;
    if (!same(valuesOf(form), was) || idOf(form) !== id) return;  // typed meanwhile
    const fresh = Object.keys(was).every((field) => same(was[field], draft.was[field]));
    if (fresh) put(form, draft.now);
    tell(form, name, draft, was, fresh);
  }

  const pausing = new WeakMap();
  function typed(event) {
    const form = event.target.form;
    if (!form || !event.isTrusted || !begun.has(form)) return;
    clearTimeout(pausing.get(form));
    pausing.set(form, setTimeout(write, 300, form));
  }
  async function write(form) {
    if (out) return;
    const was = begun.get(form), now = valuesOf(form), name = await nameOf(idOf(form));
    if (out || same(was, now)) drop(name); else await keep(name, { was, now });
  }

  async function posting(form) {  // sent: forgotten once a page says that it was taken
    if (form.matches("[action$='/logout'], [action*='/demo/']")) return sweep(true);
    remember(form);
    if (!begun.has(form)) return;
    clearTimeout(pausing.get(form));
    const id = idOf(form), names = parsed(noted("qq-sent"));
    note("qq-sent", JSON.stringify({ ...names, [id]: 1 }));
    await write(form);
  }

  async function arrived() {
    const sent = parsed(noted("qq-sent"));
    if (root.dataset.method !== "GET" || !Object.keys(sent).length) return;
    note("qq-sent", null);
    if ($(".qq-flash-danger, .qq-flash-warn, .qq-unsent, [aria-invalid=true]")) return;
    for (const id of Object.keys(sent)) drop(await nameOf(id));
  }

  // ---- what the fields of a form are called, for the page that offers it again; never what was typed
  function remember(form) {
    if (form.method !== "post" || between) return;
    const labels = {}, words = {}, button = $("[type=submit]", form), dialog = form.closest("dialog");
    for (const field of Array.from(form.elements)) {
      if (!field.name || field.type === "hidden") continue;
      const label = (field.type === "radio" && field.closest("fieldset") ? $("legend", field.closest("fieldset")) : null) || (field.labels && field.labels[0]);
      if (label) labels[field.name] = label.textContent.replace("*", "").trim().slice(0, 80);
      if (field.tagName === "SELECT") for (const option of field.selectedOptions) words[field.name + "=" + option.value] = option.textContent.trim();
      if (/^(checkbox|radio)$/.test(field.type) && field.checked && field.labels[0]) words[field.name + "=" + field.value] = field.labels[0].textContent.trim();
    }
    const title = dialog ? $("h2", dialog) : $("h1"), act = [title, button].map((part) => part ? part.textContent.trim() : "");
    note("qq-form", JSON.stringify({ path: new URL(form.getAttribute("action") || here, location.href).pathname, act: [...new Set(act)].filter(Boolean).join(" · "), labels, words }));
  }

  function offered(form) {
    const known = parsed(noted("qq-form"));
    if (known.path !== form.dataset.qqKept.split("?")[0]) return;
    if (known.act) $("[data-qq-act]", form).textContent = known.act;
    $$("[data-name]", form).forEach((part) => {
      const text = part.matches("dt") ? known.labels[part.dataset.name] : known.words[part.dataset.name + "=" + part.dataset.value];
      if (text) part.textContent = text;
      const row = part.closest("div");
      if (text && part.matches("dt") && row.closest("details")) row.closest("form").querySelector("dl").append(row);
    });
  }

  // ---- the way back: the page at its place, the row in the eye
  function place() {
    if (root.dataset.shell === "public") return void (between && note("qq-back", "1"));
    const at = parsed(noted("qq-at:" + location.pathname));
    if (!noted("qq-back")) return;
    note("qq-back", null);
    if (at.y) scrollTo(0, at.y);
    const row = at.row && $$("tr[data-href]").find((one) => one.dataset.href === at.row);
    if (row) row.focus({ preventScroll: true });
  }
  addEventListener("pagehide", () => {
    if (root.dataset.shell === "public") return;
    const row = document.activeElement && document.activeElement.closest("tr[data-href]");
    note("qq-at:" + location.pathname, JSON.stringify({ y: scrollY, row: row ? row.dataset.href : "" }));
  });

  on("DOMContentLoaded", place);  // rows.js has said by then where rows lead
  $$("[data-qq-kept]").forEach(offered);
  on("submit", (event) => { if (!event.defaultPrevented) posting(event.target); });
  on("qq-posted", (event) => posting(event.target));  // a dialog with a code has sent itself
  if (!bar) return;
  sweep(false);
  on("DOMContentLoaded", () => arrived().then(() => $$("form").forEach(recall)));  // the page's own script has opened and closed its parts
  on("qq-dialog", (event) => recall(event.target));
  on("input", typed);
  on("change", typed);
})();
