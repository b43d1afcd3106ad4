// Enhancement only: every page works without this file.
"use strict";

// A scrolling table can be scrolled from the keyboard.
function markScrollers(root) {
  for (const box of root.querySelectorAll(".table-wrap, .figure__chart")) {
    if (box.scrollWidth > box.clientWidth && !box.hasAttribute("tabindex")) box.tabIndex = 0;
  }
}
window.addEventListener("resize", () => markScrollers(document));

// <button type="button" data-print hidden>: shown where scripts run.
// <button data-check="present">: checks every radio or box of that value in its form.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-print], [data-check]");
  if (button && "print" in button.dataset) window.print();
  if (button && "check" in button.dataset) {
    for (const input of button.form.querySelectorAll(`input[value="${CSS.escape(button.dataset.check)}"]`)) {
      input.checked = true;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// <select data-submit>: changing it sends its form (a button stays for those without scripts).
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});

// <form data-count="name">: <output data-counts="absent"> shows how many are marked so.
function count(form) {
  const values = new FormData(form);
  for (const output of form.querySelectorAll("[data-counts]")) {
    let n = 0;
    for (const [, value] of values) if (value === output.dataset.counts) n += 1;
    output.textContent = String(n);
  }
}
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-count]");
  if (form) count(form);
});

function ready(root) {
  markScrollers(root);
  for (const button of root.querySelectorAll("[data-print][hidden], [data-check][hidden]")) button.hidden = false;
  for (const form of root.querySelectorAll("form[data-count]")) count(form);
}
document.addEventListener("DOMContentLoaded", () => ready(document));
document.addEventListener("htmx:afterSettle", (event) => ready(event.target));
