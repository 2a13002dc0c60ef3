// Puts the parts of the page together.

import { showAccounts } from "./accounts.js";
import { Bill } from "./bill.js";
import { showDesk, tick } from "./desk.js";
import { byId, say } from "./dom.js";
import { Feed } from "./feed.js";
import { Messenger } from "./messenger.js";
import { Phone } from "./phone.js";
import { Tabs } from "./tabs.js";
import { phrase, setClock } from "./words.js";

const TICK = 5000;
const TITLES = { telegram: "Telegram", viber: "Viber", vk: "VK" };
const session = sessionOfThisTab();
const tabs = new Tabs();

const feed = new Feed(
  session,
  (now, state) => {
    setClock(now);
    phone.update(state);
    for (const messenger of messengers) messenger.update(state);
    tabs.count(replies(state));
    showDesk(state);
    document.body.dataset.ready = "";
  },
  (connected) => {
    const notice = byId("offline");
    if (notice.hidden === connected) return;
    say(notice, connected ? "" : phrase("offline"));
    notice.hidden = connected;
  },
);
const phone = new Phone((number) => feed.follow(number));
const bill = new Bill({
  put: (words) => {
    tabs.select(last.section.id);
    last.put(words);
  },
  take: (number) => {
    tabs.select("sms");
    phone.take(number);
  },
});
const messengers = Object.entries(TITLES).map(
  ([name, title]) =>
    new Messenger(byId(name), title, {
      session,
      phone: () => phone.number,
      account: () => bill.account,
      contacts: name === "telegram",
    }),
);
let last = messengers[0];
for (const messenger of messengers) {
  messenger.section.addEventListener("focusin", () => { last = messenger; });
}

showAccounts((text, sender) => {
  tabs.select("sms");
  phone.compose(text, sender);
});
setInterval(tick, TICK);

/** Replies by phone; the SMS phone counts those of the number that it has now. */
function replies(state) {
  const heard = Object.fromEntries(messengers.map((messenger) => [messenger.section.id, messenger.replies]));
  return { ...heard, sms: state.messages.filter((message) => !message.mine).length };
}

/** Random words, the same for as long as this tab lives: each has subscribers of its own in the messengers. */
function sessionOfThisTab() {
  const kept = "meterline-demo-session";
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const fresh = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const known = sessionStorage.getItem(kept) ?? fresh;
  sessionStorage.setItem(kept, known);
  return known;
}
