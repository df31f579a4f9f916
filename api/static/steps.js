// What the pages do beyond htmx. Each page works without it: this only saves a click or a look.
"use strict";

// <button type="button" class="quiet" data-copy="id of an element" hidden>Copy</button>
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  const said = document.createElement("span");
  said.setAttribute("role", "status");
  try {
    await navigator.clipboard.writeText((source.value ?? source.textContent).trim());
    said.textContent = "Copied";
  } catch {
    const range = document.createRange();
    range.selectNodeContents(source);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    said.textContent = "Selected: copy it with the keyboard";
  }
  button.parentNode.querySelector("[role=status]")?.remove();
  button.after(said);
});

// Buttons that need a script are hidden until there is one.
const reveal = (root) => root.querySelectorAll("[data-copy][hidden]").forEach((button) => (button.hidden = false));
reveal(document);
document.addEventListener("htmx:load", (event) => reveal(event.target));

// <form data-confirm="Delete …?"> asks first.
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
});

// "3 minutes ago" stays true while the page is open.
const AGO = [["day", 86400], ["hour", 3600], ["minute", 60]];
setInterval(() => document.querySelectorAll("time[data-relative]").forEach((time) => {
  const seconds = (Date.now() - Date.parse(time.dateTime)) / 1000;
  const [unit, size] = AGO.find(([, size]) => Math.abs(seconds) >= size) ?? AGO[2];
  const count = Math.max(1, Math.floor(Math.abs(seconds) / size));
  const words = `${count} ${unit}${count === 1 ? "" : "s"}`;
  time.textContent = Math.abs(seconds) < 45 ? "just now" : seconds > 0 ? `${words} ago` : `in ${words}`;
}), 15000);

// A page that nobody looks at keeps no stream open: browsers allow six connections to one place.
const streams = new Map();
document.addEventListener("htmx:sseOpen", (event) => streams.set(event.target, event.detail.source));
document.addEventListener("htmx:sseClose", (event) => streams.delete(event.target));
document.addEventListener("visibilitychange", () => streams.forEach((source, element) => {
  if (document.hidden) return source.close();
  streams.delete(element);
  if (!element.isConnected) return;
  const again = element.cloneNode(true);
  element.replaceWith(again);
  htmx.process(again);
}));
