"use strict";
// Ctrl-K: pages of the menu, what can be done on this page with its keys, and people, employers, agreements.
(function () {
  const $ = (selector, from) => (from || document).querySelector(selector);
  const $$ = (selector, from) => Array.from((from || document).querySelectorAll(selector));
  let entries = [], found = [], asked = 0, timer = 0, now = 0;

  // what a menu entry is called, with the first letters of a Latin name; Chinese is found by its signs
  const pages = () => $$(".qq-rail a[href], .qq-user .qq-drop-list a[href]").map((link) => ({
    label: (link.querySelector(".qq-nav-text") || link).textContent.trim().replace(/\s+/g, " "), kind: "page", act: () => location.assign(link.href),
  })).filter((entry) => entry.label);
  const actions = () => $$("[data-qq-action]").filter((button) => !button.disabled && !button.closest("[hidden], dialog") && !("qqRows" in button.dataset)).map((button) => ({
    label: button.textContent.trim().replace(/\s+/g, " "), kind: "action", key: button.dataset.qqKey || "", act: () => button.click(),
  })).filter((entry) => entry.label);

  const box = () => $("#qq-palette"), field = () => $("input", box()), list = () => $("ul", box());

  function draw() {
    const text = field().value.trim(), low = text.toLowerCase(), says = list().dataset;
    const shown = entries.filter((entry) => !low || entry.label.toLowerCase().includes(low)).slice(0, low ? 6 : 12).concat(found);
    if (text) shown.push({ label: says.find.replace("{text}", text), kind: "", act: () => everywhere(text) });
    now = Math.min(now, Math.max(0, shown.length - 1));
    list().replaceChildren(...shown.map((entry, at) => {
      const line = document.createElement("li");
      line.id = `qq-palette-${at}`;
      line.setAttribute("role", "option");
      line.setAttribute("aria-selected", String(at === now));
      const label = Object.assign(document.createElement("span"), { textContent: entry.label });
      line.append(label);
      if (entry.hint) line.append(Object.assign(document.createElement("small"), { textContent: entry.hint }));
      if (entry.key) line.append(Object.assign(document.createElement("kbd"), { textContent: entry.key }));
      const kind = entry.kind === "page" ? says.page : entry.kind === "action" ? says.action : entry.kind;
      if (kind) line.append(Object.assign(document.createElement("em"), { textContent: kind }));
      line.addEventListener("click", () => go(entry));
      line.entry = entry;
      return line;
    }));
    if (!shown.length) list().append(Object.assign(document.createElement("li"), { textContent: says.none, className: "qq-muted" }));
    field().setAttribute("aria-activedescendant", shown.length ? `qq-palette-${now}` : "");
    const here = $("[aria-selected=true]", list());
    if (here) here.scrollIntoView({ block: "nearest" });
  }

  function go(entry) {
    box().close();
    entry.act();
  }

  // what is typed may be a personal number: it is sent, and stands in no address
  const typed = (text) => Object.entries({ q: text, csrf_token: ($("meta[name=csrf-token]") || {}).content || "" });
  function everywhere(text) {
    const form = Object.assign(document.createElement("form"), { method: "post", action: $("[data-qq-find]").href, hidden: true });
    for (const [name, value] of typed(text)) form.append(Object.assign(document.createElement("input"), { name, value }));
    document.body.append(form);
    form.submit();
  }

  async function ask() {
    const text = field().value.trim(), mine = ++asked;
    found = [];
    if (text.length < 2) return draw();
    const answer = await fetch($("[data-qq-find]").href + "lines", { method: "POST", body: new URLSearchParams(typed(text)) }).then((it) => it.ok ? it.json() : null).catch(() => null);
    if (mine !== asked || !box().open) return;  // a later letter has asked again
    found = ((answer && answer.lines) || []).map((line) => ({ ...line, act: () => location.assign(line.url) }));
    draw();
  }

  function open() {
    entries = [...actions(), ...pages()];
    found = [];
    now = 0;
    field().value = "";
    draw();
    box().showModal();
    field().focus();
  }

  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-qq-find]") || event.ctrlKey || event.metaKey || !box()) return;
    event.preventDefault();
    open();
  });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
      if (!box() || !$(".qq-rail") || $("dialog[open]:not(#qq-palette)")) return;
      event.preventDefault();
      if (!box().open) open();
      return;
    }
    if (!box() || !box().open || event.isComposing || event.keyCode === 229) return;
    const lines = $$("[role=option]", list());
    if (event.key === "Escape") return box().close();  // a search field would be emptied first
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      now = (now + (event.key === "ArrowDown" ? 1 : lines.length - 1)) % Math.max(1, lines.length);
      draw();
      event.preventDefault();
    } else if (event.key === "Enter" && lines[now]) {
      event.preventDefault();
      go(lines[now].entry);
    }
  });
  document.addEventListener("input", (event) => {
    if (!box() || event.target !== field()) return;
    now = 0;
    draw();
    clearTimeout(timer);
    timer = setTimeout(ask, 150);
  });
})();
