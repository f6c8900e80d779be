// A command being filled in: its name, one field per option, and the options still to add.

import { $, el } from "./dom.js";
import { icon } from "./icons.js";
import { KIND, complaint, fixedChoices } from "./options.js";

export class CommandForm {
  constructor(page, popup, leave) {
    this.page = page;
    this.popup = popup;
    this.leave = leave;
    this.form = $("command");
    this.command = null;
    this.fields = new Map();
    this.wanted = null;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
  }

  get open() {
    return this.command !== null;
  }

  /** Begin with a command; `rest` is what was typed after its name. */
  start(command, rest) {
    this.command = command;
    this.fields.clear();
    this.form.replaceChildren(el("span.name", {}, "/" + command.full));
    this.form.hidden = false;
    const needed = command.options.filter((option) => option.required);
    const shown = needed.length || !rest ? needed : command.options.slice(0, 1);
    shown.forEach((option) => this.add(option));
    const first = shown.find((option) => option.type !== KIND.file) || shown[0];
    if (first && rest && first.type !== KIND.file) this.fields.get(first.name).input.value = rest;
    this.form.append(el("button.send", { type: "submit", "aria-label": "Send command" }, icon("send")));
    this.offer();
    this.focus(first ? first.name : null);
  }

  focus(name) {
    const field = this.fields.get(name) || [...this.fields.values()][0];
    const target = field ? field.input : this.form.querySelector(".send");
    target.focus();
    if (field && field.input.setSelectionRange) field.input.setSelectionRange(field.input.value.length, field.input.value.length);
    if (field) this.suggest(field);
  }

  close() {
    this.command = null;
    this.fields.clear();
    this.popup.close();
    this.form.hidden = true;
    this.form.replaceChildren();
    $("optional").hidden = true;
  }

  add(option, file) {
    const field = { option, value: null, label: null, input: null, box: null };
    field.input = option.type === KIND.file ? this.fileButton(field) : this.input(field);
    field.box = el("label.option", { data: { option: option.name } }, el("span", {}, option.name), field.input);
    this.fields.set(option.name, field);
    this.form.insertBefore(field.box, this.form.querySelector(".send"));
    if (file) this.take(field, file);
    this.offer();
    return field;
  }

  remove(field) {
    field.box.remove();
    this.fields.delete(field.option.name);
    this.popup.close();
    this.offer();
    if (this.fields.size) this.focus([...this.fields.keys()].pop());
    else this.form.querySelector(".send").focus();
  }

  input(field) {
    const { option } = field;
    const input = el("input", {
      type: "text",
      name: option.name,
      role: "combobox",
      "aria-label": `${option.name}: ${option.description}`,
      "aria-controls": "popup",
      "aria-expanded": "false",
      autocomplete: "off",
      size: 6,
    });
    const changed = () => {
      field.value = null;
      input.size = Math.min(60, Math.max(6, input.value.length + 1));
      field.box.classList.remove("wrong");
      this.suggest(field);
    };
    input.addEventListener("input", changed);
    input.addEventListener("focus", () => this.suggest(field));
    input.addEventListener("keydown", (event) => this.key(event, field));
    input.addEventListener("blur", () => this.popup.field === input && this.popup.close());
    return input;
  }

  key(event, field) {
    if (this.popup.key(event)) return;
    if (event.key === "Escape") this.leave("/" + this.command.full + " ");
    if (event.key !== "Backspace" || field.input.value) return;
    event.preventDefault();
    if (field.option.required) this.leave("/" + this.command.full);
    else this.remove(field);
  }

  fileButton(field) {
    const pick = () => this.page.pickFile((file) => this.take(field, file));
    const button = el("button.pick", { type: "button", onclick: pick, "aria-label": `${field.option.name}: choose a file` },
      "choose, drop or paste a file");
    button.addEventListener("keydown", (event) => {
      if (event.key === "Backspace" && !field.option.required) this.remove(field);
      if (event.key === "Escape") this.leave("/" + this.command.full + " ");
    });
    return button;
  }

