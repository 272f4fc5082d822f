"use strict";
// The record beside the list, where there is room (AGR-18): its page is fetched without the frame and kept by rows.js,
// with those of the next two rows, so that it stands there when the row is selected. Without it they are two pages.
(function () {
  const $ = (selector, from) => (from || document).querySelector(selector);
  const $$ = (selector, from) => Array.from((from || document).querySelectorAll(selector));
  const table = $("table[data-qq-split]"), room = matchMedia("(min-width: 1180px)");
  if (!table) return;
  const wrap = table.closest(".qq-table-wrap"), both = document.createElement("div"), pane = document.createElement("section");
  const rows = () => $$("tr[data-href]", table);
  both.className = "qq-split";
  pane.className = "qq-pane";
  pane.tabIndex = -1;
  wrap.before(both);

  const wanted = () => room.matches && document.documentElement.dataset.split !== "off";

  function arrange() {
    const on = wanted();
    both.classList.toggle("is-on", on);
    if (on) both.append(wrap, pane);
    else { both.before(wrap); pane.remove(); }
    $$(".is-here", table).forEach((row) => row.classList.remove("is-here"));
    if (on) show($("tr[data-href]:focus", table) || rows()[0]);
  }

  function page(row) {  // rows.js keeps it: the keys of a row are the buttons of its page
    const wish = { row };
    document.dispatchEvent(new CustomEvent("qq-pane", { detail: wish }));
    return wish.page;
  }

  async function show(row) {
    if (!row || row.classList.contains("is-here")) return;
    $$(".is-here", table).forEach((one) => one.classList.remove("is-here"));
    row.classList.add("is-here");
    pane.setAttribute("aria-busy", "true");
    pane.inert = true;  // nobody presses a button of the record before
    const text = await page(row);
    if (!row.classList.contains("is-here")) return;  // gone on meanwhile
    pane.removeAttribute("aria-busy");
    pane.inert = false;
    if (!text) { pane.replaceChildren(); return; }
    pane.innerHTML = text;
    $$("[data-qq-says]", pane).forEach((place) => place.remove());  // the list has a place of its own
    pane.scrollTop = 0;
    pane.dispatchEvent(new CustomEvent("qq-fresh", { bubbles: true }));
    rows().slice(rows().indexOf(row) + 1).slice(0, 2).forEach(page);
  }

  table.addEventListener("focusin", (event) => { if (wanted()) show(event.target.closest("tr[data-href]")); });
  table.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-href]");
    if (wanted() && row && !event.target.closest("a, button, input, label")) row.focus();
  });
  new MutationObserver(() => {  // decided: what was shown is no longer in the list; brought back: it may say something else
    if (!wanted()) return;
    if (!rows().length) pane.replaceChildren();
    else if (!$("tr.is-here", table)) show($("tr[data-href]:focus", table) || rows()[0]);
  }).observe(table.tBodies[0], { childList: true });
  room.addEventListener("change", arrange);
  document.addEventListener("qq-switched", (event) => { if (event.detail === "split") arrange(); });
  document.addEventListener("DOMContentLoaded", () => {  // the texts stand in the script of the dialogs
    const says = $("#qq-keys").dataset, button = document.createElement("button"), tools = $(".qq-page-tools");
    pane.setAttribute("aria-label", says.record);
    Object.assign(button, { type: "button", className: "btn btn-default qq-split-switch", innerHTML: "<span></span>" });
    Object.assign(button.dataset, { qqSwitch: "split", qqValues: "on off", qqLabels: says.split });
    $("span", button).textContent = says.split.split("|")[Number(!wanted())];
    if (tools) tools.prepend(button);
    arrange();
  });
})();
