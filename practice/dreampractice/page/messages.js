// One message as a list item: who, what, pictures, buttons, and the small print.

import { avatar, clock, el, fullDate, nameOf } from "./dom.js";
import { components } from "./components.js";
import { openPicture } from "./dialogs.js";
import { icon } from "./icons.js";
import { markdown } from "./markdown.js";

const EPHEMERAL = 64;
const LOADING = 128;

/** The item of a message. `page` is what the message may ask of the page. */
export function messageItem(message, before, page) {
  const compact = continues(message, before);
  const hidden = (message.flags & EPHEMERAL) !== 0;
  const item = el("li.message", { data: { id: message.id }, tabindex: "-1" });
  item.classList.toggle("compact", compact);
  item.classList.toggle("ephemeral", hidden);
  item.classList.toggle("ping", message.pings_you);
  const why = context(message, page);
  if (why) item.append(why);
  item.append(compact ? el("time.side", { datetime: message.timestamp }, clock(message.timestamp)) : avatar(message.author));
  const body = el("div.body", {}, compact ? null : heading(message, page), ...contents(message, page));
  if (hidden) body.append(dismissal(message, page));
  item.append(body);
  if (!hidden && !(message.flags & LOADING)) item.append(page.toolbar(message));
  return item;
}

function continues(message, before) {
  if (!before || before.author.id !== message.author.id) return false;
  if (message.referenced_message !== undefined || message.interaction_metadata || before.interaction_metadata) return false;
  return new Date(message.timestamp) - new Date(before.timestamp) < 420_000;
}

function heading(message, page) {
  const author = page.world.people.find((person) => person.id === message.author.id) || message.author;
  const name = el("span.author", {}, nameOf(message.author));
  if (author.color) name.style.color = "#" + author.color.toString(16).padStart(6, "0");
  const date = new Date(message.timestamp);
  return el(
    "h2",
    {},
    name,
    message.author.bot ? el("span.badge", {}, "APP") : null,
    el("time", { datetime: message.timestamp, title: fullDate(date) }, clock(message.timestamp)),
  );
}

/** "Ada used /imagine", or the message it replies to. */
function context(message, page) {
  const made = message.interaction_metadata;
  if (made && message.interaction && message.referenced_message === undefined) {
    return el("div.context", {}, avatar(made.user, "tiny"), el("b", {}, nameOf(made.user)), " used ",
      el("span.mention", {}, "/" + message.interaction.name));
  }
  if (message.referenced_message === undefined) return null;
  const target = message.referenced_message;
  if (target === null) return el("div.context", {}, el("i", {}, "Original message was deleted"));
  const words = target.content || (target.attachments.length ? "a picture" : "a message");
  return el("button.context", { type: "button", onclick: () => page.goTo(target.id) }, avatar(target.author, "tiny"),
    el("b", {}, nameOf(target.author)), " ", el("span.quote", {}, ...markdown(words.slice(0, 120).split("\n")[0], page.world)));
}

