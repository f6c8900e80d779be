// The line people write in: plain messages, files, replies, and the way into a command.

import { $, el, nameOf } from "./dom.js";
import { CommandForm } from "./command.js";
import { icon } from "./icons.js";
import { flatten } from "./options.js";
import { Popup } from "./popup.js";

export class Composer {
  constructor(page) {
    this.page = page;
    this.popup = new Popup();
    this.text = $("text");
    this.form = new CommandForm(page, this.popup, (words) => this.backTo(words));
    this.staged = [];
    this.replyTo = null;
    this.lastTyping = 0;
    this.text.addEventListener("input", () => this.changed());
    this.text.addEventListener("keydown", (event) => this.key(event));
    this.text.addEventListener("blur", () => this.popup.field === this.text && this.popup.close());
    $("attach").append(icon("plus"));
    $("attach").addEventListener("click", () => page.pickFile((file) => this.takeFiles([file])));
    document.addEventListener("paste", (event) => this.pasted(event));
    this.drops(document.querySelector("main"));
  }

  commands() {
    return flatten(this.page.channel ? this.page.channel.commands : []);
  }

  changed() {
    this.fit();
    const typed = this.text.value;
    if (!typed.startsWith("/")) {
      this.popup.close();
      if (typed && Date.now() - this.lastTyping > 8000) {
        this.lastTyping = Date.now();
        this.page.ask("type", {});
      }
      return;
    }
    const commands = this.commands();
    const whole = commands.filter((command) => typed.startsWith(`/${command.full} `)).sort((a, b) => b.full.length - a.full.length)[0];
    if (whole) {
      this.begin(whole, typed.slice(whole.full.length + 2));
      return;
    }
    const name = typed.slice(1).toLowerCase();
    const near = commands.filter((command) => command.full.startsWith(name));
    const rest = commands.filter((command) => command.full.includes(name) && !near.includes(command));
    this.popup.show(this.text, "Commands", [...near, ...rest].slice(0, 12).map((command) => ({
      label: "/" + command.full,
      detail: command.description,
      badge: nameOf(this.page.world.bot),
      pick: () => this.begin(command, ""),
    })), true);
  }

  begin(command, rest) {
    this.popup.close();
    this.text.value = "";
    this.text.hidden = true;
    $("attach").hidden = true;
    this.form.start(command, rest);
  }

  /** Leave the command, keeping what it was called so that it can be changed. */
  backTo(words) {
    this.form.close();
    this.text.hidden = false;
    $("attach").hidden = false;
    this.text.value = words.trimEnd();
    this.text.focus();
    this.fit();
  }

  /** After something was sent. */
  clear() {
    if (this.form.open) this.backTo("");
    this.text.value = "";
    this.staged = [];
    this.reply(null);
    this.showStaged();
    this.fit();
  }

  /** What could not be sent comes back, unless something else was begun. */
  restore(words) {
    if (this.form.open || this.text.value) return;
    this.text.value = words;
    this.fit();
  }

  key(event) {
    if (this.popup.key(event)) return;
    if (event.key === "Escape") this.reply(null);
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.send();
    }
  }

  send() {
    const words = this.text.value.trim();
    if (!words && !this.staged.length) return;
    this.page.ask("say", { text: words, uploads: this.staged.map((file) => file.upload), reply_to: this.replyTo && this.replyTo.id });
    this.clear();
  }

  reply(message) {
    this.replyTo = message;
    const bar = $("replying");
    bar.hidden = !message;
    if (!message) return;
    bar.replaceChildren("Replying to ", el("b", {}, nameOf(message.author)),
      el("button.close", { type: "button", "aria-label": "Stop replying", onclick: () => this.reply(null) }, icon("close")));
    this.text.focus();
  }

  async takeFiles(files) {
    for (const file of files) {
      if (this.form.open && this.form.takeFile(file)) continue;
      const upload = await this.page.upload(file);
      if (upload) this.staged.push({ upload, name: file.name, url: /^image\//.test(file.type) ? URL.createObjectURL(file) : null });
    }
    this.showStaged();
  }

  showStaged() {
    const bar = $("files");
    bar.hidden = !this.staged.length;
    bar.replaceChildren(...this.staged.map((file) =>
      el("figure", {}, file.url ? el("img", { src: file.url, alt: "" }) : icon("file"), el("figcaption", {}, file.name),
        el("button.close", {
          type: "button",
          "aria-label": `Remove ${file.name}`,
          onclick: () => {
            this.staged = this.staged.filter((other) => other !== file);
            this.showStaged();
          },
        }, icon("close")))));
  }

  pasted(event) {
    const files = [...(event.clipboardData ? event.clipboardData.files : [])];
    if (!files.length) return;
    event.preventDefault();
    this.takeFiles(files);
  }

  drops(area) {
    const show = (on) => { $("drop").hidden = !on; };
    area.addEventListener("dragover", (event) => {
      event.preventDefault();
      show(true);
    });
    area.addEventListener("dragleave", (event) => area.contains(event.relatedTarget) || show(false));
    area.addEventListener("drop", (event) => {
      event.preventDefault();
      show(false);
      this.takeFiles([...event.dataTransfer.files]);
    });
  }

  fit() {
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight, 200)}px`;
  }
}
