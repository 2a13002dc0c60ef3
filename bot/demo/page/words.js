// The words of the page's language, and how it writes times, numbers and ages.

import { byId } from "./dom.js";

export const data = JSON.parse(byId("data").textContent);
export const { language, words } = data;

const MINUTE = 60_000;
let ahead = 0;

/** The service's clock, which the demo's page goes by. */
export const now = () => Date.now() + ahead;
export const setClock = (moment) => { ahead = moment - Date.now(); };

/** A phrase with its blanks filled in. */
export const phrase = (name, blanks = {}) =>
  words.say[name].replace(/\{(\w+)\}/g, (_, blank) => String(blanks[blank]));

export const clockIn = (timezone, moment) =>
  new Intl.DateTimeFormat(language === "ru" ? "ru" : "en-GB", { timeZone: timezone, hour: "2-digit", minute: "2-digit" })
    .format(moment);

/** `22 ноября`, of an ISO date that is a date already and belongs to no zone. */
export const dayOf = (isoDate) =>
  new Intl.DateTimeFormat(language === "ru" ? "ru" : "en-GB", { timeZone: "UTC", day: "numeric", month: "long" })
    .format(new Date(isoDate));

export const monthOf = (number) =>
  new Intl.DateTimeFormat(language, { timeZone: "UTC", month: "long" }).format(new Date(Date.UTC(2000, number - 1, 1)));

export const whole = (number) => new Intl.NumberFormat(language).format(number);

export function age(since) {
  const minutes = Math.floor(Math.max(0, now() - since) / MINUTE);
  if (minutes < 1) return phrase("now");
  if (minutes < 60) return phrase("minutes", { count: minutes });
  if (minutes < 24 * 60) return phrase("hours", { count: Math.floor(minutes / 60) });
  return phrase("days", { count: Math.floor(minutes / 60 / 24) });
}

/** `+7 999 000-11-22` */
export const phoneText = (number) =>
  number.replace(/^\+7(\d{3})(\d{3})(\d{2})(\d{2})$/, "+7 $1 $2-$3-$4").replaceAll(" ", "\u00a0");
