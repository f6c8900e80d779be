// The list of suggestions above the composer, driven from whichever field has the focus.

import { $, el } from "./dom.js";

export class Popup {
  constructor() {
    this.node = $("popup");
    this.items = [];
    this.active = -1;
    this.field = null;
  }

  get open() {
    return !this.node.hidden;
  }

  /** Show items ({label, detail, badge, pick}) for a field; `first` highlights the first of them. */
  show(field, title, items, first) {
    if (this.field && this.field !== field) this.field.removeAttribute("aria-activedescendant");
    this.field = field;
    this.items = items;
    this.active = first && items.length ? 0 : -1;
    this.node.replaceChildren(
      el("li.title", { role: "presentation" }, title),
      ...items.map((item, index) =>
        el("li.item", {
          id: `suggestion-${index}`,
          role: "option",
          onmousedown: (event) => event.preventDefault(),
          onclick: () => this.pick(index),
        }, el("b", {}, item.label), item.detail ? el("span.detail", {}, item.detail) : null,
          item.badge ? el("span.from", {}, item.badge) : null)),
    );
    this.node.hidden = items.length === 0;
    field.setAttribute("aria-expanded", String(!this.node.hidden));
    this.mark();
  }

  close() {
    this.node.hidden = true;
    this.items = [];
    this.active = -1;
    if (this.field) {
      this.field.removeAttribute("aria-activedescendant");
      this.field.setAttribute("aria-expanded", "false");
    }
    this.field = null;
  }

  move(by) {
    if (!this.items.length) return;
    this.active = (this.active + by + this.items.length + (this.active < 0 && by < 0 ? 1 : 0)) % this.items.length;
    this.mark();
  }

  mark() {
    this.node.querySelectorAll(".item").forEach((node, index) => {
      node.setAttribute("aria-selected", String(index === this.active));
      if (index === this.active) node.scrollIntoView({ block: "nearest" });
    });
    if (this.field && this.active >= 0) this.field.setAttribute("aria-activedescendant", `suggestion-${this.active}`);
  }

  pick(index = this.active) {
    const item = this.items[index];
    if (!item) return false;
    this.close();
    item.pick();
    return true;
  }

  /** Keys that belong to an open list. Returns whether it took the key. */
  key(event) {
    if (!this.open) return false;
    if (event.key === "ArrowDown") this.move(1);
    else if (event.key === "ArrowUp") this.move(-1);
    else if (event.key === "Escape") this.close();
    else if (event.key === "Enter" && this.active >= 0) this.pick();
    else if (event.key === "Tab" && !event.shiftKey) this.pick(Math.max(0, this.active));
    else return false;
    event.preventDefault();
    return true;
  }
}
