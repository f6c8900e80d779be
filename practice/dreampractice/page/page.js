// The page: one socket as one person, the channels they see, and what they do there.

import { $, avatar, el, nameOf } from "./dom.js";
import { Composer } from "./composer.js";
import { openModal } from "./dialogs.js";
import { icon } from "./icons.js";
import { Log } from "./log.js";
import { toolbar } from "./toolbar.js";

const AUTOCOMPLETE = 4;
const COMPONENT = 3;

class Page {
  constructor() {
    this.world = { people: [], roles: [], channels: [] };
    this.channel = null;
    this.waiting = new Map();
    this.failures = new Map();
    this.asked = new Map();
    this.unread = new Map();
    this.count = 0;
    this.log = new Log(this);
    this.composer = new Composer(this);
    this.typists = new Map();
    $("who").addEventListener("change", () => this.become($("who").value));
    $("speaks").addEventListener("change", () => this.ask("speak", { locale: $("speaks").value }));
    $("messages").addEventListener("click", (event) => this.follow(event));
    $("menu").append(icon("menu"));
    $("menu").addEventListener("click", () => document.body.classList.toggle("menu-open"));
    $("messages").addEventListener("click", () => document.body.classList.remove("menu-open"));
    this.connect();
  }

  get person() {
    return new URLSearchParams(location.search).get("as") || "";
  }

