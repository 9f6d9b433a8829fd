// One colour rule everywhere: weights are sequential from 0 to 1, scores and outputs diverge around 0.
//
// Both scales are monotone in grey (more is darker on light ground, and lighter on dark ground), and amber and blue
// are told apart by colour-blind eyes too. Colour is never the only carrier: cells have digits, masks have signs.

const STOPS = {
  light: {
    weights: ["#fbf8fd", "#e2d2ee", "#b88fd0", "#84489f", "#4a1766", "#2c0a40"],
    scores: ["#ffd84f", "#f6d87e", "#ecd8a3", "#e2d8c3", "#d6d7d9", "#adc3da", "#7aa3cc", "#3c73ae", "#0a2f5c"],
    ground: "#fffefb",
    ink: "#1d1d22",
    faint: "#6a6a72",
    hatch: "#b9b5ac",
    hatchGround: "#f1eee7",
    sign: "#55534d",
    cursor: "#c2410c",
  },
  dark: {
    weights: ["#1d1922", "#37264a", "#61397f", "#9560b5", "#c99be2", "#f5e6ff"],
    scores: ["#6e4200", "#6f4a17", "#6b5230", "#675a47", "#606268", "#65809e", "#73a0cb", "#9bc9f1", "#e0f1ff"],
    ground: "#17181b",
    ink: "#ececef",
    faint: "#a2a3ab",
    hatch: "#4a4b52",
    hatchGround: "#222327",
    sign: "#b3b4bb",
    cursor: "#ff9a5c",
  },
};
const STEPS = 256;

/** The colours of one theme: `weights` and `scores` are tables of 256 [red, green, blue], the rest are CSS colours. */
export function paletteOf(isDark) {
  const chosen = isDark ? STOPS.dark : STOPS.light;
  return { ...chosen, weights: ramp(chosen.weights), scores: ramp(chosen.scores) };
}

function ramp(stops) {
  const points = stops.map(channels);
  return Array.from({ length: STEPS }, (_, step) => between(points, (step / (STEPS - 1)) * (points.length - 1)));
}

function channels(hex) {
  return [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));
}

function between(points, place) {
  const low = Math.min(Math.floor(place), points.length - 2);
  return points[low].map((value, channel) => Math.round(value + (points[low + 1][channel] - value) * (place - low)));
}

/** The colour of a weight between 0 and 1. */
export function weightColour(palette, weight) {
  return palette.weights[stepOf(weight)];
}

/** The colour of a score between -bound and bound. */
export function scoreColour(palette, score, bound) {
  return palette.scores[stepOf(bound > 0 ? (score / bound + 1) / 2 : 0.5)];
}

function stepOf(share) {
  return Math.max(0, Math.min(STEPS - 1, Math.round(share * (STEPS - 1))));
}

/** [red, green, blue] as a CSS colour. */
export function css(colour) {
  return `rgb(${colour.join(" ")})`;
}

/** Relative luminance, 0 to 1 (WCAG 2). */
export function luminance(colour) {
  const [red, green, blue] = colour.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Black or white, whichever is easier to read on a colour; at least 4.5 : 1 on any. */
export function inkOn(colour) {
  const light = luminance(colour);
  return (light + 0.05) / 0.05 >= 1.05 / (light + 0.05) ? "#000000" : "#ffffff";
}

/** A CSS gradient through a table of colours. */
export function gradient(colours) {
  const shown = colours.filter((_, step) => step % 15 === 0);
  return `linear-gradient(to right, ${shown.map(css).join(", ")})`;
}
