// The SMS phone: who writes, what was written, and what came back.

import { byId, followEnd, linked, make, say, show } from "./dom.js";
import { clockIn, data, phoneText, phrase } from "./words.js";

const KEPT = "meterline-demo-sender";
const PROBLEMS = { no_subscriber: "bad_number", length: "too_long" };
const NO = { ДА: "НЕТ", YES: "NO" };
/** A reply with this word in it asks for it. */
const ASKS = /(?<!\p{L})(ДА|YES)(?!\p{L})/u;

const composer = byId("composer");
const text = byId("text");
const other = byId("other");
const follow = followEnd(byId("screen"));
/** Keys of the phone itself, for a finger or a mouse; whoever has a keyboard types. */
const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "␣", "⌫"];
const hints = composer.querySelector(".number").dataset;

export class Phone {
  #timezone = "UTC";
  #shown = "";

  /** `chosen(number)` is told whenever another number writes. */
  constructor(chosen) {
    this.chosen = chosen;
    say(byId("nothing"), phrase("empty"));
    composer.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send(text.value);
    });
    text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      composer.requestSubmit();
    });
    for (const radio of composer.elements.sender) radio.addEventListener("change", () => this.#choose());
    other.addEventListener("change", () => this.#choose());
    other.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.#choose();
      text.focus();
    });
    byId("keypad").append(...KEYS.map((key) => this.#key(key)));
    this.#restore();
    this.#choose();
  }

  /** The number that writes, as digits behind a plus. */
  get number() {
    const { value } = composer.elements.sender;
    return value === "other" ? other.value.replace(/[^\d+]/g, "") : data.phones[value];
  }

  /** Puts a text into the phone, and takes the phone it should come from; empty leaves the phone as it is. */
  compose(words, sender) {
    if (sender) this.take(sender);
    text.value = words;
    this.#complain("");
    composer.closest("section").scrollIntoView({ block: "nearest" });
    text.focus({ preventScroll: true });
  }

  /** Shows the conversation of a number. */
  update(state) {
    this.#timezone = state.branches[0].timezone;
    const another = state.number !== this.#shown;
    this.#shown = state.number;
    byId("nothing").hidden = state.messages.length > 0;
    const last = state.messages.at(-1);
    show(
      byId("messages"),
      state.messages,
      (message) => this.#bubble(message),
      (element, message) => this.#refresh(element, message, message === last),
    );
    follow(another);
  }

  /** Lets a number write. */
  take(sender) {
    const name = Object.keys(data.phones).find((key) => data.phones[key] === sender);
    composer.elements.sender.value = name ?? "other";
    if (!name) other.value = phoneText(sender);
    this.#choose();
  }

  #key(key) {
    const button = make("button", { type: "button", tabIndex: -1 }, key);
    button.addEventListener("click", () => {
      const { selectionStart: start, selectionEnd: end } = text;
      if (key === "⌫") text.setRangeText("", start === end ? Math.max(0, start - 1) : start, end, "end");
      else text.setRangeText(key === "␣" ? " " : key, start, end, "end");
      text.focus({ preventScroll: true });
    });
    return button;
  }

  #choose() {
    const { value } = composer.elements.sender;
    other.hidden = value !== "other";
    byId("number").hidden = value === "other";
    say(byId("number"), value === "other" ? "" : phoneText(this.number));
    say(byId("hint"), hints[value] ?? "");
    this.#complain("");
    sessionStorage.setItem(KEPT, JSON.stringify([value, other.value]));
    this.chosen(this.number);
  }

  #restore() {
    const [value, number] = JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
    if (!value) return;
    composer.elements.sender.value = value;
    other.value = number;
  }

  #complain(problem) {
    say(byId("problem"), problem);
  }

  async #send(words) {
    if (!words.trim()) return text.focus();
    text.value = "";
    this.#complain("");
    text.focus();
    const problem = await post({ from: this.number, text: words });
    if (!problem) return undefined;
    // What was typed meanwhile is worth more than what can be chosen again.
    if (!text.value) text.value = words;
    this.#complain(phrase(problem));
    return undefined;
  }

  #bubble(message) {
    const foot = make("p", { className: "foot" });
    const asks = message.mine ? null : ASKS.exec(message.text);
    const bubble = make("li", { className: message.mine ? "mine" : "reply" }, make("p", { className: "words" }, ...linked(message.text)), foot);
    if (asks) bubble.append(this.#answers(asks[1]));
    return bubble;
  }

  #answers(yes) {
    const button = (word) => {
      const answer = make("button", { type: "button" }, word);
      answer.addEventListener("click", () => this.#send(word));
      return answer;
    };
    return make("p", { className: "answers" }, button(yes), button(NO[yes]));
  }

  #refresh(element, message, last) {
    const foot = element.querySelector(".foot");
    const state = phrase(message.state);
    const marks = { sent: "✓", delivered: "✓✓", refused: "✕" };
    const key = `${message.state} ${message.silence}`;
    if (foot.dataset.key !== key) {
      foot.dataset.key = key;
      const silence = message.silence && phrase(message.silence === "limited" ? "limited" : "silence");
      foot.replaceChildren(
        make("span", {}, clockIn(this.#timezone, message.at)),
        make("span", {}, phrase("parts", { count: message.parts })),
        make("span", { className: `mark ${message.state}`, title: state, role: "img", aria: { "aria-label": state } }, marks[message.state]),
        silence && make("span", { className: "silence" }, silence),
      );
    }
    const answers = element.querySelector(".answers");
    if (answers) answers.hidden = !last;
  }
}

/** Sends a text; gives the name of what went wrong, or nothing. */
async function post(body) {
  try {
    const answer = await fetch("/demo/send", {
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