  connect() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/page/socket?as=${encodeURIComponent(this.person)}`);
    this.socket = socket;
    socket.onmessage = (event) => this.hear(JSON.parse(event.data));
    socket.onopen = () => { $("link").textContent = ""; };
    socket.onclose = () => {
      if (this.socket !== socket) return;
      $("link").textContent = "Reconnecting…";
      setTimeout(() => this.connect(), 1000);
    };
  }

  /** Become somebody else. */
  become(name) {
    const query = new URLSearchParams(location.search);
    query.set("as", name);
    history.replaceState(null, "", `?${query}${location.hash}`);
    const old = this.socket;
    this.socket = null;
    old.close();
    this.log.forget();
    this.waiting.clear();
    this.failures.clear();
    this.unread.clear();
    this.composer.clear();
    this.connect();
  }

  /** Ask the server to do something as this person; returns what its answer will carry. */
  ask(what, more) {
    const nonce = String(++this.count);
    const request = { do: what, nonce, channel_id: this.channel && this.channel.id, ...more };
    this.asked.set(nonce, request);
    if (this.asked.size > 200) this.asked.delete(this.asked.keys().next().value);
    this.socket.send(JSON.stringify(request));
    return nonce;
  }

  askComponent(what, message, customId, more = {}) {
    const key = `${message.id}/${customId}`;
    this.failures.delete(message.id);
    this.waiting.set(key, this.ask(what, { message_id: message.id, custom_id: customId, ...more }));
    this.log.refresh(message.id);
  }

  sendCommand(command, options) {
    this.sending = this.ask("slash", { command, options });
  }

  hear({ t: kind, d: data }) {
    if (kind === "WORLD") this.setWorld(data);
    else if (kind === "MESSAGES") this.log.fill(data.channel_id, data.messages);
    else if (kind === "MESSAGE_CREATE") this.created(data);
    else if (kind === "MESSAGE_UPDATE") this.log.put(data);
    else if (kind === "MESSAGE_DELETE") this.log.remove(data);
    else if (kind === "TYPING_START") this.typing(data);
    else if (kind === "INTERACTION") this.interaction(data);
    else if (kind === "REFUSED") this.refused(data);
  }

  setWorld(world) {
    this.world = world;
    document.title = `${world.guild}`;
    $("guild").textContent = world.guild;
    $("my-avatar").replaceWith(Object.assign(avatar(world.you), { id: "my-avatar" }));
    $("who").replaceChildren(...world.people.filter((person) => !person.bot).map((person) =>
      el("option", { value: person.username, selected: person.id === world.you.id }, nameOf(person))));
    $("speaks").replaceChildren(...Object.entries(world.locales).map(([value, name]) =>
      el("option", { value, selected: value === world.locale }, name)));
    const wanted = this.channel ? this.channel.id : decodeURIComponent(location.hash.slice(1));
    const found = world.channels.find((channel) => wanted && (channel.id === wanted || channel.name === wanted));
    this.go(found || world.channels.find((channel) => channel.type === 0));
  }

  go(channel) {
    if (!channel) return;
    const moved = !this.channel || this.channel.id !== channel.id;
    this.channel = channel;
    this.unread.delete(channel.id);
    $("place-name").textContent = channel.name;
    $("topic").textContent = channel.topic || "";
    $("text").placeholder = channel.type === 1 ? `Message @${channel.name}` : `Message #${channel.name}`;
    $("text").setAttribute("aria-label", $("text").placeholder);
    this.showChannels();
    if (!moved) return;
    history.replaceState(null, "", `${location.search}#${encodeURIComponent(channel.name)}`);
    document.body.classList.remove("menu-open");
    this.typists.clear();
    this.showTyping();
    this.log.show();
  }

  showChannels() {
    const item = (channel) => {
      const unread = this.unread.get(channel.id);
      const here = channel.id === this.channel.id;
      return el("li", {}, el(`button.channel${channel.type === 11 ? ".thread" : ""}${unread ? ".unread" : ""}`, {
        type: "button",
        "aria-current": here ? "page" : null,
        onclick: () => {
          this.go(channel);
          $("text").focus();
        },
      }, el("span.hash", { "aria-hidden": "true" }, channel.type === 11 ? icon("thread") : channel.type === 1 ? "@" : "#"), channel.name,
        unread && unread.pings ? el("span.pings", { "aria-label": `${unread.pings} mentions` }, String(unread.pings)) : null));
    };
    const tops = this.world.channels.filter((channel) => channel.type !== 11);
    $("channels").replaceChildren(...tops.flatMap((top) => [item(top), ...this.world.channels.filter((c) => c.parent_id === top.id).map(item)]));
  }

  created(message) {
    this.typists.delete(message.author.id);
    this.showTyping();
    this.log.put(message);
    if (this.channel && message.channel_id === this.channel.id) return;
    const unread = this.unread.get(message.channel_id) || { pings: 0 };
    if (message.pings_you) unread.pings += 1;
    this.unread.set(message.channel_id, unread);
    this.showChannels();
  }

  interaction(one) {
    const asked = this.asked.get(one.nonce) || {};
    if (one.state === "sent") {
      if (one.nonce === this.sending) this.composer.clear();
      if (asked.do === "slash" || asked.do === "use") this.log.pending(one, asked.command);
      return;
    }
    this.asked.delete(one.nonce);
    if (one.kind === AUTOCOMPLETE && one.state === "lost") this.notice("Loading options failed");
    if (one.kind === AUTOCOMPLETE) this.composer.form.choices(one.nonce, one.choices);
    if (one.modal) this.showModal(one);
    if (one.state === "lost") this.log.lost(one);
    else if (one.response_id || one.modal) this.log.settled(one.id);
    if (one.kind !== COMPONENT) return;
    this.release(one.nonce);
    if (one.state === "lost") this.failures.set(one.message_id, one.words);
    this.log.refresh(one.message_id);
  }

  release(nonce) {
    for (const [key, waiting] of this.waiting) {
      if (waiting !== nonce) continue;
      this.waiting.delete(key);
      this.log.refresh(key.split("/")[0]);
    }
  }

  showModal(one) {
    openModal(one.modal, nameOf(this.world.bot), (values) =>
      this.ask("fill", { interaction_id: one.id, values, channel_id: one.channel_id }));
  }

  refused({ nonce, words }) {
    const asked = this.asked.get(nonce);
    if (asked && asked.do === "say") this.composer.restore(asked.text);
    this.asked.delete(nonce);
    this.release(nonce);
    this.notice(words);
  }

  notice(words) {
    const node = $("notice");
    node.textContent = words;
    node.hidden = false;
    clearTimeout(this.noticeTimer);
    this.noticeTimer = setTimeout(() => { node.hidden = true; }, 6000);
  }

  typing({ channel_id: channel, user }) {
    if (!this.channel || channel !== this.channel.id || user.id === this.world.you.id) return;
    clearTimeout(this.typists.get(user.id)?.timer);
    const timer = setTimeout(() => {
      this.typists.delete(user.id);
      this.showTyping();
    }, 10_000);
    this.typists.set(user.id, { name: nameOf(user), timer });
    this.showTyping();
  }

  showTyping() {
    const names = [...this.typists.values()].map((typist) => typist.name);
    $("typing").textContent = names.length ? `${names.join(", ")} ${names.length > 1 ? "are" : "is"} typing…` : "";
  }

  pickFile(take) {
    const picker = $("picker");
    picker.value = "";
    picker.onchange = () => picker.files[0] && take(picker.files[0]);
    picker.click();
  }

  async upload(file) {
    const kind = file.type || "application/octet-stream";
    const answer = await fetch(`/page/upload?name=${encodeURIComponent(file.name)}`, { method: "POST", headers: { "Content-Type": kind }, body: file });
    const body = await answer.json().catch(() => ({}));
    if (!answer.ok) this.notice(`${file.name}: ${body.words || "cannot be uploaded"}. The limit is ${Math.round(this.world.file_limit / 1048576)} MB.`);
    return body.upload;
  }

  /** A link to a message is a way in this page. */
  follow(event) {
    const link = event.target.closest("a[data-message]");
    if (!link) return;
    event.preventDefault();
    this.go(this.world.channels.find((channel) => channel.id === link.dataset.channel));
    this.log.goTo(link.dataset.message);
  }

  goTo(id) {
    this.log.goTo(id);
  }

  toolbar(message) {
    return toolbar(message, this);
  }
}

new Page();
