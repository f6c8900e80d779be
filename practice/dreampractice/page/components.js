// Buttons and menus under a message.

import { el } from "./dom.js";
import { icon } from "./icons.js";

const ROW = 1;
const BUTTON = 2;
const LINK = 5;
const STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link", 6: "premium" };

/** The rows of a message's components, and the words when a press came to nothing. */
export function components(message, page) {
  const rows = message.components.filter((row) => row.type === ROW).map((row) =>
    el("div.row", {}, ...row.components.map((part) => (part.type === BUTTON ? button(part, message, page) : menu(part, message, page)))));
  const failure = page.failures.get(message.id);
  if (failure) rows.push(el("p.failed", { role: "alert" }, icon("warn"), " ", failure));
  return rows;
}

function button(part, message, page) {
  const emoji = part.emoji && part.emoji.name;
  const words = [emoji, part.label].filter(Boolean).join(" ");
  if (part.style === LINK) {
    const safe = /^https?:\/\//.test(part.url || "") ? part.url : null;
    return el("a.button.link", { href: safe, target: "_blank", rel: "noopener noreferrer" }, words, " ", icon("out"));
  }
  const waiting = page.waiting.has(`${message.id}/${part.custom_id}`);
  return el(`button.button.${STYLES[part.style] || "secondary"}`, {
    type: "button",
    disabled: Boolean(part.disabled) || waiting,
    data: { custom: part.custom_id },
    "aria-busy": waiting ? "true" : null,
    onclick: () => page.askComponent("press", message, part.custom_id),
  }, waiting ? el("span.dots", {}, el("i"), el("i"), el("i")) : words);
}

function menu(part, message, page) {
  if (part.type !== 3) return el("button.button.secondary", { disabled: true }, part.placeholder || "menu");
  const many = (part.max_values || 1) > 1;
  const chosen = part.options.filter((option) => option.default).map((option) => option.value);
  const select = el("select.menu", {
    "aria-label": part.placeholder || "Make a selection",
    disabled: Boolean(part.disabled),
    multiple: many,
    data: { custom: part.custom_id },
  });
  if (!many) select.append(el("option", { value: "", disabled: true, selected: chosen.length === 0 }, part.placeholder || "Make a selection"));
  for (const option of part.options) {
    const emoji = option.emoji && option.emoji.name;
    const words = [emoji, option.label, option.description && `— ${option.description}`].filter(Boolean).join(" ");
    select.append(el("option", { value: option.value, selected: chosen.includes(option.value) }, words));
  }
  const send = () => page.askComponent("choose", message, part.custom_id, { values: [...select.selectedOptions].map((o) => o.value) });
  if (!many) {
    select.addEventListener("change", send);
    return select;
  }
  return el("span.many", {}, select, el("button.button.secondary", { type: "button", onclick: send }, "Choose"));
}
