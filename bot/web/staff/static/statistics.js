// The overview's figures are replaced every some seconds: the tables that somebody has opened stay open.
"use strict";
(() => {
  const tables = () => [...document.querySelectorAll("#figures details")];
  let open = [];
  document.addEventListener("htmx:beforeSwap", () => { open = tables().map((table) => table.open); });
  document.addEventListener("htmx:afterSwap", () => tables().forEach((table, place) => { table.open = open[place] ?? false; }));
})();
