// What appears over a message: reactions, reply, the Apps menu, delete.

import { el } from "./dom.js";
import { icon } from "./icons.js";

const QUICK = ["👍", "❤️", "🎨"];
const MANAGE_MESSAGES = 1n << 13n;
const MESSAGE_COMMAND = 3;

export function toolbar(message, page) {
  const add = (emoji) => page.ask("react", { message_id: message.id, emoji, add: true });
  const tools = QUICK.map((emoji) => tool(emoji, `React with ${emoji}`, () => add(emoji)));
  tools.push(tool(icon("reply"), "Reply", () => page.composer.reply(message)));
  const apps = (page.channel ? page.channel.commands : []).filter((command) => command.type === MESSAGE_COMMAND);
  if (apps.length) tools.push(menu(apps, message, page));
  if (mayDelete(message, page)) {
    tools.push(tool(icon("bin"), "Delete message", () => page.ask("delete", { message_id: message.id })));
  }
  return el("div.toolbar", { role: "toolbar", "aria-label": "Message actions" }, ...tools);
}

function tool(words, label, act) {
  return el("button", { type: "button", "aria-label": label, title: label, onclick: act }, words);
}

function menu(apps, message, page) {
  const items = apps.map((command) =>
    el("button", { type: "button", onclick: () => page.ask("use", { message_id: message.id, command: command.name }) }, command.name));
  return el("details.apps", {}, el("summary", { title: "Apps", "aria-label": "Apps" }, icon("more")), el("div", {}, ...items));
}

function mayDelete(message, page) {
  if (message.author.id === page.world.you.id) return true;
  return Boolean(page.channel && BigInt(page.channel.permissions) & MANAGE_MESSAGES);
}
