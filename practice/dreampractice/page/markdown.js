// Discord's markdown as nodes. Everything a person typed ends up in text nodes.

import { el, nameOf, timestamp } from "./dom.js";

const INLINE = [
  [/^\\([^\sA-Za-z0-9])/, (m) => m[1]],
  [/^``(.+?)``(?!`)/s, (m) => el("code", {}, m[1])],
  [/^`([^`]+)`/, (m) => el("code", {}, m[1])],
  [/^\|\|(.+?)\|\|/s, (m, w) => spoiler(m[1], w)],
  [/^\*\*\*(.+?)\*\*\*/s, (m, w) => el("strong", {}, el("em", {}, ...inline(m[1], w)))],
  [/^\*\*(.+?)\*\*(?!\*)/s, (m, w) => el("strong", {}, ...inline(m[1], w))],
  [/^__(.+?)__(?!_)/s, (m, w) => el("u", {}, ...inline(m[1], w))],
  [/^~~(.+?)~~/s, (m, w) => el("s", {}, ...inline(m[1], w))],
  [/^\*(?!\s)(.+?)(?<!\s)\*(?!\*)/s, (m, w) => el("em", {}, ...inline(m[1], w))],
  [/^_(?!\s)(.+?)_(?![A-Za-z0-9_])/s, (m, w) => el("em", {}, ...inline(m[1], w))],
  [/^<t:(-?\d{1,13})(?::([tTdDfFR]))?>/, (m) => timestamp(Number(m[1]), m[2])],
  [/^<@!?(\d+)>/, (m, w) => mention(w.people.find((p) => p.id === m[1]), (p) => "@" + nameOf(p), "@unknown-user")],
  [/^<@&(\d+)>/, (m, w) => mention(w.roles.find((r) => r.id === m[1]), (r) => "@" + r.name, "@unknown-role")],
  [/^<#(\d+)>/, (m, w) => mention(w.channels.find((c) => c.id === m[1]), (c) => "#" + c.name, "#no-access")],
  [/^<\/([^:>]+):\d+>/, (m) => el("span.mention", {}, "/" + m[1])],
  [/^<a?:(\w+):\d+>/, (m) => `:${m[1]}:`],
  [/^@(everyone|here)\b/, (m) => el("span.mention", {}, m[0])],
  [/^\[([^\]\n]+)\]\(<?(https?:\/\/[^\s)>]+)>?\)/, (m, w) => link(m[2], inline(m[1], w))],
  [/^<(https?:\/\/[^\s>]+)>/, (m) => link(m[1], [m[1]])],
  [/^https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]*_~]/, (m) => link(m[0], [m[0]])],
];

function mention(found, name, otherwise) {
  return el("span.mention", {}, found ? name(found) : otherwise);
}

function spoiler(text, world) {
  const node = el("span.spoiler", { role: "button", tabindex: "0", "aria-label": "Spoiler" }, ...inline(text, world));
  const show = () => node.classList.add("shown");
  node.addEventListener("click", show);
  node.addEventListener("keydown", (event) => event.key === "Enter" && show());
  return node;
}

function link(address, children) {
  let url;
  try {
    url = new URL(address);
  } catch {
    return address;
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") return address;
  const place = /^https:\/\/discord\.com\/channels\/(?:\d+|@me)\/(\d+)\/(\d+)$/.exec(url.href);
  if (place) return el("a", { href: url.href, data: { channel: place[1], message: place[2] } }, ...children);
  return el("a", { href: url.href, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

function inline(text, world) {
  const out = [];
  let plain = "";
  let before = "";
  while (text) {
    let taken = null;
    const rules = /\w$/.test(before) && text[0] === "_" ? [] : INLINE;
    for (const [pattern, make] of rules) {
      const match = pattern.exec(text);
      if (match) {
        taken = [match[0].length, make(match, world)];
        break;
      }
    }
    if (taken === null) taken = [1, text[0]];
    const [length, node] = taken;
    before = text.slice(0, length);
    if (typeof node === "string") plain += node;
    else {
      if (plain) out.push(plain);
      plain = "";
      out.push(node);
    }
    text = text.slice(length);
  }
  if (plain) out.push(plain);
  return out;
}

const BLOCKS = [
  [/^(#{1,3}) (.+)$/, (m, w) => el(`h${m[1].length + 2}.md`, {}, ...inline(m[2], w))],
  [/^-# (.+)$/, (m, w) => el("div.subtext", {}, ...inline(m[1], w))],
  [/^>\s(.*)$/, (m, w) => el("blockquote", {}, ...inline(m[1], w))],
  [/^\s*[-*] (.+)$/, (m, w) => el("div.bullet", {}, ...inline(m[1], w))],
];

/** A text as nodes; `world` knows the names behind mentions. */
export function markdown(text, world) {
  const out = [];
  const pieces = text.split(/```(?:([a-zA-Z0-9+-]*)\n)?([\s\S]+?)```\n?/);
  pieces.forEach((piece, index) => {
    if (piece === undefined || piece === "" || index % 3 === 1) return;
    if (index % 3 === 2) out.push(el("pre", {}, el("code", {}, piece.replace(/\n$/, ""))));
    else out.push(...lines(piece, world));
  });
  return out;
}

function lines(text, world) {
  const out = [];
  let run = [];
  const flush = () => {
    if (run.length) out.push(...inline(run.join("\n"), world));
    run = [];
  };
  for (const line of text.split("\n")) {
    const block = BLOCKS.map(([pattern, make]) => [pattern.exec(line), make]).find(([match]) => match);
    if (block) {
      flush();
      out.push(block[1](block[0], world));
    } else run.push(line);
  }
  flush();
  return out;
}
