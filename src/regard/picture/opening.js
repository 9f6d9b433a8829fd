// What a page shows first: of the last cross-attention, the head that is most certain, and where it looks.

/** The state to begin with, as far as thumbnails tell. */
export function openingOf(trace) {
  const kind = trace.kinds[trace.kinds.length - 1];
  const attention = trace.ofKind(kind).at(-1);
  const pictures = Array.from({ length: attention.num_heads }, (_, head) =>
    trace.source.thumbnail(attention.key, head),
  );
  const certainties = pictures.map(certaintyOf);
  const head = certainties.indexOf(Math.max(...certainties));
  const [numQueries, numKeys] = [trace.count(attention.query_tokens), trace.count(attention.key_tokens)];
  const query = Math.min(1, numQueries - 1);
  return { kind, layer: attention.layer, head, query, key: brightest(pictures[head], query, numQueries, numKeys) };
}

/** The sum of the rows' maxima. */
function certaintyOf({ rows, columns, data }) {
  let sum = 0;
  for (let row = 0; row < rows; row++) sum += Math.max(...data.subarray(row * columns, (row + 1) * columns));
  return sum;
}

/** Where a query looks. A cell of a small picture stands for several keys: it is the first of them. */
function brightest({ rows, columns, data }, query, numQueries, numKeys) {
  const row = Math.ceil(((query + 1) * rows) / numQueries) - 1;
  const values = Array.from(data.subarray(row * columns, (row + 1) * columns));
  return Math.floor((Math.max(0, values.indexOf(Math.max(...values))) * numKeys) / columns);
}
