// What a command's options are, and what each suggests while it is typed.

import { nameOf } from "./dom.js";

export const KIND = { integer: 4, boolean: 5, user: 6, channel: 7, role: 8, mentionable: 9, number: 10, file: 11 };

/** All chat commands with their subcommands spelled out: [{full, description, options}]. */
export function flatten(commands) {
  const out = [];
  const walk = (full, node) => {
    const inner = (node.options || []).filter((option) => option.type === 1 || option.type === 2);
    if (inner.length) inner.forEach((option) => walk(`${full} ${option.name}`, option));
    else out.push({ full, description: node.description, options: node.options || [] });
  };
  commands.filter((command) => command.type === 1).forEach((command) => walk(command.name, command));
  return out.sort((a, b) => a.full.localeCompare(b.full));
}

/** The fixed values of an option as [{name, value}], or null when it is free. */
export function fixedChoices(option, world) {
  if (option.choices) return option.choices;
  if (option.type === KIND.boolean) return [{ name: "True", value: "true" }, { name: "False", value: "false" }];
  if (option.type === KIND.user || option.type === KIND.mentionable) {
    return world.people.map((person) => ({ name: nameOf(person), value: person.id }));
  }
  if (option.type === KIND.role) return world.roles.map((role) => ({ name: role.name, value: role.id }));
  if (option.type === KIND.channel) return world.channels.map((channel) => ({ name: channel.name, value: channel.id }));
  return null;
}

/** Why a typed value cannot be sent, or "". */
export function complaint(option, typed) {
  if (!typed) return option.required ? "This option is required" : "";
  if (option.type === KIND.integer && !/^-?\d+$/.test(typed)) return "A whole number, please";
  if (option.type === KIND.number && Number.isNaN(Number(typed))) return "A number, please";
  if (option.min_value !== undefined && Number(typed) < option.min_value) return `At least ${option.min_value}`;
  if (option.max_value !== undefined && Number(typed) > option.max_value) return `At most ${option.max_value}`;
  if (option.min_length && typed.length < option.min_length) return `At least ${option.min_length} characters`;
  if (option.max_length && typed.length > option.max_length) return `At most ${option.max_length} characters`;
  return "";
}
