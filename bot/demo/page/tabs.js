// Where there is room for one phone only: which one it is, and how much has come to the others.

import { say } from "./dom.js";
import { phrase } from "./words.js";

const KEPT = "meterline-demo-tab";

export class Tabs {
  #seen = new Map();
  #tabs = [...document.querySelectorAll("[role=tab]")];

  constructor() {
    for (const tab of this.#tabs) {
      tab.addEventListener("click", () => this.select(tab));
      tab.addEventListener("keydown", (event) => this.#move(event, tab));
    }
    this.select(this.#tabs.find((tab) => tab.id === sessionStorage.getItem(KEPT)) ?? this.#tabs[0]);
  }

  /** Shows a phone, by its name or its tab. */
  select(which) {
    const chosen = typeof which === "string" ? this.#tabs.find((tab) => panel(tab).id === which) : which;
    for (const tab of this.#tabs) {
      tab.setAttribute("aria-selected", String(tab === chosen));
      tab.tabIndex = tab === chosen ? 0 : -1;
      panel(tab).classList.toggle("current", tab === chosen);
    }
    sessionStorage.setItem(KEPT, chosen.id);
  }

  /** Tells how many replies each phone has, by name; those that came while it was out of sight are counted. */
  count(replies) {
    for (const tab of this.#tabs) {
      const { id } = panel(tab);
      if (panel(tab).checkVisibility() || !this.#seen.has(id) || replies[id] < this.#seen.get(id)) this.#seen.set(id, replies[id]);
      const unread = replies[id] - this.#seen.get(id);
      const badge = tab.querySelector(".unread");
      say(badge, unread ? String(unread) : "");
      badge.title = unread ? phrase("unread", { count: unread }) : "";
    }
  }

  #move(event, tab) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = this.#tabs.at((this.#tabs.indexOf(tab) + step) % this.#tabs.length);
    this.select(next);
    next.focus();
  }
}

const panel = (tab) => document.getElementById(tab.getAttribute("aria-controls"));
