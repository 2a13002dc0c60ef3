// A messenger's phone: one conversation, its buttons as that messenger draws them, and what else can be done in it.

import { followEnd, linked, make, say, show } from "./dom.js";
import { clockIn, phoneText, phrase } from "./words.js";

const PROBLEMS = { no_subscriber: "bad_number", length: "too_long" };
const MARKS = { sent: "✓", delivered: "✓✓", refused: "✕" };
const NOTES = {
  pressed: (entry) => phrase("pressed", { label: entry.text }),
  opened: (entry) => (entry.text ? phrase("scanned", { account: entry.text }) : phrase("opened")),
  blocked: () => phrase("blocked"),
  unblocked: () => phrase("unblocked"),
};
const LONGEST = 4096;

export class Messenger {
  #timezone = "UTC";
  #state = { entries: [], keyboard: null, blocked: false };
  #keys = "";

  /**
   * `given.session`: the words of the browser session. `given.phone()`: the number of the phone that it runs on.
   * `given.account()`: the account of the bill at hand. `given.contacts`: whether it has contact cards.
   */
  constructor(section, title, given) {
    this.section = section;
    this.title = title;
    this.given = given;
    this.#build();
    this.update({ messengers: { [section.id]: this.#state }, branches: [{ timezone: "UTC" }] });
  }

  /** Puts a text into the field for typing, and opens the conversation if nobody has. */
  async put(words) {
    if (!this.#state.entries.length) await this.#act("open");
    this.text.value = words;
    this.section.scrollIntoView({ block: "nearest" });
    this.text.focus({ preventScroll: true });
  }

  /** How many replies stand in the conversation. */
  get replies() {
    return this.#state.entries.filter((entry) => entry.kind === "said").length;
  }

  update(state) {
    this.#timezone = state.branches[0].timezone;
    this.#state = state.messengers[this.section.id];
    const { entries, blocked } = this.#state;
    const begun = entries.length > 0;
    this.nothing.hidden = begun;
    show(this.list, entries, (entry) => this.#line(entry), (element, entry) => this.#refresh(element, entry));
    this.#offer(begun, blocked);
    this.#showKeyboard(begun && !blocked ? this.#state.keyboard : null);
    this.follow();
  }

  /** Before the conversation there is a button to start it, and for who has blocked us one to let us in again. */
  #offer(begun, blocked) {
    const typing = begun && !blocked;
    const focused = document.activeElement;
    this.composer.hidden = !typing;
    this.start.hidden = begun;
    this.scan.hidden = begun;
    this.unblock.hidden = !blocked;
    this.block.hidden = !typing;
    this.qr.hidden = !typing;
    // Whoever pressed what is gone now goes on with what came in its place.
    if (this.section.contains(focused) && !focused.checkVisibility()) (typing ? this.text : this.unblock).focus();
  }

  #build() {
    const name = { name: this.title };
    const button = (className, label, act, more = {}) => {
      const element = make("button", { type: "button", className, ...more }, label);
      element.addEventListener("click", act);
      return element;
    };
    const scan = () => this.#act("open", { account: this.given.account() });
    this.qr = button("tool", phrase("qr"), scan, { title: phrase("scan"), aria: { "aria-label": phrase("scan") } });
    this.block = button("tool", "⊘", () => this.#act("block"), { title: phrase("block"), aria: { "aria-label": phrase("block") } });
    this.nothing = make("p", { className: "nothing" }, phrase("begin"));
    this.list = make("ol", { className: "messages" });
    this.screen = make(
      "div",
      { className: "screen", tabIndex: 0, aria: { role: "log", "aria-label": phrase("conversation", name), "aria-live": "polite" } },
      this.nothing,
      this.list,
    );
    this.follow = followEnd(this.screen);
    this.text = make("textarea", {
      rows: 1,
      maxLength: LONGEST,
      placeholder: phrase("write"),
      enterKeyHint: "send",
      spellcheck: false,
      aria: { "aria-label": `${phrase("write")}: ${this.title}` },
    });
    const share = button("tool", "☎", () => this.#act("share"), { title: phrase("share"), aria: { "aria-label": phrase("share") } });
    const send = make("button", { type: "submit", className: "send", title: phrase("send"), aria: { "aria-label": phrase("send") } }, "➤");
    this.composer = make("div", { className: "compose" }, this.given.contacts ? share : null, this.text, send);
    this.start = button("start", phrase("start"), () => this.#act("open"));
    this.scan = button("start second", phrase("scan"), scan);
    this.unblock = button("start", phrase("unblock"), () => this.#act("unblock"));
    this.problem = make("p", { className: "problem", aria: { role: "alert" } });
    this.keyboard = make("div", { className: "keyboard", aria: { role: "group", "aria-label": phrase("keyboard", name) } });
    const who = make("p", { className: "who" }, make("b", { translate: false }, this.title), make("span", {}, phrase("bot")));
    const bar = make("header", { className: "bar" }, make("span", { className: "face", aria: { "aria-hidden": "true" } }, "M"), who, this.qr, this.block);
    const form = make("form", { autocomplete: "off" }, bar, this.screen, this.problem, this.composer, this.start, this.scan, this.unblock, this.keyboard);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    });
    this.section.replaceChildren(form);
  }

  #line(entry) {
    if (entry.kind in NOTES) return make("li", { className: "note" }, NOTES[entry.kind](entry));
    const mine = entry.kind !== "said";
    const words = entry.kind === "contact" ? phrase("contact", { phone: phoneText(entry.text) }) : entry.text;
    const line = make("li", { className: mine ? "mine" : "reply" }, make("p", { className: "words" }, ...linked(words)), make("p", { className: "foot" }));
    if (!entry.rows.length && !entry.link) return line;
    return make("li", { className: "with-buttons" }, make("div", { className: "reply" }, ...line.childNodes), this.#buttons(entry, entry.place));
  }

  #refresh(element, entry) {
    const foot = element.querySelector(".foot");
    const key = `${entry.state} ${this.#timezone}`;
    if (!foot || foot.dataset.key === key) return;
    foot.dataset.key = key;
    const state = phrase(entry.state);
    const mark = make("span", { className: `mark ${entry.state}`, title: state, aria: { role: "img", "aria-label": state } }, MARKS[entry.state]);
    foot.replaceChildren(make("span", {}, clockIn(this.#timezone, entry.at)), ...(entry.kind === "said" ? [] : [mark]));
  }

  /** Rows of buttons; `place` is that of the message they stand under, or -1. */
  #buttons({ rows, link, link_label: label }, place) {
    const key = (text) => {
      const element = make("button", { type: "button", className: "key" }, text);
      element.addEventListener("click", () => this.#act("press", { text, place }));
      return element;
    };
    const lines = rows.map((row) => make("p", { className: "keys" }, ...row.map(key)));
    if (/^https?:/.test(link)) {
      lines.push(make("p", { className: "keys" }, make("a", { className: "key", href: link, target: "_blank", rel: "noopener noreferrer" }, label)));
    }
    return make("div", { className: "buttons" }, ...lines);
  }

  /** The keyboard below the field for typing. */
  #showKeyboard(keyboard) {
    const keys = JSON.stringify(keyboard);
    if (keys === this.#keys) return;
    this.#keys = keys;
    const had = this.keyboard.contains(document.activeElement);
    this.keyboard.replaceChildren(...(keyboard ? [this.#buttons(keyboard, -1)] : []));
    this.keyboard.hidden = keyboard === null;
    if (had) (this.keyboard.querySelector(".key") ?? this.text).focus();
  }

  async #send() {
    const words = this.text.value;
    if (!words.trim()) return this.text.focus();
    this.text.value = "";
    this.text.focus();
    const problem = await this.#act("type", { text: words });
    // What was typed meanwhile is worth more than what can be sent again.
    if (problem && !this.text.value) this.text.value = words;
    return undefined;
  }

  /** Does something on this phone; gives the name of what went wrong, or nothing. */
  async #act(act, more = {}) {
    say(this.problem, "");
    const asked = { session: this.given.session, messenger: this.section.id, act, phone: this.given.phone(), ...more };
    const problem = await post(asked);
    say(this.problem, problem && phrase(problem));
    return problem;
  }
}

async function post(body) {
  try {
    const answer = await fetch("/demo/act", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    if (answer.ok) return "";
    const { error } = await answer.json();
    return PROBLEMS[error] ?? "failed";
  } catch {
    return "failed";
  }
}
