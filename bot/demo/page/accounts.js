// The sample accounts, and what is worth texting about each.

import { byId, make, say } from "./dom.js";
import { data, phrase, words } from "./words.js";

/** The text of a try, with the command words of the page's language. */
const textOf = (item) => item.text.replace(/^\p{L}+(?=$| \d)/u, (word) => words.commands[word] ?? word);

/** Fills the lists; `compose(text, sender)` takes the text that was chosen. */
export function showAccounts(compose) {
  const [own, ...others] = data.accounts;
  byId("own").append(...ownAccount(own, compose));
  byId("special").append(...others.filter((account) => account.featured).flatMap((account) => special(account, compose)));
  const rest = others.filter((account) => !account.featured && account.tries.length > 0);
  byId("rest").append(...rest.flatMap((account) => ordinary(account, compose)));
  say(byId("rest-count"), phrase("rest", { count: rest.length }));
  // On a telephone the queue comes below, and should not be far away.
  byId("others").open = matchMedia("(min-width: 46rem)").matches;
}

function ownAccount(account, compose) {
  const groups = {
    right: (item) => !item.mistake && item.sender === account.phone,
    mistakes: (item) => item.mistake,
    stranger: (item) => item.sender !== account.phone,
  };
  const [title, note] = words.kinds[account.kind];
  const beginning = `${account.number} ${account.meters[0].serial} `;
  const row = (item) => line(words.tries[item.name], "", textOf(item).replace(beginning, "… "), () => compose(textOf(item), item.sender));
  const lists = Object.entries(groups).map(([name, belongs]) => [
    make("h4", {}, words.groups[name]),
    make("ul", {}, ...account.tries.filter(belongs).map(row)),
  ]);
  const head = [make("h3", {}, title), make("p", { className: "beginning", translate: false }, beginning), make("p", { className: "note" }, note)];
  return [...head, ...lists.flat()];
}

function special(account, compose) {
  const [title, note] = words.kinds[account.kind];
  const several = account.tries.length > 1;
  return account.tries.map((item, place) => {
    const label = several ? `${title}: ${words.tries[item.name]}` : title;
    return line(label, place ? "" : note, textOf(item), () => compose(textOf(item), item.sender));
  });
}

const ordinary = (account, compose) => account.tries.map((item) => line("", "", textOf(item), () => compose(textOf(item), item.sender)));

/** One line of the list: what it is, and the text that a press puts into the phone. */
function line(label, note, text, chosen) {
  const parts = [label && make("b", {}, label), note && make("span", { className: "note" }, note), make("span", { className: "text" }, text)];
  const button = make("button", { type: "button" }, ...parts.filter(Boolean).flatMap((part) => [part, " "]));
  button.addEventListener("click", chosen);
  return make("li", {}, button);
}