function contents(message, page) {
  if (message.flags & LOADING) {
    return [el("p.thinking", {}, el("span.dots", { "aria-hidden": "true" }, el("i"), el("i"), el("i")),
      `${nameOf(message.author)} is thinking…`)];
  }
  const out = [];
  if (message.content) {
    const big = /^(?:\p{Extended_Pictographic}\uFE0F?\s*){1,27}$/u.test(message.content);
    const text = el(big ? "div.text.big" : "div.text", {}, ...markdown(message.content, page.world));
    if (message.edited_timestamp) text.append(edited(message));
    out.push(text);
  }
  const pictures = message.attachments.filter((file) => /^image\//.test(file.content_type || ""));
  const others = message.attachments.filter((file) => !pictures.includes(file));
  if (pictures.length) out.push(el("div.pictures", { data: { count: String(pictures.length) } }, ...pictures.map(picture)));
  out.push(...others.map(otherFile));
  out.push(...message.embeds.map((embed) => embedCard(embed, page)));
  if (message.edited_timestamp && !message.content) out.push(edited(message));
  out.push(...components(message, page));
  if (message.reactions) out.push(reactions(message, page));
  return out;
}

function edited(message) {
  return el("span.edited", { title: fullDate(new Date(message.edited_timestamp)) }, " (edited)");
}

function picture(file) {
  const alt = file.description || file.filename;
  const image = el("img", { src: file.url, alt, loading: "lazy", decoding: "async" });
  if (file.width) {
    const scale = Math.min(1, 550 / file.width, 400 / file.height);
    image.width = Math.round(file.width * scale);
    image.height = Math.round(file.height * scale);
  }
  const frame = el("button.picture", { type: "button", "aria-label": `Enlarge ${alt}` }, image);
  const hidden = /^SPOILER_/.test(file.filename || "");
  if (hidden) {
    frame.classList.add("veiled");
    frame.setAttribute("aria-label", "Spoiler");
  }
  frame.addEventListener("click", () => {
    if (!frame.classList.contains("veiled")) openPicture(file.url, alt);
    frame.classList.remove("veiled");
    frame.setAttribute("aria-label", `Enlarge ${alt}`);
  });
  return frame;
}

function otherFile(file) {
  if (/^video\//.test(file.content_type || "")) return el("video", { src: file.url, controls: true, preload: "metadata" });
  const size = file.size > 1e6 ? `${(file.size / 1e6).toFixed(1)} MB` : `${(file.size / 1e3).toFixed(1)} KB`;
  return el("a.file", { href: file.url, download: file.filename }, icon("file"), " ", el("b", {}, file.filename), ` ${size}`);
}

function embedCard(embed, page) {
  const card = el("article.embed", {});
  if (embed.color) card.style.borderLeftColor = "#" + embed.color.toString(16).padStart(6, "0");
  if (embed.author) card.append(el("div.embed-author", {}, embed.author.name));
  if (embed.title) {
    const title = el("div.embed-title", {}, ...markdown(embed.title, page.world));
    card.append(embed.url ? el("a", { href: /^https?:/.test(embed.url) ? embed.url : "#", target: "_blank", rel: "noopener noreferrer" }, title) : title);
  }
  if (embed.description) card.append(el("div.text", {}, ...markdown(embed.description, page.world)));
  if (embed.fields && embed.fields.length) {
    card.append(el("dl", {}, ...embed.fields.map((field) =>
      el(field.inline ? "div.inline" : "div", {}, el("dt", {}, ...markdown(field.name, page.world)), el("dd", {}, ...markdown(field.value, page.world))))));
  }
  if (embed.thumbnail) card.append(el("img.thumbnail", { src: embed.thumbnail.url, alt: "" }));
  if (embed.image) {
    const { url, width, height } = embed.image;
    card.append(picture({ url, width, height, filename: embed.title || "picture" }));
  }
  if (embed.footer || embed.timestamp) {
    const when = embed.timestamp ? fullDate(new Date(embed.timestamp)) : "";
    card.append(el("footer", {}, [embed.footer && embed.footer.text, when].filter(Boolean).join(" • ")));
  }
  return card;
}

function reactions(message, page) {
  return el("div.reactions", {}, ...message.reactions.map((row) =>
    el(row.me ? "button.reaction.mine" : "button.reaction", {
      type: "button",
      "aria-pressed": String(row.me),
      "aria-label": `${row.emoji.name}, ${row.count}`,
      onclick: () => page.ask("react", { message_id: message.id, emoji: row.emoji.name, add: !row.me }),
    }, row.emoji.name, " ", el("b", {}, String(row.count)))));
}

function dismissal(message, page) {
  return el("p.only", {}, icon("eye"), " Only you can see this • ",
    el("button.linkish", { type: "button", onclick: () => page.ask("delete", { message_id: message.id }) }, "Dismiss message"));
}
