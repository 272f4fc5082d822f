"use strict";
// Makes pages quicker; every page works without it. Driven by data-qq-… attributes, listed in docs/ui.md.
(function () {
  const root = document.documentElement;
  const $ = (selector, from) => (from || document).querySelector(selector);
  const $$ = (selector, from) => Array.from((from || document).querySelectorAll(selector));
  const on = (type, run, capture) => document.addEventListener(type, run, capture);
  const stored = (name) => { try { return localStorage.getItem("qq-" + name); } catch { return null; } };
  const store = (name, value) => { try { localStorage.setItem("qq-" + name, value); } catch { /* private window */ } };

  // ---- switches: theme, density, rail, keys; kept on this device, set before the first paint
  for (const name of ["theme", "density", "rail", "keys", "split"]) if (stored(name)) root.dataset[name] = stored(name);

  function showSwitch(button) {
    const values = button.dataset.qqValues.split(" ");
    const now = Math.max(0, values.indexOf(root.dataset[button.dataset.qqSwitch]));
    if (button.dataset.qqLabels) $("span", button).textContent = button.dataset.qqLabels.split("|")[now];
    else button.setAttribute("aria-pressed", String(now > 0));
    return values[(now + 1) % values.length];
  }

  function turnSwitch(button) {
    const name = button.dataset.qqSwitch, value = showSwitch(button);
    root.dataset[name] = value;
    store(name, value);
    document.dispatchEvent(new CustomEvent("qq-switched", { detail: name }));
    $$(`[data-qq-switch="${name}"]`).forEach(showSwitch);
  }

  // ---- the dialog
  const part = (dialog, name) => $(`[data-qq-part="${name}"]`, dialog);

  function hidden(form, name, value) {
    const input = Object.assign(document.createElement("input"), { type: "hidden", name, value });
    input.className = "qq-copied";
    form.append(input);
  }

  function openDialog(button) {
    const dialog = $("#qq-dialog"), form = $("form", dialog), set = button.dataset;
    const rows = "qqRows" in set ? $$("[type=checkbox][name=rowid]:checked") : [];
    form.reset();
    $$(".qq-copied", form).forEach((input) => input.remove());
    delete form.dataset.sent;
    form.action = set.qqUrl || button.closest("[data-qq-steps]").dataset.qqSteps;
    form.dataset.confirm = set.qqConfirm || "";
    hidden(form, "action", set.qqAction);
    if (set.qqCode) hidden(form, "_code_url", set.qqCode);
    const every = rows.length && $("[data-qq-every]:checked");
    if (!every) rows.forEach((box) => hidden(form, "rowid", box.value));
    if (rows.length) $$("[data-qq-copy]").forEach((input) => { if (input.type !== "checkbox" || input.checked) hidden(form, input.name, input.value); });
    $("#qq-dialog-title").textContent = set.qqTitle || button.firstChild.textContent.trim();
    $("#qq-dialog-text").textContent = set.qqText || "";
    $("#qq-dialog-text").hidden = !set.qqText;
    const reason = $("textarea", form), kind = set.qqReason || "none", hint = $(".qq-label-row .qq-hint", form);
    part(dialog, "reason").hidden = reason.disabled = kind === "none";
    reason.required = kind === "required";
    hint.textContent = hint.dataset[kind] || "";
    part(dialog, "reasons").replaceChildren(...(set.qqReasons || "").split("|").filter(Boolean).map((text) =>
      Object.assign(document.createElement("button"), { type: "button", textContent: text, onclick() {
        reason.value = (reason.value ? reason.value + (root.lang.startsWith("zh") ? "；" : "; ") : "") + text;
        count(reason);
        reason.focus();
      } })));
    part(dialog, "reasons").hidden = !set.qqReasons;
    const tick = $("input[name=agreed]", form);
    part(dialog, "tick").hidden = tick.disabled = !set.qqTick;
    tick.required = Boolean(set.qqTick);
    $("span", part(dialog, "tick")).textContent = set.qqTick || "";
    const code = $("input[name=code]", form);
    part(dialog, "code").hidden = code.disabled = !set.qqCode;
    code.required = Boolean(set.qqCode);
    const told = $("[role=status]", part(dialog, "code"));
    told.textContent = "";
    told.classList.remove("qq-error");
    $("[data-qq-code-url]", form).dataset.qqCodeUrl = set.qqCode || "";
    const campus = part(dialog, "campus");
    campus.hidden = !(set.qqCode || "").endsWith("?campus=1");
    $("a", campus).href = (set.qqCode || "").replace("/code?campus=1", "/campus");
    part(dialog, "rows").hidden = !rows.length;
    part(dialog, "rows").textContent = part(dialog, "rows").dataset.text.replace("{n}", every ? every.dataset.qqEvery : rows.length);
    const submit = $("[type=submit]", form);
    submit.className = "btn " + ("qqDanger" in set ? "btn-danger" : "btn-primary");
    submit.dataset.label = (set.qqLabel || button.firstChild.textContent).trim().replace(/…$|\.\.\.$/, "");
    count(reason);
    stepOf(form, 1);
    dialog.showModal();
    form.dispatchEvent(new CustomEvent("qq-dialog", { bubbles: true }));
    ($("textarea:enabled, input:enabled:not([type=hidden])", form) || submit).focus();
  }

  function stepOf(form, step) {
    const submit = $("[type=submit]", form), cancel = $(".qq-dialog-foot [data-qq-cancel]", form);
    form.dataset.step = step;
    $$("[data-qq-step]", form).forEach((body) => { body.hidden = Number(body.dataset.qqStep) !== step; });
    submit.textContent = step === 1 && form.dataset.confirm ? submit.dataset.next : submit.dataset.label;
    cancel.textContent = step === 1 ? cancel.dataset.first : cancel.dataset.second;
    if (step === 2) { $("#qq-dialog-confirm").textContent = form.dataset.confirm; $("#qq-dialog-confirm").focus(); }
  }

  on("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-qq-dialog]") && form.dataset.confirm && form.dataset.step === "1") {
      event.preventDefault();
      stepOf(form, 2);
    } else if (form.dataset.sent) {
      event.preventDefault();
    } else if (form.matches("[data-qq-dialog]") && !form.elements.code.disabled) {
      event.preventDefault();
      form.dataset.sent = "1";
      sendAct(form);
    } else if (form.matches("[data-qq-reveal]")) {
      event.preventDefault();
      form.dataset.sent = "1";
      reveal(form);
    } else if (form.matches("[data-qq-stay]") && !event.defaultPrevented) {
      event.preventDefault();
      form.dataset.sent = "1";
      stay(form, event.submitter);
    } else if (form.method === "post" && !event.defaultPrevented) {
      form.dataset.sent = "1";
      const button = event.submitter;
      if (button) setTimeout(() => { button.disabled = true; button.setAttribute("aria-busy", "true"); });
    }
  });
  addEventListener("pageshow", (event) => {  // come back with the browser's button: usable again
    if (!event.persisted) return;
    $$("form[data-sent]").forEach((form) => { delete form.dataset.sent; });
    $$("[aria-busy]").forEach((button) => { button.disabled = false; button.removeAttribute("aria-busy"); });
  });

  // a whole number in the place of the masked one; where that fails, the page that says why
  async function reveal(form) {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } }).catch(() => null);
    const said = answer && answer.ok && await answer.json().catch(() => null);
    if (!said || !said.number) return form.submit();
    const link = Object.assign(document.createElement("a"), { href: `tel:${said.number}`, textContent: said.number, title: said.note });
    form.replaceWith(link);
    link.focus();
  }

  // ---- clicks
  on("click", (event) => {
    const at = (selector) => event.target.closest(selector);
    let found;
    if ((found = at("[data-qq-action]"))) { if (!("qqQuick" in found.dataset)) openDialog(found); }  // rows.js takes the quick ones
    else if (at("[data-qq-cancel]")) at("dialog").close();
    else if ((found = at("[data-qq-close]"))) found.closest(found.dataset.qqClose).remove();
    else if ((found = at("[data-qq-switch]"))) turnSwitch(found);
    else if ((found = at("[data-qq-code-url]"))) sendCode(found);
    if (event.target.matches("dialog")) event.target.close();
    $$("details.qq-drop[open]").forEach((drop) => { if (!drop.contains(event.target)) drop.open = false; });
  });
  on("dblclick", (event) => {
    const row = event.target.closest("tr[data-href]");
    if (row && !event.target.closest("a, button, input, label")) location.assign(row.dataset.href);
  });

  // ---- fields
  function count(area) {
    const out = document.getElementById((area.getAttribute("aria-describedby") || "").split(" ").pop());
    if (out && out.classList.contains("qq-counter")) out.textContent = `${area.value.length} / ${area.maxLength}`;
  }

  function conditions(form) {
    $$("[data-qq-when]", form).forEach((block) => {
      const [name, wanted] = block.dataset.qqWhen.split("=");
      const value = new FormData(form).getAll(name).join();
      block.hidden = !wanted.split("|").includes(value);
      if (block.matches("fieldset")) block.disabled = block.hidden;
      else $$("input, select, textarea", block).forEach((input) => { input.disabled = block.hidden; });
    });
  }

  function fileHint(input) {
    const out = document.getElementById(input.dataset.qqFile), most = Number(input.dataset.qqMost || 10) * 1048576;
    const files = Array.from(input.files), large = files.find((file) => file.size > most);
    if (large) input.setCustomValidity(input.dataset.qqTooLarge.replace("{name}", large.name));
    else input.setCustomValidity("");
    input.reportValidity();
    if (out) out.textContent = files.map((file) => `${file.name} (${(file.size / 1048576).toFixed(1)} MB)`).join(", ");
  }

  async function sendCode(button) {
    const out = $("[role=status]", (button.closest(".qq-code") || button).parentNode), label = button.dataset.label || button.textContent;
    button.dataset.label = label;
    button.disabled = true;
    const answer = await fetch(button.dataset.qqCodeUrl, {
      method: "POST", headers: { "X-CSRFToken": $("meta[name=csrf-token]").content, Accept: "application/json" },
      body: "qqCodeForm" in button.dataset ? new FormData(button.form) : null,
    }).catch(() => null);
    const said = answer ? await answer.json().catch(() => ({})) : {};
    const good = answer && answer.ok;
    if (out) out.classList.toggle("qq-error", !good);
    if (out) out.textContent = said.message || said.error || (good ? button.dataset.sent : button.dataset.failed);
    let left = good ? 60 : 5;
    const timer = setInterval(() => {
      button.textContent = left > 0 ? button.dataset.wait.replace("{s}", left) : label;
      if (left-- <= 0) { clearInterval(timer); button.disabled = false; }
    }, 1000);
  }

  // ---- an act with a code stays in its dialog until it is done: a wrong code loses no word that was typed
  async function sendAct(form) {
    const out = $("[data-qq-part=code] [role=status]", form), submit = $("[type=submit]", form);
    submit.disabled = true;
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body: new FormData(form), headers: { "X-Dialog": "1", Accept: "application/json" } }).catch(() => null);
    const said = answer ? await answer.json().catch(() => ({})) : {};
    submit.disabled = false;
    delete form.dataset.sent;
    if (said.go || said.over) form.dispatchEvent(new CustomEvent("qq-posted", { bubbles: true }));
    if (said.go) { location.assign(said.go); if (said.go.includes("#")) location.reload(); return; }
    if (answer && (said.over || !said.error)) return form.submit();  // the session is over, or worse: the whole page says it
    stepOf(form, 1);
    out.textContent = said.error || $("[data-qq-code-url]", form).dataset.failed;
    out.classList.add("qq-error");
    $("input[name=code]", form).select();
  }

  // ---- a form that stays: what is wrong elsewhere costs neither a chosen file nor a typed password (F-26)
  async function stay(form, button) {
    if (button) { button.disabled = true; button.setAttribute("aria-busy", "true"); }
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { "X-Dialog": "1" } }).catch(() => null);
    const text = answer ? await answer.text() : "", json = answer && (answer.headers.get("Content-Type") || "").includes("json");
    if (json && JSON.parse(text).go) return location.assign(JSON.parse(text).go);
    const found = $("form[data-qq-stay]", new DOMParser().parseFromString(text, "text/html"));
    delete form.dataset.sent;
    if (button) { button.disabled = false; button.removeAttribute("aria-busy"); }
    if (!found) return form.submit();  // no answer of ours: the browser says it in its own way
    const card = document.importNode(found.closest(".qq-card"), true), fresh = $("form[data-qq-stay]", card);
    $$("input[type=file], input[type=password]", form).forEach((kept) => {
      const place = fresh.elements[kept.name];
      if (!place) return;
      ["aria-invalid", "aria-describedby"].forEach((name) => {
        if (place.hasAttribute(name)) kept.setAttribute(name, place.getAttribute(name)); else kept.removeAttribute(name);
      });
      place.replaceWith(kept);
    });
    form.closest(".qq-card").replaceWith(card);
    $$("[data-qq-code-url]", card).forEach((other) => { other.type = "button"; });
    $$("[data-qq-file]", card).forEach(fileHint);
    if ($("[data-qq-focus]", card)) $("[data-qq-focus]", card).focus();
  }

  // ---- the sum that an address owes after much went wrong there
  async function solve(input) {
    const form = input.form, text = $("[data-qq-puzzle-text]", form), bits = Number(input.dataset.qqPuzzle), bytes = new TextEncoder();
    let wanted = false;
    form.addEventListener("submit", (event) => {
      if (form.elements.answer.value || !crypto.subtle) return;
      event.preventDefault();
      event.stopPropagation();
      wanted = true;
      text.hidden = false;
    });
    for (let number = 0; crypto.subtle && !form.elements.answer.value; number++) {
      const sum = new Uint32Array(await crypto.subtle.digest("SHA-256", bytes.encode(input.value + ":" + number)));
      if (new DataView(sum.buffer).getUint32(0) >>> (32 - bits) === 0) form.elements.answer.value = number;
    }
    text.hidden = true;
    if (wanted) form.requestSubmit();
  }

  function region(input) {
    const list = document.createElement("ul"), box = document.createElement("div"), code = input.form.elements[input.dataset.qqTarget];
    let timer, now = -1, asked = 0;
    box.className = "qq-region";
    list.className = "qq-options";
    list.id = input.id + "-options";
    list.hidden = true;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", (input.labels[0] || input).textContent);
    input.replaceWith(box);
    box.append(input, list);
    for (const [name, value] of Object.entries({ role: "combobox", autocomplete: "off", "aria-autocomplete": "list", "aria-controls": list.id, "aria-expanded": "false" })) input.setAttribute(name, value);
    const show = (open) => { list.hidden = !open; input.setAttribute("aria-expanded", String(open)); if (!open) input.removeAttribute("aria-activedescendant"); };
    const choose = (option) => { input.value = option.textContent; if (code) code.value = option.dataset.code; show(false); };
    const mark = (next) => {
      const options = Array.from(list.children);
      now = (next + options.length) % options.length;
      options.forEach((option, at) => option.setAttribute("aria-selected", String(at === now)));
      input.setAttribute("aria-activedescendant", options[now].id);
      options[now].scrollIntoView({ block: "nearest" });
    };
    const ask = async () => {
      const mine = ++asked, answer = await fetch(input.dataset.qqRegion + "?q=" + encodeURIComponent(input.value)).catch(() => null);
      const found = answer && answer.ok ? await answer.json() : [];
      if (mine !== asked) return;
      list.replaceChildren(...found.map((item, at) => {
        const option = Object.assign(document.createElement("li"), { id: `${list.id}-${at}`, textContent: item.name });
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.dataset.code = item.code;
        return option;
      }));
      now = -1;
      show(found.length > 0);
    };
    input.addEventListener("input", () => { if (code) code.value = ""; clearTimeout(timer); timer = setTimeout(ask, 180); });
    input.addEventListener("keydown", (event) => {
      if (list.hidden) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") { mark(now + (event.key === "ArrowDown" ? 1 : now < 0 ? 0 : -1)); event.preventDefault(); }
      else if (event.key === "Enter" && now >= 0) { choose(list.children[now]); event.preventDefault(); }
      else if (event.key === "Escape") { show(false); event.stopPropagation(); }
    });
    input.addEventListener("blur", () => setTimeout(() => show(false), 150));
    list.addEventListener("mousedown", (event) => { const option = event.target.closest("li"); if (option) choose(option); event.preventDefault(); });
  }

  addEventListener("beforeprint", () => $$("details.qq-fold").forEach((fold) => { fold.open = true; }));

  // ---- files: each goes on its own, in turn; what was refused keeps its place, its sentence and another try
  let line = Promise.resolve(), busy = 0;
  function chosen(input) {
    const box = input.closest("[data-qq-upload]");
    for (const file of Array.from(input.files)) {
      const item = $("template", box).content.firstElementChild.cloneNode(true), again = $("[data-qq-retry]", item);
      $("[data-qq-name]", $("ul", box).appendChild(item)).textContent = file.name;
      again.onclick = () => { busy++; line = line.then(() => post(box, file, item)).finally(() => { if (!--busy && "qqReload" in box.dataset && !$("progress", box)) location.reload(); }); };
      again.click();
    }
    input.value = "";
  }
  const post = (box, file, item) => new Promise((done) => {
    const say = box.dataset, out = $("[role=status]", item), made = document.createElement("template"), ask = Object.assign(new XMLHttpRequest(), { responseType: "json" }), data = new FormData();
    const end = (said) => {
      made.innerHTML = said.html || "";
      if (said.html) { $("ul", box).append(made.content); item.remove(); } else out.textContent = said.error || say.failed;
      done(item.classList.add("is-refused"));
    };
    if (!item.isConnected || file.size > Number(say.qqMost) * 1048576) return end({ error: say.tooLarge });
    item.classList.remove("is-refused");
    data.append("files", file);
    ask.open("POST", $("form[enctype]", box).action);
    for (const [name, value] of [["Accept", "application/json"], ["X-CSRFToken", $("meta[name=csrf-token]").content]]) ask.setRequestHeader(name, value);
    ask.upload.onprogress = (event) => { $("progress", item).value = event.loaded / event.total; out.textContent = event.loaded < event.total ? "" : say.checking; };
    ask.onloadend = () => end(ask.response || {});
    ask.send(data);
  });

  // ---- time left, by the server's clock
  const ahead = root.dataset.now ? Date.parse(root.dataset.now) - Date.now() : 0;
  function countdown() {
    const say = ($("#qq-keys") || {}).dataset;
    if (!say) return;
    $$("[data-qq-countdown]").forEach((time) => {
      const left = Math.floor((Date.parse(time.dateTime) - Date.now() - ahead) / 1000);
      const d = Math.floor(left / 86400), h = Math.floor(left % 86400 / 3600), m = Math.floor(left % 3600 / 60), s = left % 60;
      const text = left <= 0 ? say.leftOver : d ? say.leftDays : h ? say.leftHours : say.leftMinutes;
      time.textContent = text.replace("{d}", d).replace("{h}", h).replace("{m}", m).replace("{s}", s);
      time.classList.toggle("is-soon", left > 0 && left < 86400);
      time.classList.toggle("is-over", left <= 0);
      const form = time.closest("[data-qq-until]");  // what can no longer be undone offers no button
      if (form && left <= 0) form.remove();
    });
  }

  let ticking = 0;
  function tick() {
    countdown();
    ticking = ticking || setInterval(countdown, 1000);
  }
  on("qq-countdown", tick);  // one came later
  on("qq-fresh", (event) => {  // a part of a page came later
    $$("form", event.target).filter((form) => $("[data-qq-when]", form)).forEach(conditions);
    $$("[data-qq-counter]", event.target).forEach(count);
    $$("[data-qq-region]", event.target).forEach(region);
    if ($("[data-qq-countdown]", event.target)) tick();
  });

  on("DOMContentLoaded", () => {
    $$("[data-qq-switch]").forEach(showSwitch);
    $$("form").filter((form) => $("[data-qq-when]", form)).forEach(conditions);
    $$("[data-qq-counter]").forEach(count);
    $$("[data-qq-code-url], [data-qq-rows]").forEach((button) => { button.type = "button"; });
    $$("[data-qq-puzzle]").forEach(solve);
    $$("[data-qq-region]").forEach(region);
    if ($("[data-qq-countdown]")) tick();
    if ($("[data-qq-focus]")) $("[data-qq-focus]").focus();
    let dirty = false, waiting = 0, sending = false;
    const autosave = async (form) => {  // one at a time; what was typed meanwhile goes with the next
      if (sending || form.dataset.sent) return void (waiting = setTimeout(autosave, 2000, form));
      sending = true;
      const answer = await fetch(form.dataset.qqAutosave, {
        method: "POST", body: new FormData(form), headers: { "X-CSRFToken": $("meta[name=csrf-token]").content, Accept: "application/json" },
      }).catch(() => null);
      const said = answer ? await answer.json().catch(() => ({})) : {};
      sending = false;
      if (answer && answer.ok) { form.elements.version.value = said.version; dirty = false; }
      $("[data-qq-saved]", form).textContent = said.message || said.error || "";
    };
    on("input", (event) => {
      if (event.target.matches("[data-qq-counter]")) count(event.target);
      if (event.target.closest("[data-qq-dirty]")) dirty = true;
      const form = event.target.closest("[data-qq-autosave]");
      if (form) { clearTimeout(waiting); waiting = setTimeout(autosave, 1500, form); }
    });
    on("change", (event) => {
      if (event.target.matches("[data-qq-file]")) fileHint(event.target);
      if (event.target.matches("[data-qq-upload] input")) chosen(event.target);
      if (event.target.form) conditions(event.target.form);
    });
    on("submit", (event) => { if (!event.defaultPrevented) dirty = false; });
    addEventListener("beforeunload", (event) => { if (dirty || busy) event.preventDefault(); });
    $("#qq-dialog form [data-qq-cancel]") && $(".qq-dialog-foot [data-qq-cancel]").addEventListener("click", (event) => {
      const form = event.target.form;
      if (form.dataset.step === "2") { stepOf(form, 1); event.stopPropagation(); }
    });
  });
})();
