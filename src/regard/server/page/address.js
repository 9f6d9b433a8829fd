// What the address of the page carries: the screen, the sentence, every choice. A link or a reload shows the same.

/** All values of the address. */
export function address() {
  return new URLSearchParams(window.location.hash.replace(/^#/, ""));
}

/** One value, or what stands for it. */
export function valueOf(name, otherwise = "") {
  return address().get(name) ?? otherwise;
}

/** Changes values in place; null leaves one out. What is empty stays: an emptied field is not one that nobody touched. */
export function put(values) {
  window.history.replaceState(null, "", hashWith(values));
}

/** Goes to another address, so that "back" returns here. */
export function go(values) {
  window.location.hash = hashWith(values);
}

/** The address with some values changed. */
export function hashWith(values) {
  const next = address();
  for (const [name, value] of Object.entries(values)) {
    if (value === null) next.delete(name);
    else next.set(name, String(value));
  }
  return `#${next}`;
}
