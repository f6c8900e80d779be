// Building elements. Text always goes in as text, never as HTML.

export const $ = (id) => document.getElementById(id);

/** el("button.primary", {type: "button", onclick: f}, "words", child, …) */
export function el(what, props = {}, ...children) {
  const [tag, ...classes] = what.split(".");
  const node = document.createElement(tag);
  node.classList.add(...classes);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "data") Object.assign(node.dataset, value);
    else if (key in node && typeof value !== "string") node[key] = value;
    else node.setAttribute(key, value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

const COLOURS = ["#5865f2", "#3ba55c", "#d9622b", "#c0398b", "#2a9d8f", "#8f5bd6", "#b8860b", "#cf3f4f"];

/** A round picture with initials, the same for a user each time. */
export function avatar(user, size = "") {
  const name = user.global_name || user.username;
  const initials = name.split(/[\s_-]+/).slice(0, 2).map((word) => word[0] || "").join("").toUpperCase();
  const node = el(`span.avatar${size ? "." + size : ""}`, { "aria-hidden": "true" }, user.bot ? "" : initials);
  const hash = [...user.username].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 7);
  if (user.bot) node.classList.add("bot");
  else node.style.background = COLOURS[hash % COLOURS.length];
  return node;
}

export const nameOf = (user) => user.global_name || user.username;

export function clock(iso) {
  return new Date(iso).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

export function fullDate(date) {
  return date.toLocaleString([], { dateStyle: "full", timeStyle: "short" });
}

/** "in 3 minutes", "2 hours ago". */
export function relative(seconds) {
  const away = seconds - Date.now() / 1000;
  const format = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  for (const [unit, size] of [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60]]) {
    if (Math.abs(away) >= size) return format.format(Math.trunc(away / size), unit);
  }
  return format.format(Math.trunc(away), "second");
}

const STYLES = {
  t: { hour: "2-digit", minute: "2-digit" },
  T: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
  d: { year: "numeric", month: "2-digit", day: "2-digit" },
  D: { year: "numeric", month: "long", day: "numeric" },
  f: { year: "numeric", month: "long", day: "numeric", hour: "2-digit", minute: "2-digit" },
  F: { weekday: "long", year: "numeric", month: "long", day: "numeric", hour: "2-digit", minute: "2-digit" },
};

/** <t:…:R> and its relatives. */
export function timestamp(seconds, style) {
  const date = new Date(seconds * 1000);
  const words = style === "R" ? relative(seconds) : date.toLocaleString([], STYLES[style] || STYLES.f);
  const data = style === "R" ? { relative: String(seconds) } : {};
  return el("time.stamp", { title: fullDate(date), datetime: date.toISOString(), data }, words);
}

setInterval(() => {
  for (const node of document.querySelectorAll("time[data-relative]")) {
    const words = relative(Number(node.dataset.relative));
    if (node.textContent !== words) node.textContent = words;
  }
}, 1000);
