// One stop of the Tab key for a whole group of choices; arrow keys move within it.

const MOVES = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  Home: [-Infinity, 0],
  End: [Infinity, 0],
};

/**
 * Makes the buttons in `group` one group of choices. `choose(button)` is called on a click and when an arrow key comes
 * to another button; `columns()` says how many stand in a row (all of them if not given).
 */
export function roving(group, choose, columns = () => Infinity) {
  group.addEventListener("click", (event) => {
    const chosen = event.target.closest("[role=radio]");
    if (chosen !== null) choose(chosen);
  });
  group.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || !(event.key in MOVES)) return;
    const choices = Array.from(group.querySelectorAll("[role=radio]"));
    const next = choices[placeAfter(choices.indexOf(document.activeElement), event.key, choices.length, columns())];
    if (next === undefined) return;
    event.preventDefault();
    next.focus();
    choose(next);
  });
}

function placeAfter(place, key, count, columns) {
  const [across, down] = MOVES[key];
  if (Math.abs(across) === Infinity) return across < 0 ? 0 : count - 1;
  const isOneRow = columns === Infinity;
  const next = place + across + down * (isOneRow ? 1 : columns);
  return next >= 0 && next < count ? next : place;
}
