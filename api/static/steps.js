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
