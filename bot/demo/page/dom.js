// Small helpers: making elements, and bringing a list up to date without rebuilding what is already there.

export const byId = (id) => document.getElementById(id);

/** An element with properties, classes and children; strings become text, never HTML. */
export function make(tag, properties = {}, ...children) {
  const { data = {}, aria = {}, ...rest } = properties;
  const element = Object.assign(document.createElement(tag), rest);
  Object.assign(element.dataset, data);
  for (const [name, value] of Object.entries(aria)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== "" && child !== null));
  return element;
}

/** A text whose addresses can be followed. */
export function linked(text) {
  // Whoever splits by a group gets what it caught at every second place.
  return text.split(/(https?:\/\/\S+)/).map((part, place) => (place % 2 ? make("a", { href: part, target: "_blank", rel: "noopener noreferrer" }, part) : part));
}

/** Sets text only where it differs, so that a screen reader does not read it again. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Makes the children of `list` show `items`, in order; an element stays the same as long as its item has the same id. */
export function show(list, items, create, update) {
  const known = new Map([...list.children].map((child) => [child.dataset.id, child]));
  let place = list.firstElementChild;
  for (const item of items) {
    const id = String(item.id);
    let element = known.get(id);
    if (element === undefined) {
      element = create(item);
      element.dataset.id = id;
    }
    known.delete(id);
    if (element === place) place = place.nextElementSibling;
    else list.insertBefore(element, place);
    update(element, item);
  }
  for (const element of known.values()) element.remove();
}

/** As near to its end a conversation's reader wants to see what comes. */
const NEAR = 80;

/**
 * Keeps a conversation at its end as long as its reader is there: when it gets another size or comes into sight, and
 * whenever the function that this gives is called, because something has come; `true` goes to the end in any case.
 */
export function followEnd(screen) {
  let atEnd = true;
  const follow = (anyway = false) => {
    atEnd ||= anyway;
    if (atEnd) screen.scrollTop = screen.scrollHeight;
  };
  screen.addEventListener("scroll", () => {
    // Out of sight it has no height, and is nowhere.
    if (screen.clientHeight) atEnd = screen.scrollHeight - screen.scrollTop - screen.clientHeight < NEAR;
  });
  new ResizeObserver(() => follow()).observe(screen);
  return follow;
}
