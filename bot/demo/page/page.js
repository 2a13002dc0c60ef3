// Puts the parts of the page together.

import { showAccounts } from "./accounts.js";
import { showDesk, tick } from "./desk.js";
import { byId, say } from "./dom.js";
import { Feed } from "./feed.js";
import { Phone } from "./phone.js";
import { phrase, setClock } from "./words.js";

const TICK = 5000;

const feed = new Feed(
  (now, state) => {
    setClock(now);
    phone.update(state);
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

showAccounts((text, sender) => phone.compose(text, sender));
setInterval(tick, TICK);
