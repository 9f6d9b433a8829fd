// A place on the page for the pictures of one trace after another. What goes wrong is said in the same place.

import { fill } from "./element.js";
import { explore } from "./explorer.js";
import { problem } from "./notice.js";

/** Pictures in `root`; each listens until the next one comes, something goes wrong, or `signal` is aborted. */
export function pictured(root, signal) {
  let shown = new AbortController();
  const show = (source) => {
    shown.abort();
    shown = new AbortController();
    explore(root, source, { signal: AbortSignal.any([signal, shown.signal]), onError: refuse });
  };
  const refuse = (error) => {
    shown.abort();
    fill(root, problem(error));
  };
  return { show, refuse };
}
