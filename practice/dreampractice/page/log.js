// The message list: kept per channel, changed in place, and never jumping under the reader.

import { $, avatar, el, nameOf } from "./dom.js";
import { icon } from "./icons.js";
import { messageItem } from "./messages.js";

export class Log {
  constructor(page) {
    this.page = page;
    this.node = $("messages");
    this.channels = new Map();
    this.pendings = new Map();
    this.sticky = true;
    this.node.addEventListener("scroll", () => {
      this.sticky = this.node.scrollHeight - this.node.scrollTop - this.node.clientHeight < 60;
    });
    new ResizeObserver(() => this.settle()).observe(this.node);
  }

  messages(channel = this.page.channel && this.page.channel.id) {
    if (!this.channels.has(channel)) this.channels.set(channel, new Map());
    return this.channels.get(channel);
  }

  forget() {
    this.channels.clear();
    this.pendings.clear();
    this.node.replaceChildren();
  }

  here(channel) {
    return this.page.channel && this.page.channel.id === channel;
  }

  fill(channel, messages) {
    this.channels.set(channel, new Map(messages.map((message) => [message.id, message])));
    if (this.here(channel)) this.show();
  }

  /** Show the channel from scratch. */
  show() {
    const { channel } = this.page;
    this.node.replaceChildren(el("li.beginning", {}, el("span.hash", { "aria-hidden": "true" }, channel.type === 1 ? "@" : "#"),
      el("h2", {}, channel.type === 1 ? channel.name : `Welcome to #${channel.name}!`),
      el("p", {}, channel.topic || "This is the beginning. Type / to see what the bot can do.")));
    let before = null;
    for (const message of this.messages().values()) {
      this.node.append(this.item(message, before));
      before = message;
    }
    for (const pending of this.pendings.values()) if (pending.channel === channel.id) this.node.append(pending.node);
    this.sticky = true;
    this.settle();
  }

  item(message, before) {
    const item = messageItem(message, before, this.page);
    item.addEventListener("load", () => this.settle(), true);
    return item;
  }

  /** A new message, or a new version of one. */
  put(message) {
    const known = this.messages(message.channel_id);
    const old = known.has(message.id);
    known.set(message.id, message);
    if (message.interaction_metadata) this.settled(message.interaction_metadata.id);
    if (!this.here(message.channel_id)) return;
    if (old) {
      this.refresh(message.id);
      return;
    }
    const before = [...known.values()].at(-2);
    this.node.append(this.item(message, before));
    for (const pending of this.pendings.values()) {
      if (pending.channel === message.channel_id && !pending.lost) this.node.append(pending.node);
    }
    if (message.author.id === this.page.world.you.id) this.sticky = true;
    this.settle();
  }

  find(id) {
    return this.node.querySelector(`li[data-id="${CSS.escape(id)}"]`);
  }

  /** Draw a message again where it stands. */
  refresh(id) {
    const node = id && this.find(id);
    const message = this.messages().get(id);
    if (!node || !message) return;
    const all = [...this.messages().values()];
    const fresh = this.item(message, all[all.indexOf(message) - 1]);
    keepPictures(node, fresh);
    const focused = node.contains(document.activeElement) ? document.activeElement.dataset.custom : null;
    node.replaceWith(fresh);
    if (focused) fresh.querySelector(`[data-custom="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    this.settle();
  }

  remove({ id, channel_id: channel }) {
    this.messages(channel).delete(id);
    const node = this.here(channel) && this.find(id);
    if (!node) return;
    const next = node.nextElementSibling;
    node.remove();
    if (next && next.dataset.id) this.refresh(next.dataset.id);
    this.settle();
  }

  /** A command on its way: shown until the bot answers. */
  pending(one, command) {
    const { world } = this.page;
    const state = el("p.thinking", {}, el("span.dots", { "aria-hidden": "true" }, el("i"), el("i"), el("i")), "Sending command…");
    const node = el("li.message.pending", {},
      el("div.context", {}, avatar(world.you, "tiny"), el("b", {}, nameOf(world.you)), " used ", el("span.mention", {}, "/" + command)),
      avatar(world.bot), el("div.body", {}, el("h2", {}, el("span.author", {}, nameOf(world.bot)), el("span.badge", {}, "APP")), state));
    this.pendings.set(one.id, { node, state, channel: one.channel_id });
    if (this.here(one.channel_id)) this.node.append(node);
    this.sticky = true;
    this.settle();
  }

  settled(id) {
    const pending = this.pendings.get(id);
    if (!pending) return;
    pending.node.remove();
    this.pendings.delete(id);
  }

  lost(one) {
    const pending = this.pendings.get(one.id);
    if (!pending) return;
    const dismiss = el("button.linkish", { type: "button", onclick: () => this.settled(one.id) }, "Dismiss message");
    pending.state.replaceWith(el("p.failed", { role: "alert" }, icon("warn"), " ", one.words), el("p.only", {}, icon("eye"), " Only you can see this • ", dismiss));
    pending.node.classList.add("ephemeral");
    pending.lost = true;
    this.settle();
  }

  goTo(id) {
    const node = this.find(id);
    if (!node) return;
    node.scrollIntoView({ block: "center", behavior: "smooth" });
    node.classList.add("found");
    node.focus({ preventScroll: true });
    setTimeout(() => node.classList.remove("found"), 1500);
  }

  /** Stay at the end for those who were there; leave everyone else where they read. */
  settle() {
    if (this.sticky) this.node.scrollTop = this.node.scrollHeight;
  }
}

/** The picture that stood there stays behind the new one until that has loaded. */
function keepPictures(old, fresh) {
  const before = old.querySelectorAll(".picture img");
  fresh.querySelectorAll(".picture img").forEach((image, index) => {
    const stood = before[index];
    if (!stood || !stood.complete || !stood.naturalWidth || stood.src === image.src) return;
    image.loading = "eager";
    image.style.backgroundImage = `url("${stood.src}")`;
    image.addEventListener("load", () => { image.style.backgroundImage = ""; }, { once: true });
  });
}
