"use strict";
// The rows of a list and the keys: what is ticked, which actions fit all of it, what A and R do on the
// selected row (AGR-07, AGR-18). Every page works without it; attributes are listed in docs/ui.md.
(function () {
  const root = document.documentElement;
  const $ = (selector, from) => (from || document).querySelector(selector);
  const $$ = (selector, from) => Array.from((from || document).querySelectorAll(selector));
  const on = (type, run) => document.addEventListener(type, run);
  const ask = (url, body) => fetch(url, {
    method: body ? "POST" : "GET", body, headers: { "X-CSRFToken": ($("meta[name=csrf-token]") || {}).content || "", "X-Requested-With": "rows" },
  }).then((answer) => (answer.ok && !answer.redirected ? answer : null)).catch(() => null);

  // ---- a row leads where its title leads
  $$("tr.qq-row").forEach((row) => {
    const title = $(".t a", row), to = row.dataset.href || (title && title.getAttribute("href"));
    if (to) { row.dataset.href = to; row.tabIndex = 0; }
  });

  // ---- ticked rows
  const ticked = () => $$("[type=checkbox][name=rowid]:checked");
  let fitting = null, asked = 0, timer;

  function selection() {
    const boxes = $$("[type=checkbox][name=rowid]"), chosen = ticked();
    boxes.forEach((box) => { const row = box.closest("tr"); if (row) row.classList.toggle("is-selected", box.checked); });
    $$("[data-qq-all]").forEach((all) => {
      all.checked = chosen.length > 0 && chosen.length === boxes.length;
      all.indeterminate = chosen.length > 0 && !all.checked;
    });
    $$("[data-qq-bulk]").forEach((bar) => {
      bar.hidden = !chosen.length;
      $$("[data-qq-selected]", bar).forEach((text) => { text.textContent = text.dataset.qqSelected.replace("{n}", chosen.length); });
      if (chosen.length) askFits(bar);
    });
    showKeys();
  }

  // ---- what of the bar fits all that is ticked: asked of the rules, never guessed here
  function askFits(bar) {
    fitting = null;
    if (!bar.dataset.qqBulk) return;  // actions that are no steps fit every row
    const mine = ++asked;
    $$("[data-qq-rows]", bar).forEach((button) => { button.disabled = true; });
    bar.setAttribute("aria-busy", "true");
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const answer = await ask(bar.dataset.qqBulk, new FormData(bar.closest("form")));
      if (mine !== asked) return;
      fitting = answer ? await answer.json().catch(() => null) : null;
      if (mine === asked) showFits(bar);
    }, 120);
  }

  function showFits(bar) {
    const rest = $("[data-qq-rest]", bar), list = $(".qq-drop-list", rest);
    $$("[data-qq-rows]", bar).forEach((button) => {
      const offer = button.closest(".qq-offer"), said = fitting && fitting.offers[button.dataset.qqAction];
      let why = $(".qq-why", offer);
      if (!why) offer.append(why = Object.assign(document.createElement("p"), { className: "qq-why", id: button.id + "-why" }));
      why.textContent = said ? said.why : "";
      why.hidden = !why.textContent;
      button.disabled = Boolean(said && said.why);
      button.toggleAttribute("aria-describedby", false);
      if (button.disabled) button.setAttribute("aria-describedby", why.id);
      if (said && said.none) list.append(offer); else rest.before(offer);
    });
    const left = list.children.length;
    rest.hidden = !left;
    $("summary", rest).textContent = rest.dataset.qqRest.replace("{n}", left);
    bar.removeAttribute("aria-busy");
    showKeys();
  }

  // the dialog of the bar says whom it will be done to, and who is left to be looked at singly
  function showWhom(button) {
    const box = $("[data-qq-part=fits]"), form = box.closest("form"), submit = $("[type=submit]", form);
    const said = "qqRows" in button.dataset && fitting ? fitting.offers[button.dataset.qqAction] : null;
    box.hidden = !said;
    submit.disabled = Boolean(said && !said.able);
    if (!said) return;
    $("[data-qq-part=rows]", form).hidden = true;
    $("p", box).textContent = (said.alone.length ? box.dataset.some : box.dataset.all).replace("{able}", said.able).replace("{alone}", said.alone.length);
    $("p + p", box).textContent = said.names;
    $("ul", box).replaceChildren(...said.alone.map(([key, name, why]) => {
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "alone", value: key, className: "qq-copied" }));
      return Object.assign(document.createElement("li"), { textContent: `${name}: ${why}` });
    }));
  }

  // ---- the selected row: what A and R do on it is asked of the rules when it is selected
  const known = new Map();
  // the row of a place on the page; where the record stands beside the list, the one that it shows
  const rowOf = (target) => (target.closest && target.closest("tr[data-href]")) || $("tr.is-here");
  const keyOf = (row) => row.dataset.href.split("/").pop();
  const table = () => $("table[data-qq-row-keys]");

  function rowKeys(row) {
    const key = keyOf(row);
    if (!known.has(key)) {
      const beside = $(".qq-split.is-on"), url = beside ? `${row.dataset.href}?pane=1` : table().dataset.qqRowKeys + encodeURIComponent(key);
      known.set(key, patiently(url).then((text) => {
        if (text === null) { known.delete(key); return null; }
        const found = Object.assign(document.createElement("div"), { innerHTML: text });
        return beside ? ofPane(found, text) : found;
      }));
    }
    return known.get(key);
  }
  const patiently = async (url) => {  // a full house is asked once more
    const answer = await ask(url) || await new Promise((done) => { setTimeout(done, 400); }).then(() => ask(url));
    return answer ? answer.text() : null;
  };

  // what the keys do stands in the record's own page; `text` is what split.js shows
  function ofPane(page, text) {
    const found = document.createElement("div"), says = $("[data-qq-says]", page);
    $$(".qq-actions", page).forEach((bar) => found.append(bar));
    found.append(Object.assign(document.createElement("p"), { textContent: (says && says.dataset.waits) || "" }));
    found.lastChild.dataset.qqWaits = "";
    found.pane = text;
    return found;
  }
  document.addEventListener("qq-pane", (event) => { event.detail.page = rowKeys(event.detail.row).then((found) => found && found.pane); });

  // what the keys do on the rows that come next is known before they are selected
  function ahead(row) {
    const rows = $$("tr[data-href]");
    rows.slice(rows.indexOf(row) + 1, rows.indexOf(row) + 3).forEach(rowKeys);
  }

  function say(text, loud) {
    const place = $("[data-qq-says]");
    if (!place) return;
    place.textContent = text;
    place.hidden = !text;
    place.classList.toggle("is-loud", Boolean(loud));
  }

  // what the keys do now, for the line beneath the list and for the list of keys
  function meanings(found) {
    const here = {};
    for (const button of $$("[data-qq-key]", found)) {
      if (!button.disabled && !(button.dataset.qqKey in here)) here[button.dataset.qqKey] = (button.dataset.qqTitle || button.firstChild.textContent).trim();
    }
    return here;
  }

  let now = null, told = null;
  async function showKeys() {
    const row = rowOf(document.activeElement), mine = now = {};
    if (!table()) return;
    if (ticked().length) return say(bulkKeys());
    if (!row || row !== told) say("");  // what was said was said of another row
    told = row;
    if (!row) return;
    await new Promise((done) => { setTimeout(done, 150); });
    if (mine !== now) return;
    const found = await rowKeys(row);
    ahead(row);
    if (mine !== now || !found) return;
    say(line(meanings(found)) || why(found));
  }

  const line = (here) => ["A", "R"].filter((key) => here[key]).map((key) => `${key} ${here[key]}`).join(" · ");
  const why = (found) => [...$$(".qq-why", found), ...$$("[data-qq-waits]", found)].map((part) => part.textContent.trim()).find(Boolean) || "";

  function bulkKey(key) {
    return $$("[data-qq-bulk] [data-qq-rows]").find((button) => !button.disabled && fitting && (fitting.offers[button.dataset.qqAction] || {}).key === key);
  }
  function bulkKeys() {
    const here = {};
    for (const key of ["A", "R"]) if (bulkKey(key)) here[key] = bulkKey(key).textContent.trim();
    return line(here);
  }

  // press a button that is not on the page: the dialog is filled from its attributes
  function press(found, button, row) {
    const place = found.cloneNode(true), rows = $$("tr[data-href]"), next = rows[rows.indexOf(row) + 1] || rows[rows.indexOf(row) - 1];
    place.hidden = true;
    document.body.append(place);
    place.querySelector("#" + CSS.escape(button.id)).click();
    place.remove();
    $("#qq-dialog form").dataset.after = next ? keyOf(next) : "";
    asking = row;
  }

  async function decide(key, row) {
    const texts = $("#qq-keys").dataset;
    now = {};  // what was to be said of the selection gives way to the answer of the key
    if (ticked().length) {
      if (row && !$("[type=checkbox][name=rowid]:checked", row)) return say(texts.other, true);
      const button = bulkKey(key);
      return button ? button.click() : say(texts.mixed, true);
    }
    if (!row) return say(texts.none, true);
    const found = await rowKeys(row);
    if (rowOf(document.activeElement) !== row && row !== $("tr.is-here") || $("dialog[open]") || ticked().length) return;  // gone on meanwhile
    if (!found) return say(texts.failed, true);
    const button = $(`[data-qq-key="${key}"]`, found), greyed = $(`[data-qq-greyed="${key}"]`, found);
    if (button && "qqQuick" in button.dataset) quick(button, row);
    else if (button) press(found, button, row);
    else say((greyed && why(greyed.closest(".qq-offer"))) || $("[data-qq-waits]", found).textContent || texts.nothing, true);
  }

  // ---- an approval without hints: no question, it can be undone; the list stays and the next row is selected
  const undoKept = "qq-undo:" + location.pathname;
  const tally = (by) => $$(".qq-tabs [aria-current] .qq-count, .qq-rail [aria-current] .qq-badge").forEach((count) => {
    const number = Number(count.textContent);
    if (Number.isInteger(number)) count.textContent = Math.max(0, number + by);
  });

  function quick(button, row) {
    const body = new FormData();
    body.set("action", button.dataset.qqAction);
    return send(button.dataset.qqUrl, body, row);
  }

  // the row goes at once, and comes back where the answer is no
  async function send(url, body, row) {
    const away = row && rowOut(row);
    if (!away) return sendPlain(url, body);
    known.delete(keyOf(row));
    const answer = await post(url, body);
    if (!answer) return sendPlain(url, body);  // no answer of ours: the whole page says why
    if (!answer.done) {
      rowBack(away);
      return say(answer.refused || $("#qq-keys").dataset.failed, true);
    }
    undoBar(answer.done, away);
    if (!$("tr[data-href]")) location.reload();
  }

  // the dialog of a key: its last step is sent like the rest
  let asking = null;
  document.addEventListener("submit", (event) => {
    const form = event.target, row = asking;
    if (!row || !form.matches("[data-qq-dialog]") || !row.isConnected) return;
    if ((form.dataset.confirm && form.dataset.step === "1") || !form.elements.code.disabled) return;
    event.preventDefault();
    event.stopPropagation();
    form.closest("dialog").close();
    send(form.getAttribute("action"), new FormData(form), row);
  }, true);

  const post = (url, body) => fetch(url, {
    method: "POST", body, headers: { "X-CSRFToken": ($("meta[name=csrf-token]") || {}).content || "", Accept: "application/json" },
  }).then((answer) => answer.json()).catch(() => null);

  function sendPlain(url, body) {  // a detail goes on to the page that the answer names
    const form = Object.assign(document.createElement("form"), { method: "post", action: url, hidden: true });
    body.set("csrf_token", ($("meta[name=csrf-token]") || {}).content || "");
    for (const [name, value] of body) form.append(Object.assign(document.createElement("input"), { name, value }));
    document.body.append(form);
    form.submit();
  }

  function rowOut(row) {
    const rows = $$("tr[data-href]"), next = rows[rows.indexOf(row) + 1] || rows[rows.indexOf(row) - 1];
    const away = { row, before: row.nextElementSibling, body: row.parentNode };
    if (!row.isConnected) return null;
    row.remove();
    row.classList.remove("is-here");  // brought back, it is shown anew
    tally(-1);
    selection();
    if (next) { next.focus(); rowKeys(next); ahead(next); }
    return away;
  }

  function rowBack(away) {
    away.body.insertBefore(away.row, away.before && away.before.isConnected ? away.before : null);
    tally(1);
    selection();
    away.row.focus();
  }

  function undoBar(done, away) {
    const bar = document.createElement("div");
    $$(".qq-flash").forEach((old) => old.remove());
    bar.className = "qq-flash qq-flash-done qq-flash-stays";
    bar.setAttribute("role", "status");
    bar.append(Object.assign(document.createElement("div"), { textContent: done.text }));
    if (done.url) {
      const form = Object.assign(document.createElement("form"), { className: "qq-inline", method: "post", action: done.url });
      form.dataset.qqUntil = done.until;
      form.innerHTML = '<button class="btn btn-default btn-sm" type="submit" data-qq-key="U" aria-keyshortcuts="U"></button><time class="qq-left" data-qq-countdown></time>';
      $("button", form).append(done.label + " ", Object.assign(document.createElement("kbd"), { textContent: "U" }));
      $("time", form).dateTime = done.until;
      form.addEventListener("submit", (event) => { event.preventDefault(); event.stopPropagation(); takeBack(form, bar, away); });
      bar.append(form);
      try { sessionStorage.setItem(undoKept, JSON.stringify(done)); } catch { /* private window */ }
    }
    $("main").prepend(bar);
    if (done.url) document.dispatchEvent(new CustomEvent("qq-countdown"));
  }

  async function takeBack(form, bar, away) {
    $("button", form).disabled = true;
    const answer = await post(form.action, new FormData(form));
    try { sessionStorage.removeItem(undoKept); } catch { /* private window */ }
    bar.remove();
    if (!answer || !answer.done) return say((answer && answer.refused) || $("#qq-keys").dataset.failed, true);
    if (!away) return location.reload();
    rowBack(away);
    say(answer.done.text);
  }

  function keptUndo() {  // the page was drawn anew within the time
    let done = null;
    try { done = JSON.parse(sessionStorage.getItem(undoKept)); sessionStorage.removeItem(undoKept); } catch { /* private window */ }
    if (done && Date.parse(done.until) > Date.now() && !$("form[data-qq-until]")) undoBar(done, null);
  }

  // the button of a detail; without one the page says whom the record waits for
  function decideHere(key) {
    const button = $(`[data-qq-key="${key}"]`), greyed = $(`[data-qq-greyed="${key}"]`);
    if (button && !button.disabled && !button.closest("[hidden]")) return button.click();
    const place = $("[data-qq-says]");
    if (place) say(greyed ? why(greyed.closest(".qq-offer")) : place.dataset.waits || "", true);
  }

  // ---- keys: never while typing or composing, in a dialog, with a modifier, or held down
  const TYPED = "textarea, select, iframe, [contenteditable], input:not([type=checkbox]):not([type=radio]):not([type=file]):not([type=button]):not([type=submit])";
  function typing(event) {
    const at = event.target.closest ? event.target : document.body;
    return Boolean(at.closest(TYPED)) || event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey
      || event.getModifierState("AltGraph") || event.defaultPrevented || Boolean($("dialog[open]"));
  }

  function move(row, step) {
    const rows = $$("tr[data-href]"), here = rows.indexOf(row);
    rows[Math.min(rows.length - 1, Math.max(0, here < 0 ? 0 : here + step))].focus();
  }

  const DO = {
    "/": () => { const find = $("[data-qq-find]"); if (find) find.click(); return find || focusOn("[data-qq-search]"); },
    f: () => focusOn("[data-qq-search]"),
    j: (row) => ($("tr[data-href]") ? (move(row, 1), true) : clicked("J")),
    k: (row) => ($("tr[data-href]") ? (move(row, -1), true) : clicked("K")),
    x: (row) => { const box = row && $("[type=checkbox][name=rowid]", row); if (box) box.click(); return box; },
    u: () => clicked("U"),
    a: (row) => { table() ? decide("A", row) : decideHere("A"); return true; },
    r: (row) => { table() ? decide("R", row) : decideHere("R"); return true; },
  };
  function focusOn(selector) {
    const box = $(selector);
    if (!box || !box.checkVisibility()) return false;
    box.focus();
    box.select();
    return true;
  }
  function clicked(key) {
    const button = $$(`[data-qq-key="${key}"]`).find((one) => !one.disabled && !one.closest("[hidden]"));
    if (button) button.click();
    return button;
  }

  on("keydown", (event) => {
    if (event.key === "Escape") {
      $$("details.qq-drop[open]").forEach((drop) => { drop.open = false; $("summary", drop).focus(); });
      if (location.hash === "#qq-rail") location.hash = "#main";
    }
    if (typing(event)) return;
    const row = rowOf(event.target), key = event.key.toLowerCase();
    if (event.key === "Enter" && row && row === event.target && !event.repeat) return location.assign(row.dataset.href);
    if (root.dataset.keys === "off") return;
    if (event.key === "?") { showHelp(row); event.preventDefault(); return; }
    if (event.shiftKey || (event.repeat && !"jk".includes(key)) || !Object.hasOwn(DO, key)) return;
    if ("ar".includes(key) && !table() && !$("[data-qq-says]") && !$(`[data-qq-key="${key.toUpperCase()}"]`)) return;
    if (DO[key](row)) event.preventDefault();
  });

  // ---- the list of keys says only what is so here
  async function showHelp(row) {
    const found = !ticked().length && row && table() ? await rowKeys(row) : null;
    const here = meanings(found || document), rows = $("tr[data-href]");
    if (ticked().length) for (const key of ["A", "R"]) { const button = bulkKey(key); here[key] = button ? button.textContent.trim() : ""; }
    const so = {
      "/": $("[data-qq-find], [data-qq-search]"), f: $("[data-qq-search]"), ctrl: $(".qq-rail"), "?": true, j: rows || here.J, x: row && $("[type=checkbox][name=rowid]", row), enter: row,
      a: here.A, r: here.R, u: here.U, esc: true,
    };
    $$("#qq-keys [data-qq-for]").forEach((one) => {
      const meaning = so[one.dataset.qqFor];
      one.hidden = !meaning;
      if (typeof meaning === "string" && "ar".includes(one.dataset.qqFor)) $("dd", one).textContent = meaning;
    });
    $("#qq-keys").showModal();
  }

  // what a narrow column has cut stands there whole when pointed at
  on("mouseover", (event) => {
    const cell = event.target.closest(".qq-table td");
    if (cell && !cell.title && cell.scrollWidth > cell.clientWidth) cell.title = cell.textContent.trim();
  });

  // ---- after a decision by key the next row is selected
  const place = "qq-row:" + location.pathname;
  on("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-qq-dialog]") && form.dataset.after && !event.defaultPrevented) {
      try { sessionStorage.setItem(place, form.dataset.after); } catch { /* private window */ }
    }
  });
  function goOn() {
    let key = null;
    try { key = sessionStorage.getItem(place); sessionStorage.removeItem(place); } catch { /* private window */ }
    const row = key && $$("tr[data-href]").find((one) => keyOf(one) === key);
    if (row) row.focus();
  }

  // beside the list a button decides as its key does: the list stays
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".qq-pane [data-qq-key=A], .qq-pane [data-qq-key=R]");
    if (!button || ticked().length) return;
    event.preventDefault();
    event.stopPropagation();
    decide(button.dataset.qqKey, $("tr.is-here"));
  }, true);
  on("click", (event) => {
    const button = event.target.closest("[data-qq-action]");
    if (button && "qqQuick" in button.dataset) return void quick(button, null);
    if (button) { delete $("#qq-dialog form").dataset.after; asking = null; showWhom(button); }
    if (event.target.closest("[data-qq-keys]")) showHelp(rowOf(document.activeElement));
  });
  // blanks are no reason: said beside the field, before anything is sent
  const blank = (form) => {
    const reason = form && form.elements.reason;
    if (reason && reason.dataset.blank) reason.setCustomValidity(reason.required && !reason.value.trim() ? reason.dataset.blank : "");
  };
  on("input", (event) => blank(event.target.form));
  document.addEventListener("click", (event) => { const send = event.target.closest("#qq-dialog [type=submit]"); if (send) blank(send.form); }, true);
  on("focusin", showKeys);
  on("DOMContentLoaded", () => {
    selection();
    if (table()) { goOn(); keptUndo(); }
    on("change", (event) => {
      if (event.target.matches("[data-qq-all]")) $$("[type=checkbox][name=rowid]").forEach((box) => { box.checked = event.target.checked; });
      if (event.target.matches("[data-qq-all], [type=checkbox][name=rowid], [data-qq-every]")) selection();
    });
  });
})();
