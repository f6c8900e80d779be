// The two dialogs: a picture enlarged, and the bot's modal.

import { $, el } from "./dom.js";
import { icon } from "./icons.js";

const TEXT_INPUT = 4;
const LABEL = 18;
const TEXT = 10;

/** Show a picture large. */
export function openPicture(url, alt) {
  const dialog = $("lightbox");
  const close = el("button.close", { type: "button", "aria-label": "Close", onclick: () => dialog.close() }, icon("close"));
  dialog.replaceChildren(el("img", { src: url, alt }), close);
  dialog.onclick = (event) => event.target === dialog && dialog.close();
  dialog.showModal();
}

/** Show a modal; `send` gets the values by custom_id. */
export function openModal(modal, bot, send) {
  const dialog = $("modal");
  const inputs = [];
  const rows = modal.components.flatMap((row) => {
    if (row.type === TEXT) return [el("p", {}, row.content)];
    const parts = row.type === LABEL ? [row.component] : row.components;
    return parts.map((part) => {
      const input = part.type === TEXT_INPUT ? textInput(part) : choice(part);
      inputs.push([part.custom_id, input]);
      const needed = part.required !== false;
      return el("label.field", {}, el("span", {}, row.label || part.label, needed ? el("b.needed", { title: "required" }, " *") : null),
        row.description ? el("small", {}, row.description) : null, input);
    });
  });
  const form = el("form", { method: "dialog" },
    el("header", {}, el("h2", {}, modal.title), el("button.close", { type: "button", "aria-label": "Close", onclick: () => dialog.close() }, icon("close"))),
    el("p.warning", {}, `This form will be submitted to ${bot}.`), ...rows,
    el("footer", {}, el("button.button.secondary", { type: "button", onclick: () => dialog.close() }, "Cancel"),
      el("button.button.primary", { type: "submit" }, "Submit")));
  form.addEventListener("submit", () => {
    const value = (input) => (input.tagName === "SELECT" ? [...input.selectedOptions].map((option) => option.value) : input.value);
    send(Object.fromEntries(inputs.map(([id, input]) => [id, value(input)])));
  });
  dialog.setAttribute("aria-label", modal.title);
  dialog.replaceChildren(form);
  dialog.showModal();
  if (inputs.length) inputs[0][1].focus();
}

function textInput(part) {
  const input = el(part.style === 2 ? "textarea" : "input", {
    placeholder: part.placeholder || "",
    required: part.required !== false,
    maxlength: String(part.max_length || 4000),
    rows: part.style === 2 ? "4" : null,
    name: part.custom_id,
  });
  if (part.min_length) input.setAttribute("minlength", String(part.min_length));
  input.value = part.value || "";
  return input;
}

function choice(part) {
  const select = el("select", { multiple: (part.max_values || 1) > 1, required: part.required !== false });
  for (const option of part.options || []) {
    select.append(el("option", { value: option.value, selected: Boolean(option.default) }, option.label));
  }
  return select;
}
