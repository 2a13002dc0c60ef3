// The bill at hand: whose it is, and what stands on it, ready to be put into a phone.

import { byId, make } from "./dom.js";
import { data, phoneText, phrase, words } from "./words.js";

const KEPT = "meterline-demo-bill";

export class Bill {
  /** `put(text)` takes a text for the messenger used last; `take(number)` lets a number write on the SMS phone. */
  constructor({ put, take }) {
    this.put = put;
    this.take = take;
    this.choice = byId("bill-of");
    this.accounts = data.accounts.filter((account) => account.featured);
    this.choice.append(...this.accounts.map((account) => make("option", { value: account.number }, words.kinds[account.kind][0])));
    this.choice.value = sessionStorage.getItem(KEPT) ?? data.accounts[0].number;
    this.choice.addEventListener("change", () => this.#show());
    this.#show();
  }

  get account() {
    return this.choice.value;
  }

  #show() {
    const account = this.accounts.find((each) => each.number === this.account) ?? this.accounts[0];
    this.choice.value = account.number;
    sessionStorage.setItem(KEPT, account.number);
    const pairs = account.meters.map((meter) => `${account.number} ${meter.serial}`);
    const rows = [
      ...pairs.map((pair) => [phrase("pair"), pair, () => this.put(pair)]),
      [phrase("bill_code"), account.bill_code, () => this.put(account.bill_code)],
      [phrase("phone_on_file"), phoneText(account.phone), () => this.take(account.phone)],
    ];
    byId("bill").replaceChildren(...rows.map(([name, value, act]) => row(name, value, act)));
  }
}

function row(name, value, act) {
  if (!value) return make("div", {}, make("dt", {}, name), make("dd", {}, phrase("no_phone")));
  const button = make("button", { type: "button", translate: false }, value);
  button.addEventListener("click", act);
  return make("div", {}, make("dt", {}, name), make("dd", {}, button));
}