  async take(field, file) {
    field.input.textContent = `${file.name} …`;
    const upload = await this.page.upload(file);
    if (!upload) {
      field.input.textContent = "choose, drop or paste a file";
      return;
    }
    field.value = { upload };
    const preview = /^image\//.test(file.type) ? el("img", { src: URL.createObjectURL(file), alt: "" }) : icon("file");
    field.input.replaceChildren(preview, file.name);
    field.box.classList.remove("wrong");
  }

  /** A file dropped or pasted goes to the first option that takes one. */
  takeFile(file) {
    const waiting = [...this.fields.values()].find((field) => field.option.type === KIND.file && !field.value);
    if (waiting) {
      this.take(waiting, file);
      return true;
    }
    const option = this.command.options.find((each) => each.type === KIND.file && !this.fields.has(each.name));
    if (!option) return false;
    this.add(option, file);
    return true;
  }

  suggest(field) {
    const { option, input } = field;
    const title = `${option.name} — ${option.description}`;
    const choices = fixedChoices(option, this.page.world);
    const typed = input.value.toLowerCase();
    if (choices) {
      const left = choices.filter((choice) => choice.name.toLowerCase().includes(typed)).slice(0, 25);
      const done = field.value !== null;
      if (done) this.popup.close();
      else this.popup.show(input, title, left.map((choice) => this.pickable(field, choice)), true);
    } else if (option.autocomplete) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ask(field), 90);
    } else this.popup.close();
  }

  ask(field) {
    if (!this.open || document.activeElement !== field.input || field.value !== null) return;
    const options = this.values();
    delete options[field.option.name];
    this.wanted = { field, nonce: this.page.ask("autocomplete", {
      command: this.command.full, option: field.option.name, typed: field.input.value, options,
    }) };
  }

  /** The bot's choices for the field that asked last. */
  choices(nonce, choices) {
    if (!this.wanted || this.wanted.nonce !== nonce || !this.open) return;
    const { field } = this.wanted;
    if (document.activeElement !== field.input) return;
    const title = `${field.option.name} — ${field.option.description}`;
    this.popup.show(field.input, title, choices.map((choice) => this.pickable(field, choice)), false);
  }

  pickable(field, choice) {
    return {
      label: choice.name,
      pick: () => {
        field.input.value = choice.name;
        field.input.size = Math.min(60, Math.max(6, choice.name.length + 1));
        field.value = choice.value;
        field.box.classList.remove("wrong");
        this.popup.close();
        field.input.focus();
      },
    };
  }

  /** The options not yet in the form, as buttons. */
  offer() {
    const bar = $("optional");
    const left = this.command.options.filter((option) => !this.fields.has(option.name));
    bar.replaceChildren(el("span", {}, this.command.description), ...left.map((option) =>
      el("button", {
        type: "button",
        title: option.description,
        "aria-label": `Add ${option.name}: ${option.description}`,
        onclick: () => {
          this.add(option);
          this.focus(option.name);
        },
      }, "+ " + option.name)));
    bar.hidden = false;
  }

  values() {
    const out = {};
    for (const [name, field] of this.fields) {
      const value = field.value !== null ? field.value : field.input.value;
      if (value !== "" && value !== undefined) out[name] = value;
    }
    return out;
  }

  send() {
    for (const field of this.fields.values()) {
      const typed = field.value !== null ? String(field.value) : field.input.value || "";
      let words = complaint(field.option, field.option.type === KIND.file && !field.value ? "" : typed);
      if (!words && typed && field.value === null && fixedChoices(field.option, this.page.world)) words = "Choose one of the list";
      field.box.classList.toggle("wrong", Boolean(words));
      if (words) {
        this.page.notice(`${field.option.name}: ${words}`);
        this.focus(field.option.name);
        return;
      }
    }
    this.popup.close();
    this.page.sendCommand(this.command.full, this.values());
  }
}
